"""The log as JSON: one object a line, for what collects the logs of a shared mock (floor 3).

Python's own registry of log handlers says whether a process logs so: there is one log for each process.
"""

from __future__ import annotations

import json
import logging
import sys
from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from cannon_mock.real_time import read_time_ns
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact_start

LONGEST_LINE = 4096
"""How many bytes a line has at most, with its end. A system writes so many to a pipe at once, whatever else writes."""

Members = Mapping[str, str | float | None]
"""What an object has beside time, level, event and message; what is None is left out."""

_LONGEST_TEXT = 200
_LONGEST_MESSAGE = 1500
"""How many bytes a member may have where a line would be too long; there are at most ten texts beside the message."""

_PREFIX = "cannon-mock: "
"""What a line for people begins with, where several commands write to one terminal."""


class JsonHandler(logging.Handler):
    """Writes each record to standard error as one object. Its attributes ``event`` and ``members`` are optional."""

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        event, members = getattr(record, "event", "notice"), getattr(record, "members", {})
        try:
            sys.stderr.write(encode_line(record.levelname.lower(), event, self.format(record), members))
            sys.stderr.flush()
        except (OSError, ValueError):  # it is full, or closed: no call fails by it
            pass


_HANDLER = JsonHandler()


def install() -> None:
    """Write what this process logs as JSON: warnings and errors of Python's logging, notices, and exchanges."""
    logging.getLogger().addHandler(_HANDLER)


def uninstall() -> None:
    """End it."""
    logging.getLogger().removeHandler(_HANDLER)


def is_installed() -> bool:
    """Whether this process logs as JSON."""
    return _HANDLER in logging.getLogger().handlers


def write(level: int, event: str, message: str, members: Members = MappingProxyType({})) -> None:
    """Write one object to standard error. Where several processes write there, each line stays whole."""
    attributes = {"event": event, "members": members, "msg": message}
    _HANDLER.handle(logging.makeLogRecord({"levelname": logging.getLevelName(level), **attributes}))


def encode_line(level: str, event: str, message: str, members: Members) -> str:
    """A line of ASCII, with its end, of at most LONGEST_LINE bytes; members that are None are left out.

    ``members`` have no secrets. Those of the message are cut.
    """
    text = redact_start(message.removeprefix(_PREFIX), LONGEST_LINE)
    head = {"time": _show_now(), "level": level, "event": event}
    values = {**head, "message": text, **{name: each for name, each in members.items() if each is not None}}
    values = {name: _replace_surrogates(each) for name, each in values.items()}
    line = _encode(values)
    if len(line) > LONGEST_LINE:
        short_values = {name: _shorten(each, _LONGEST_TEXT) for name, each in values.items()}
        line = _encode({**short_values, "message": _shorten(text, _LONGEST_MESSAGE)})
    return line


def _encode(value: Any) -> str:
    # Without line feeds; and a sign that commands a terminal or a CI service is an escape, as JSON may have it.
    return escape_unprintable(json.dumps(value, separators=(",", ":"))) + "\n"


def _show_now() -> str:
    moment = datetime.fromtimestamp(read_time_ns() / 1e9, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _replace_surrogates(value: Any) -> Any:
    """A text without halves of surrogate pairs, which not every reader of JSON takes; what is no text stays."""
    return value.encode(errors="replace").decode() if isinstance(value, str) and not value.isascii() else value


def _shorten(value: Any, most: int) -> Any:
    """The start of a text that takes at most so many bytes in a line; what is no text stays."""
    if not isinstance(value, str):
        return value
    sizes = list(accumulate(len(_encode(each)) - len('""\n') for each in value[:most]))
    place = bisect_right(sizes, most)
    return value if place == len(value) else value[:place] + "..."
