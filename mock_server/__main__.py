"""The command ``cannon-mock``: flags, one server, one printed address (floor 4).

Exit status: 0 stopped as asked, 2 could not start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields

from cannon_spec import __version__
from cannon_spec.errors import CannonSpecError
from mock_server import create_app
from mock_server.config import Config, from_env

_EXAMPLES = """\
examples:
  cannon-mock                              on http://127.0.0.1:2266
  cannon-mock --port 0 --speed 20          a free port, twenty times as fast
  cannon-mock --progression immediate      a task has ended when it is first polled
  cannon-mock --credits 50 --strict        a small balance; warnings are refused too

Each flag can also be set in the environment: CANNON_MOCK_PORT=8000.
Create with the header x-mock-scenario: failure to see a request fail.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a mock until it is stopped; the exit status is returned."""
    try:
        defaults = from_env()
        arguments = vars(parser(defaults).parse_args(argv))
        config = Config(**{each.name: arguments[each.name] for each in fields(Config)})
        from mock_server import serve

        app = create_app(config)
    except ImportError as error:
        return _complain(f"{error.name} is missing; install the extra mock: pip install 'cannon-spec[mock]'")
    except (ValueError, OverflowError, CannonSpecError) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 0
    try:
        bound = serve.listen(config)
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        advice = "choose another with --host and --port (0: a free port)"
        return _complain(f"{config.host} port {config.port}: {reason}; {advice}")
    if config.verbose:
        serve.log_exchanges(app)
    serve.serve(app, bound, lambda url: print(f"cannon-mock ready on {url}", flush=True))
    return 0


def parser(defaults: Config) -> argparse.ArgumentParser:
    """The flags of the command, with the settings of the environment as their defaults."""
    flags = argparse.ArgumentParser(
        prog="cannon-mock",
        description="A mock of the Cannon Studio API: takes requests from queued to their end, offline and free.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    flags.add_argument("--version", action="version", version=f"cannon-mock {__version__}")
    flags.set_defaults(**{each.name: getattr(defaults, each.name) for each in fields(Config)})
    add = flags.add_argument
    add("--host", help="address to listen on (127.0.0.1)")
    add("--port", type=int, help="port to listen on; 0 takes a free one (2266)")
    add("--public-url", metavar="URL", help="what addresses handed out start with (as the client called)")
    add("--progression", choices=("time", "immediate"), help="tasks take time, or end at once (time)")
    add("--speed", type=float, metavar="N", help="how many times as fast tasks go; poll_after_ms goes along (1)")
    add("--credits", type=int, metavar="N", help="what each account starts with (1250)")
    add("--seed", help="the same seed and calls give the same ids and times (by chance)")
    add("--strict", action="store_true", help="refuse warnings too")
    add("--refusal-status", type=int, choices=(400, 422), help="status of a refused payload (400)")
    add("--square-4k", choices=("refuse", "cap"), help="4K at 1:1 is refused, or made smaller (refuse)")
    add("--overlay", metavar="FILE", help="JSON Merge Patch over the contract")
    add("--max-tasks", type=int, metavar="N", help="tasks kept; the oldest go first (100000)")
    add("-v", "--verbose", action="store_true", help="write a line per exchange to standard error")
    return flags


def _complain(text: str) -> int:
    print(f"cannon-mock: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
