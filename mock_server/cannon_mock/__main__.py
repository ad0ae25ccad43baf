"""The command ``cannon-mock``: flags, one server, one printed address (floor 4).

Exit status: 0 stopped as asked, 2 could not start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields

from cannon_mock import create_app
from cannon_mock.config import Config, read_environment
from cannon_mock.stores import StoreError
from cannon_spec import __version__
from cannon_spec.errors import CannonSpecError

_EXAMPLES = """\
examples:
  cannon-mock                              on http://127.0.0.1:2266
  cannon-mock --port 0 --speed 20          a free port, twenty times as fast
  cannon-mock --progression immediate      a task has ended when it is first polled
  cannon-mock --progression manual:2       each state lasts two polls
  cannon-mock --scenario rate-limited      the first tries of a create are told to wait
  cannon-mock --store sqlite:mock.db --workers 2
                                           tasks outlive the process; two processes answer

Each flag can also be set in the environment: CANNON_MOCK_PORT=8000, CANNON_MOCK_ADMIN=no.
A create chooses its own scenario with the header x-mock-scenario: failed-internal, or with [mock:failed-internal]
in its prompt. GET /__mock__/scenarios lists them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a mock until it is stopped; the exit status is returned."""
    try:
        defaults = read_environment()
        arguments = vars(parser(defaults).parse_args(argv))
        config = Config(**{each.name: arguments[each.name] for each in fields(Config)})
        from cannon_mock.serving import serve, workers
        from cannon_mock.views import context

        app = create_app(config)
    except ImportError as error:
        extra = "redis" if error.name == "redis" else "mock"
        return _complain(f"{error.name} is missing; install the extra {extra}: pip install 'cannon-spec[{extra}]'")
    except (ValueError, OverflowError, CannonSpecError, StoreError) as error:
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

    def announce(url: str) -> None:
        print(f"cannon-mock ready on {url}", flush=True)
        if not config.webhook_secret:
            print(f"webhooks are signed with {context.find_context(app).webhook_sender.secret}", flush=True)

    if config.workers > 1:
        workers.serve_all(app, bound, config.workers, announce)
    else:
        serve.serve(app, bound, announce)
    context.find_context(app).store.records.close()
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
    add("--workers", type=int, metavar="N", help="processes that answer; more than 1 need a store to share (1)")
    add("--store", metavar="WHERE", help="memory, sqlite:FILE or redis://HOST:PORT/N (memory)")
    add("--max-tasks", type=int, metavar="N", help="tasks kept in memory; those that ended first go first (100000)")
    add("--journal", type=int, metavar="N", help="exchanges kept for /__mock__/journal; 0 keeps none (1000)")
    add("--public-url", metavar="URL", help="what addresses handed out start with (as the client called)")
    add(
        "--clock",
        choices=("system", "manual"),
        help="goes by itself, or stands until /__mock__/clock moves it (system)",
    )
    add("--progression", metavar="HOW", help="time, immediate, or manual:N: each state lasts N polls (time)")
    add("--speed", type=float, metavar="N", help="how many times as fast tasks go; poll_after_ms goes along (1)")
    add("--seed", help="the same seed and calls give the same ids and times (by chance)")
    add("--scenario", metavar="NAME", help="what becomes of a create that names no scenario (success)")
    add("--scenarios", metavar="FILE", help="more scenarios, as in schemas/scenarios.json")
    add("--overlay", metavar="FILE", help="JSON Merge Patch over the contract")
    add("--keys", metavar="FILE", help="API keys with their names, scopes, plans and credits")
    add("--credits", type=int, metavar="N", help="what each other account starts with (1250)")
    add("--strict", action="store_true", help="refuse warnings too")
    add("--refusal-status", type=int, choices=(400, 422), help="status of a refused payload (400)")
    add("--mismatch-status", type=int, choices=(422, 400, 409), help="status of a key used with another body (422)")
    add("--square-4k", choices=("refuse", "cap"), help="4K at 1:1 is refused, or made smaller (refuse)")
    add("--webhook-secret", metavar="whsec_…", help="signs webhooks (by chance, printed at start)")
    add("--webhook-timestamps", choices=("wall", "clock"), help="signed time of webhooks: real, or the mock's (wall)")
    add("--allow-webhooks-to", metavar="HOST,…", help="hosts to call beside this machine (none)")
    add("--no-admin", dest="admin", action="store_false", help="leave out /__mock__/")
    add("--admin-token", metavar="TOKEN", help="what /__mock__/ asks for as bearer token (nothing)")
    add("-v", "--verbose", action="store_true", help="write a line per exchange to standard error")
    return flags


def _complain(text: str) -> int:
    print(f"cannon-mock: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
