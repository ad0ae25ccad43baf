"""The exit statuses of the command, and the line that reports a problem (floor 2)."""

from __future__ import annotations

import sys
from enum import IntEnum


class ExitStatus(IntEnum):
    """What the exit status of ``cannon-spec`` means."""

    OK = 0
    ERRORS_FOUND = 1
    COULD_NOT_JUDGE = 2
    INTERNAL_ERROR = 3
    INTERRUPT = 130


def report_problem(text: str) -> None:
    """Write one line to standard error."""
    print(f"cannon-spec: {text}", file=sys.stderr)
