"""The command ``cannon-spec``: parse, run one command, turn errors into a line and an exit status (floor 2)."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cannon_spec.cli.parser import build_parser
from cannon_spec.cli.status import ExitStatus, report_problem
from cannon_spec.errors import CannonSpecError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is returned.

    Raises SystemExit as argparse does: with status 0 for --help and --version, with status 2 for wrong usage.
    """
    _replace_closed_streams()
    _escape_unencodable_letters()
    arguments = build_parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader of the output has gone, as in `| head`
        # The interpreter flushes standard output once more at exit, and would report the same error again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.COULD_NOT_JUDGE
    except (CannonSpecError, OSError) as error:
        report_problem(str(error))
        return ExitStatus.COULD_NOT_JUDGE
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPT
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a line, not a traceback
        report_problem(f"internal error: {type(error).__name__}: {error}; please report it")
        return ExitStatus.INTERNAL_ERROR


def _replace_closed_streams() -> None:
    """Read nothing from a standard stream that the caller closed, and write nothing to it: Python sets it to None."""
    # In this order each takes the number of the stream it replaces: the lowest that is free.
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115 - a standard stream stays open to the end
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def _escape_unencodable_letters() -> None:
    """Write a letter that the terminal's encoding lacks as an escape, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
