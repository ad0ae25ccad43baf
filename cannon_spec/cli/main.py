"""The command ``cannon-spec``: parse, run one command, turn errors into a line and an exit status (floor 2)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cannon_spec.cli.console import run_command
from cannon_spec.cli.environment import check_variables
from cannon_spec.cli.parser import build_parser
from cannon_spec.cli.status import ExitStatus, report_problem
from cannon_spec.errors import CannonSpecError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is returned.

    Raises SystemExit as argparse does: with status 0 for --help and --version, with status 2 for wrong usage.
    """
    return run_command("cannon-spec", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    arguments = build_parser().parse_args(argv)
    try:
        check_variables()
        status: int = arguments.run(arguments)
        return status
    except CannonSpecError as error:
        report_problem(str(error))
        return ExitStatus.COULD_NOT_JUDGE


if __name__ == "__main__":
    sys.exit(main())
