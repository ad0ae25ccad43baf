"""What the mock writes to standard error and to logs: without secrets, and safe for a terminal (floor 4)."""

from __future__ import annotations

import sys

from cannon_spec.cli.console import write_problem
from cannon_spec.printable import escape_lines, escape_unprintable
from cannon_spec.redaction import redact


def write_notice(text: str) -> None:
    """Write one line of the command about itself."""
    write_problem("cannon-mock", text)


def write_line(text: str) -> None:
    """Write a text as one line."""
    print(escape_unprintable(redact(text)), file=sys.stderr, flush=True)


def describe_failure(text: str, error: BaseException) -> str:
    """A text for a log: what has failed in the mock or in an application, with the traceback."""
    import traceback  # late: few mocks fail

    return escape_lines(redact(f"{text}\n{''.join(traceback.format_exception(error))}".rstrip()))
