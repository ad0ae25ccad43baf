"""JSON Patches applied to the text of a document, which keeps every letter that a patch does not name (floor 1).

Indentation, line ends, spacing, the order of members, and how numbers and strings are spelt stay as they are. What is
added is laid out as its neighbours are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec import document
from cannon_spec.patch import PatchOperation, is_rename
from cannon_spec.pointer import Path, from_pointer, read_index

_SPACE = " \t\n\r"
_SCANNER = json.JSONDecoder()


class _Member(NamedTuple):
    """A member of an object or array: where its key begins and ends, and its value. An item has an empty key."""

    key: str
    start: int
    key_end: int
    value: int
    end: int


class _Container(NamedTuple):
    """An object or array in a text: the places of its brackets, and its members."""

    opening: int
    members: list[_Member]
    closing: int


class _Style(NamedTuple):
    """How a container lays its members out.

    ``gap`` is what is written before a member: a line end and an indentation, or where all are on one line a space or
    nothing. ``unit`` is the indentation of one level, ``colon`` what is between a key and its value.
    """

    gap: str
    unit: str
    colon: str
    is_ascii: bool

    @property
    def newline(self) -> str:
        """The line end before each member, empty if all are on one line."""
        return self.gap.rstrip(" \t") if "\n" in self.gap else ""


def patch_text(text: str, patch: Sequence[PatchOperation]) -> str:
    """The text of a JSON document, as ``document.loads`` reads it, with a patch applied.

    Its value is that of ``apply_patch``. Raises LookupError if the patch names a place that the document does not have.
    """
    for operation in patch:
        text = _OPERATIONS[operation["op"]](text, operation)
    return text


def _add(text: str, operation: PatchOperation) -> str:
    path = from_pointer(operation["path"])
    return _insert(text, path, lambda style: _dump(operation["value"], style))


def _remove(text: str, operation: PatchOperation) -> str:
    return _delete(text, from_pointer(operation["path"]))


def _replace(text: str, operation: PatchOperation) -> str:
    path = from_pointer(operation["path"])
    start, end = _find(text, path)
    return text[:start] + _dump(operation["value"], _find_style(text, path)) + text[end:]


def _move(text: str, operation: PatchOperation) -> str:
    source, target = from_pointer(operation["from"]), from_pointer(operation["path"])
    start, end = _find(text, source)
    if source == target:
        return text
    if is_rename(document.loads(text), source, target):
        member = _find_member(text, source)
        return text[: member.start] + _dump(target[-1], _find_style(text, target)) + text[member.key_end :]
    value, indentation = text[start:end], _find_indentation(text, start)
    rest = _delete(text, source) if target else text
    return _insert(rest, target, lambda style: _indent(value, indentation, style))


_OPERATIONS: Mapping[str, Callable[[str, PatchOperation], str]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
}


def _insert(text: str, path: Path, write: Callable[[_Style], str]) -> str:
    """Put a new member at ``path``, or another value if there is one; ``write`` gives its value in a style."""
    value = write(_find_style(text, path))
    if not path:
        start, end = _find(text, path)
        return text[:start] + value + text[end:]
    container, key = _scan(text, _find(text, path[:-1])[0]), path[-1]
    if text[container.opening] == "[":
        index = len(container.members) if key == "-" else read_index(key)
        return _splice(text, container, index, value, _find_style(text, path))
    for member in container.members:
        if member.key == key:
            return text[: member.value] + value + text[member.end :]
    style = _find_style(text, path)
    return _splice(text, container, len(container.members), f"{_dump(key, style)}{style.colon}{value}", style)


def _splice(text: str, container: _Container, index: int, member: str, style: _Style) -> str:
    """Put a member before the one at ``index``, or behind the last."""
    opening, members, closing = container
    if index > len(members):
        raise LookupError(str(index))
    if index < len(members):
        position = members[index].start
        return f"{text[:position]}{member},{style.gap}{text[position:]}"
    if members:
        position = members[-1].end
        return f"{text[:position]},{style.gap}{member}{text[position:]}"
    before = style.gap if style.newline else ""
    after = before.removesuffix(style.unit)
    return f"{text[: opening + 1]}{before}{member}{after}{text[closing:]}"


def _delete(text: str, path: Path) -> str:
    if not path:
        raise LookupError("the whole document cannot be removed")
    member = _find_member(text, path)
    opening, members, closing = _scan(text, _find(text, path[:-1])[0])
    index = members.index(member)
    if len(members) == 1:
        return text[: opening + 1] + text[closing:]
    if index == len(members) - 1:
        return text[: members[index - 1].end] + text[member.end :]
    return text[: member.start] + text[members[index + 1].start :]


def _find(text: str, path: Path) -> tuple[int, int]:
    """Where the value at ``path`` begins and ends. Raises LookupError if there is none."""
    if path:
        member = _find_member(text, path)
        return member.value, member.end
    start = _skip_space(text, 0)
    return start, _SCANNER.raw_decode(text, start)[1]


def _find_member(text: str, path: Path) -> _Member:
    container, key = _scan(text, _find(text, path[:-1])[0]), path[-1]
    if text[container.opening] == "[":
        return container.members[read_index(key)]
    for member in container.members:
        if member.key == key:
            return member
    raise LookupError(key)


def _scan(text: str, opening: int) -> _Container:
    """The object or array that begins at ``opening``. Raises LookupError if another value does."""
    if text[opening] not in "{[":
        raise LookupError(text[opening])
    members: list[_Member] = []
    position = _skip_space(text, opening + 1)
    while text[position] not in "}]":
        position = _skip_space(text, position + 1) if text[position] == "," else position
        start, key = position, ""
        if text[opening] == "{":
            key, position = _SCANNER.raw_decode(text, start)
        key_end = position
        value = start if text[opening] == "[" else _skip_space(text, _skip_space(text, key_end) + 1)
        end = _SCANNER.raw_decode(text, value)[1]
        members.append(_Member(key, start, key_end, value, end))
        position = _skip_space(text, end)
    return _Container(opening, members, position)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _find_style(text: str, path: Path) -> _Style:
    """The style of the container that has, or may get, a member at ``path``; without a path that of the document."""
    root = _find(text, ())[0]
    style = _read_style(text, root, _Style("", "", ": ", text.isascii()))
    if path:
        return _read_style(text, _find(text, path[:-1])[0], style)
    return style._replace(gap=style.newline + _find_indentation(text, root)) if style.newline else style


def _read_style(text: str, opening: int, outer_style: _Style) -> _Style:
    """The style of the container at ``opening``: that of its first member, or if it has none the outer one."""
    indentation, first = _find_indentation(text, opening), _skip_space(text, opening + 1)
    if text[opening] not in "{[" or text[first] in "}]":  # a value without members
        gap = outer_style.newline + indentation + outer_style.unit if outer_style.newline else outer_style.gap
        return outer_style._replace(gap=gap)
    colon = _read_colon(text, first) if text[opening] == "{" else outer_style.colon
    gap = text[opening + 1 : first]
    if "\n" not in gap:
        return outer_style._replace(gap=" " if colon.endswith(" ") else "", colon=colon)
    gap = gap[gap.rfind("\r\n" if "\r\n" in gap else "\n") :]
    return outer_style._replace(gap=gap, unit=gap.strip("\r\n").removeprefix(indentation), colon=colon)


def _read_colon(text: str, start: int) -> str:
    """The colon behind the key at ``start``, with the space around it unless that has line ends."""
    end = _SCANNER.raw_decode(text, start)[1]
    colon = text[end : _skip_space(text, _skip_space(text, end) + 1)]
    return colon if colon.strip("\r\n") == colon else ": "


def _find_indentation(text: str, position: int) -> str:
    """The space that the line of ``position`` begins with."""
    start = text.rfind("\n", 0, position) + 1
    return text[start : _skip_space(text, start)]


def _dump(value: Any, style: _Style) -> str:
    """A value as JSON. One with members is spread over lines if its neighbours are on lines of their own."""
    separator = "," if style.newline or not style.gap else ", "
    indent = style.unit if style.newline else None
    text = json.dumps(value, indent=indent, ensure_ascii=style.is_ascii, separators=(separator, style.colon))
    return text.replace("\n", style.gap)


def _indent(text: str, indentation: str, style: _Style) -> str:
    """The text of a value that was indented by ``indentation``, indented as its new neighbours are."""
    if not style.newline:
        return text
    first, *lines = text.split("\n")
    new_indentation = style.gap.strip("\r\n")
    moved_lines = (new_indentation + line.removeprefix(indentation) for line in lines)
    return "\n".join((first, *moved_lines))
