"""What the mock writes to standard error and to logs: without secrets, and safe for a terminal (floor 3).

It is text, or JSON where ``json_log`` is installed.
"""

from __future__ import annotations

import logging
import sys

from cannon_mock import json_log
from cannon_spec.cli.console import write_problem
from cannon_spec.printable import escape_lines, escape_unprintable
from cannon_spec.redaction import redact

_ADVICE = (
    "webhooks are signed with a random secret, which this log does not show; set one with --webhook-secret or "
    "CANNON_MOCK_WEBHOOK_SECRET"
)


def write_notice(text: str) -> None:
    """Write one line of the command about itself."""
    if json_log.is_installed():
        json_log.write(logging.WARNING, "notice", text)
    else:
        write_problem("cannon-mock", text)


def write_line(text: str) -> None:
    """Write a text as one line."""
    if json_log.is_installed():
        json_log.write(logging.WARNING, "notice", text.strip())
    else:
        print(escape_unprintable(redact(text)), file=sys.stderr, flush=True)


def announce(url: str, webhook_secret: str, members: json_log.Members) -> None:
    """Say on standard output that the mock answers at an address, and what signs its webhooks where that is random.

    A log of JSON shows no secret: it says how to set one. ``members`` are the settings that it shows.
    """
    text = f"cannon-mock ready on {url}"
    if json_log.is_installed():
        lines = [json_log.encode_line("info", "ready", text, {"url": url, **members})]
        lines += [json_log.encode_line("info", "notice", _ADVICE, {})] if webhook_secret else []
        print(*lines, sep="", end="", flush=True)
    else:
        print(text, flush=True)
        if webhook_secret:
            print(f"webhooks are signed with {webhook_secret}", flush=True)


def describe_failure(text: str, error: BaseException) -> str:
    """A text for a log: what has failed in the mock or in an application, with the traceback."""
    import traceback  # late: few mocks fail

    return escape_lines(redact(f"{text}\n{''.join(traceback.format_exception(error))}".rstrip()))
