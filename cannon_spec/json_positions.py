"""Where the values and the problems of a JSON text are (floor 1, pure)."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from cannon_spec.pointer import from_pointer, read_index

_LONGEST_TOKEN = 40
_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<colon>[ \t\n\r]*+:)?'
    r"|(?P<opening>[{\[])|(?P<closing>[}\]])"
    r"|(?P<word>true|false|null)|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d++(?:\.\d++)?(?:[eE][-+]?\d++)?)",
    re.DOTALL,
)
"""The tokens of JSON, but for commas. None is read twice, so that the time grows with the length of the text alone."""

_Members = dict[str, int] | list[int]
"""Where the values of an object start, by key, or those of an array, in order."""


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

    The text is read through once, when a place is asked for.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line

    def locate(self, pointer: str) -> Position:
        """The position of the value at ``pointer``; where it is absent, that of the innermost value around it."""
        offset = skip_space(self._text, 0)
        for part in from_pointer(pointer):
            member = _find_member(self._members_by_offset.get(offset, ()), part)
            if member is None:
                break
            offset = member
        line = bisect_right(self._line_ends, offset - 1)
        start = self._line_ends[line - 1] + 1 if line else 0
        return Position(self._first_line + line, offset - start + 1)

    @cached_property
    def _members_by_offset(self) -> dict[int, _Members]:
        return _index_members(self._text)

    @cached_property
    def _line_ends(self) -> list[int]:
        # Counted once: a text may have as many findings as lines.
        return [match.start() for match in re.finditer("\n", self._text)]


def _find_member(members: _Members | tuple[()], part: str) -> int | None:
    if isinstance(members, dict):
        return members.get(part)
    try:
        return members[read_index(part)]
    except LookupError:
        return None


def _index_members(text: str) -> dict[int, _Members]:
    """Where the members of each object and array of a text start, by the offset of its bracket."""
    members_by_offset: dict[int, _Members] = {}
    open_containers: list[_Members] = []
    key = ""
    for match in _TOKEN.finditer(text):
        if match["colon"]:
            key = json.loads(match["string"])
        elif match["closing"]:
            open_containers.pop()
        else:
            if open_containers:
                _add_member(open_containers[-1], key, match.start())
            if match["opening"]:
                members: _Members = {} if match["opening"] == "{" else []
                members_by_offset[match.start()] = members
                open_containers.append(members)
    return members_by_offset


def _add_member(members: _Members, key: str, offset: int) -> None:
    if isinstance(members, dict):
        members[key] = offset
    else:
        members.append(offset)


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
        elif match["number"]:
            kind = _judge_number(token)
        else:
            kind = "constant" if match["constant"] else None
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
