"""The exit statuses of the command, and the line that reports a problem (floor 2)."""

from __future__ import annotations

from enum import IntEnum

from cannon_spec.cli.console import write_problem


class ExitStatus(IntEnum):
    """What the exit status of ``cannon-spec`` means; ``run_command`` adds 3, which is a fault of our own."""

    OK = 0
    ERRORS_FOUND = 1
    COULD_NOT_JUDGE = 2


def report_problem(text: str) -> None:
    """Write one line to standard error, if it can be written: the exit status tells the same."""
    write_problem("cannon-spec", text)
