"""JSON Patches applied to the text of a document, which keeps every letter that a patch does not name (floor 1).

Indentation, line ends, spacing, the order of members, and how numbers and strings are spelt stay as they are. What is
added is laid out as its neighbours are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cannon_spec.json_positions import skip_space
from cannon_spec.patch import PatchOperation
from cannon_spec.pointer import Path, from_pointer, read_index

_SCANNER = json.JSONDecoder()


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

    @property
    def indentation(self) -> str:
        """The space that the line of a member begins with, empty if all are on one line."""
        return self.gap.strip("\r\n") if self.newline else ""


class _Value:
    """A value of a text, with the space that its line begins with.

    Its members are found once, when a patch first looks into it: what no patch names stays one piece of text.
    """

    def __init__(self, text: str, indentation: str) -> None:
        self.opening = text[0]
        self.indentation = indentation
        self._text = text
        self._members: list[_Member] | None = None
        self._members_by_key: dict[str, _Member] | None = None

    @property
    def members(self) -> list[_Member]:
        """The members of an object or array, to be changed in place. Raises LookupError if the value is another."""
        if self.opening not in "{[":
            raise LookupError(self._text)
        if self._members is None:
            self._members = _scan(self._text, self.indentation)
            self._text = self._text if not self._members else self.opening + self._text[-1]
        return self._members

    def find(self, key: str | int) -> _Member | None:
        """The member of an object with a key; None if there is none."""
        if self._members_by_key is None:
            self._members_by_key = {member.key: member for member in self.members}
        return self._members_by_key.get(str(key))

    def insert(self, index: int, member: _Member) -> None:
        """Put a member before the one at an index."""
        self.members.insert(index, member)
        if self._members_by_key is not None:
            self._members_by_key[member.key] = member

    def delete(self, index: int) -> None:
        """Take the member at an index out."""
        member = self.members.pop(index)
        if self._members_by_key is not None:
            self._members_by_key.pop(member.key, None)

    def rename(self, member: _Member, key: str, key_text: str) -> None:
        """Give a member of an object a key that the object does not have."""
        if self._members_by_key is not None:
            self._members_by_key[key] = self._members_by_key.pop(member.key)
        member.key, member.key_text = key, key_text

    def write(self) -> str:
        """The text of the value."""
        if not self._members:
            return self._text
        return self.opening + ",".join([member.write() for member in self._members]) + self._text[-1]


@dataclass(slots=True)
class _Member:
    """A member of an object or array: its key and value, and the space around them. An item has an empty key."""

    before: str
    key: str
    key_text: str
    colon: str
    value: _Value
    after: str = ""

    def write(self) -> str:
        """The text of the member, without a comma."""
        return f"{self.before}{self.key_text}{self.colon}{self.value.write()}{self.after}"


def patch_text(text: str, patch: Sequence[PatchOperation]) -> str:
    """The text of a JSON document, as ``document.loads`` reads it, with a patch applied.

    Its value is that of ``apply_patch``. Raises LookupError if the patch names a place that the document does not have.
    """
    changed_text = _ChangedText(text)
    for operation in patch:
        changed_text.apply(operation)
    return changed_text.write()


class _ChangedText:
    """A text while a patch is applied to it: read once, and written once at the end."""

    def __init__(self, text: str) -> None:
        start = skip_space(text, 0)
        end = _SCANNER.raw_decode(text, start)[1]
        value = _Value(text[start:end], text[text.rfind("\n", 0, start) + 1 : start])
        self._root = _Member(text[:start], "", "", "", value, text[end:])
        self._is_ascii = text.isascii()

    def write(self) -> str:
        """The whole text."""
        return self._root.write()

    def apply(self, operation: PatchOperation) -> None:
        """Apply one operation of a patch. Raises LookupError."""
        _OPERATIONS[operation["op"]](self, operation)

    def _add(self, operation: PatchOperation) -> None:
        self._insert(from_pointer(operation["path"]), lambda style: _dump(operation["value"], style))

    def _remove(self, operation: PatchOperation) -> None:
        self._delete(from_pointer(operation["path"]))

    def _replace(self, operation: PatchOperation) -> None:
        path = from_pointer(operation["path"])
        style, member = self._find_style(path), self._find(path)
        member.value = _Value(_dump(operation["value"], style), style.indentation or member.value.indentation)

    def _move(self, operation: PatchOperation) -> None:
        source, target = from_pointer(operation["from"]), from_pointer(operation["path"])
        member = self._find(source)
        if source == target:
            return
        if self._is_rename(source, target):
            key_text = _dump(target[-1], self._find_style(target))
            self._find(source[:-1]).value.rename(member, str(target[-1]), key_text)
            return
        if target:
            self._delete(source)
        value = member.value
        self._insert(target, lambda style: _indent(value.write(), value.indentation, style))

    def _is_rename(self, source: Path, target: Path) -> bool:
        """Whether a move gives a member of an object a name that the object does not have."""
        if not source or not target or source[:-1] != target[:-1]:
            return False
        parent = self._find(source[:-1]).value
        return parent.opening == "{" and parent.find(target[-1]) is None

    def _insert(self, path: Path, write: Callable[[_Style], str]) -> None:
        """Put a new member at ``path``, or another value if there is one; ``write`` gives its value in a style."""
        style = self._find_style(path)
        value = _Value(write(style), style.indentation)
        if not path:
            self._root.value = value
            return
        container, key = self._find(path[:-1]).value, path[-1]
        if container.opening == "[":
            index = len(container.members) if key == "-" else read_index(key)
            _splice(container, index, _Member("", "", "", "", value), style)
            return
        present_member = container.find(key)
        if present_member is not None:
            present_member.value = value
            return
        member = _Member("", str(key), _dump(key, style), style.colon, value)
        _splice(container, len(container.members), member, style)

    def _delete(self, path: Path) -> None:
        if not path:
            raise LookupError("the whole document cannot be removed")
        member, container = self._find(path), self._find(path[:-1]).value
        members = container.members
        index = next(index for index, each in enumerate(members) if each is member)
        if index < len(members) - 1:
            members[index + 1].before = member.before
        elif index:
            members[index - 1].after = member.after
        container.delete(index)

    def _find(self, path: Path) -> _Member:
        """The member at ``path``; without a path the document. Raises LookupError if there is none."""
        member = self._root
        for key in path:
            member = _find_member(member.value, key)
        return member

    def _find_style(self, path: Path) -> _Style:
        """The style of the container that has, or may get, a member at ``path``; without a path of the document."""
        root = self._root.value
        style = _read_style(root, _Style("", "", ": ", self._is_ascii))
        if path:
            return _read_style(self._find(path[:-1]).value, style)
        return style._replace(gap=style.newline + root.indentation) if style.newline else style


_OPERATIONS: Mapping[str, Callable[[_ChangedText, PatchOperation], None]] = {
    "add": _ChangedText._add,
    "remove": _ChangedText._remove,
    "replace": _ChangedText._replace,
    "move": _ChangedText._move,
}


def _splice(container: _Value, index: int, member: _Member, style: _Style) -> None:
    """Put a member before the one at ``index``, or behind the last."""
    members = container.members
    if index > len(members):
        raise LookupError(str(index))
    if index < len(members):
        member.before, members[index].before = members[index].before, style.gap
    elif members:
        member.before, member.after, members[-1].after = style.gap, members[-1].after, ""
    else:
        member.before = style.gap if style.newline else ""
        member.after = member.before.removesuffix(style.unit)
    container.insert(index, member)


def _find_member(container: _Value, key: str | int) -> _Member:
    if container.opening == "[":
        return container.members[read_index(key)]
    member = container.find(key)
    if member is None:
        raise LookupError(key)
    return member


def _scan(text: str, indentation: str) -> list[_Member]:
    """The members of the object or array that is ``text``, whose line begins with the space ``indentation``."""
    members: list[_Member] = []
    position, start = 1, skip_space(text, 1)
    while text[start] not in "}]":
        key, key_end = _SCANNER.raw_decode(text, start) if text[0] == "{" else ("", start)
        value = start if text[0] == "[" else skip_space(text, skip_space(text, key_end) + 1)
        indentation = _find_indentation(text, position, value, indentation)
        end = _SCANNER.raw_decode(text, value)[1]
        after = skip_space(text, end)
        colon, child = text[key_end:value], _Value(text[value:end], indentation)
        members.append(_Member(text[position:start], key, text[start:key_end], colon, child, text[end:after]))
        indentation = _find_indentation(text, value, after, indentation)
        position = after + 1 if text[after] == "," else after
        start = skip_space(text, position)
    return members


def _find_indentation(text: str, start: int, end: int, former_indentation: str) -> str:
    """The space that the line of ``end`` begins with, which is the former one if no line begins behind ``start``."""
    line_end = text.rfind("\n", start, end)
    return former_indentation if line_end < 0 else text[line_end + 1 : skip_space(text, line_end + 1)]


def _read_style(container: _Value, outer_style: _Style) -> _Style:
    """The style of a container: that of its first member, or if it has none the outer one."""
    if container.opening not in "{[" or not container.members:
        gap = outer_style.newline + container.indentation + outer_style.unit if outer_style.newline else outer_style.gap
        return outer_style._replace(gap=gap)
    first = container.members[0]
    colon = _read_colon(first) if container.opening == "{" else outer_style.colon
    if "\n" not in first.before:
        return outer_style._replace(gap=" " if colon.endswith(" ") else "", colon=colon)
    gap = first.before[first.before.rfind("\r\n" if "\r\n" in first.before else "\n") :]
    unit = gap.strip("\r\n").removeprefix(container.indentation)
    return outer_style._replace(gap=gap, unit=unit, colon=colon)


def _read_colon(member: _Member) -> str:
    """The colon behind a key, with the space around it unless that has line ends."""
    return member.colon if member.colon.strip("\r\n") == member.colon else ": "


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
