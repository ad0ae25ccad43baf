"""Where the values and the problems of a JSON text are (floor 1, pure)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from cannon_spec.pointer import from_pointer

_LONGEST_TOKEN = 40
_SCANNER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<colon>[ \t\n\r]*+:)?'
    r"|(?P<opening>[{\[])|(?P<closing>[}\]])"
    r"|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d[\d.]*+[eE][-+]?\d++|-?\d{309,})",
    re.DOTALL,
)
"""What decides whether a text is refused: a number without an exponent and of fewer digits always fits a double."""


class Position(NamedTuple):
    """A line and a column of a text, both from 1; a column counts characters."""

    line: int
    column: int


class OddToken(NamedTuple):
    """What JSON readers disagree on: its kind, where it starts, and its text."""

    kind: str
    offset: int
    text: str


def find_position(text: str, offset: int, first_line: int = 1) -> Position:
    """The position of the character at ``offset`` in a text that starts at line ``first_line`` of its file."""
    return Position(text.count("\n", 0, offset) + first_line, offset - text.rfind("\n", 0, offset))


class JSONPlaces:
    """The places of the values in a text that ``document.loads`` reads.

    The members of an object or an array are listed once, when a value inside it is asked for.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line
        self._members_by_offset: dict[int, dict[str, int]] = {}

    def locate(self, pointer: str) -> Position:
        """The position of the value at ``pointer``; where it is absent, that of the innermost value around it."""
        offset = skip_space(self._text, 0)
        for part in from_pointer(pointer):
            member = self._list_members(offset).get(part)
            if member is None:
                break
            offset = member
        return find_position(self._text, offset, self._first_line)

    def _list_members(self, offset: int) -> dict[str, int]:
        if offset not in self._members_by_offset:
            self._members_by_offset[offset] = dict(_iter_members(self._text, offset))
        return self._members_by_offset[offset]


def find_odd_token(text: str, max_depth: int) -> OddToken | None:
    """The first key given twice, half of a surrogate pair, number beyond a double, or level too deep.

    The text is JSON up to that token.
    """
    key_sets: list[set[str]] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["string"]:
            kind = _judge_string(match["string"], key_sets[-1] if match["colon"] and key_sets else None)
        elif match["opening"]:
            key_sets.append(set())
            kind = "depth" if len(key_sets) > max_depth else None
        elif match["closing"]:
            kind = None
            del key_sets[-1:]
        else:
            kind = "constant" if match["constant"] else _judge_number(token)
        if kind is not None:
            return OddToken(kind, match.start(), match["string"] or token)
    return None


def find_unclosed(text: str, end: int) -> int | None:
    """The offset of the last bracket before ``end`` that is not closed there; None where all are."""
    offsets: list[int] = []
    for match in _TOKEN.finditer(text, 0, end):
        if match["opening"]:
            offsets.append(match.start())
        elif match["closing"]:
            del offsets[-1:]
    return offsets[-1] if offsets else None


def _judge_string(token: str, keys: set[str] | None) -> str | None:
    """The kind of problem that a string has, which is a key if there is a set of the keys before it."""
    value = json.loads(token) if "\\" in token else token[1:-1]
    if not is_encodable(value):
        return "surrogate"
    if keys is not None:
        if value in keys:
            return "duplicate"
        keys.add(value)
    return None


def _judge_number(token: str) -> str | None:
    # An exponent or many digits: only the value tells whether it fits.
    return None if math.isfinite(float(token)) else "number"


def show_token(token: str) -> str:
    """A part of a text as a message names it: cut where it is long, with an escape for what cannot be seen."""
    shown = token if len(token) <= _LONGEST_TOKEN else token[: _LONGEST_TOKEN - 1] + "…"
    return "".join(letter if letter.isprintable() else escape_letter(letter) for letter in shown)


def escape_letter(letter: str) -> str:
    """A character as JSON escapes it; one beyond 16 bits is a pair of escapes."""
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(rf"\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))


def is_encodable(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def skip_space(text: str, offset: int) -> int:
    """The offset of the next character that is no space of JSON."""
    match = _SPACE.match(text, offset)
    return offset if match is None else match.end()


def _iter_members(text: str, offset: int) -> Iterator[tuple[str, int]]:
    """Key and start of each member of the object or array at ``offset``; none of another value."""
    opening, index = text[offset : offset + 1], 0
    offset = skip_space(text, offset + 1)
    while opening in ("{", "[") and text[offset] not in "}]":
        key = str(index)
        if opening == "{":
            key, offset = _SCANNER.raw_decode(text, offset)
            offset = skip_space(text, skip_space(text, offset) + 1)
        yield key, offset
        _, offset = _SCANNER.raw_decode(text, offset)
        offset = skip_space(text, offset)
        if text[offset] == ",":
            offset = skip_space(text, offset + 1)
        index += 1
