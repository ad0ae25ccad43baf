"""Makes text from outside safe to print: on a terminal, and in the log of a CI service (floor 1, pure).

Such text is a file's name, an argument, a reply, a field of a document, a title of an overlay. Each command prints it
through ``escape_unprintable``, or ``escape_lines`` where lines are to stay.
"""

from __future__ import annotations

import json
import re

_COMMAND = re.compile(r"^\s*:(?=:)|\#(?=\#(?:\[|vso\[|teamcity\[))", re.ASCII)
"""The first sign of what a CI service takes for a command: ``::`` at the start of a line, ``##[`` anywhere."""


def escape_unprintable(text: str) -> str:
    """``text`` with what would break a line, move a cursor or command a CI service written as JSON escapes."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    return _COMMAND.sub(_escape_sign, text) if "::" in text or "##" in text else text


def escape_lines(text: str) -> str:
    """Lines of text, each with ``escape_unprintable`` applied."""
    return "\n".join(map(escape_unprintable, text.split("\n")))


def _escape_sign(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}\\u{ord(match[0][-1]):04x}"
