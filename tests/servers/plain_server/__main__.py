"""The command line: python -m tests.servers.plain_server."""

import argparse
import signal
import threading

from tests.servers.plain_server.server import PlainServer
from tests.servers.plain_server.settings import Settings


def read_settings(arguments: list[str] | None = None) -> Settings:
    """Read the settings of a command line."""
    parser = argparse.ArgumentParser(prog="plain_server", description="An honest server of the documented API.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", action="append", default=[], help="a key of the account; repeatable")
    parser.add_argument("--other-key", action="append", default=[], help="a key of a second account")
    parser.add_argument("--balance", type=int, default=Settings.balance, help="credits of each account")
    parser.add_argument("--pace", type=float, default=1.0, help="what every duration is divided by")
    parser.add_argument("--answer-ms", type=float, default=0, help="how late each reply is")
    parser.add_argument("--busy-ms", type=float, default=0, help="how often the account is used from elsewhere")
    parser.add_argument("--public-base", default="", help="what the addresses in replies start with")
    options = vars(parser.parse_args(arguments))
    keys = tuple(options.pop("key")) or Settings.keys
    return Settings(keys=keys, other_keys=tuple(options.pop("other_key")), **options)


def main() -> None:
    """Serve until a signal says to end."""
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with PlainServer(read_settings()) as server:
        print(f"listening on {server.address}", flush=True)
        end.wait()


if __name__ == "__main__":
    main()
