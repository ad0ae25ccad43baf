"""The content of YAML files with patches applied; comments and all else stay letter by letter (floor 2).

New values are written as JSON, which YAML contains. A member that moves takes its lines along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from cannon_spec.patch import PatchOperation
from cannon_spec.pointer import Path, from_pointer, read_index
from cannon_spec.printable import escape_unprintable
from cannon_spec.reading.patches import DocumentPatch
from cannon_spec.reading.yaml_files import compose_documents

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BYTE_ORDER_MARK = "\ufeff"
_UNIT = 2
"""How far the members of an object are indented that had none before."""


class _Edit(NamedTuple):
    """A part of a text and what comes in its place."""

    start: int
    end: int
    text: str


def rewrite_yaml(content: bytes, patches: Sequence[DocumentPatch]) -> bytes:
    """Apply patches to a file of one document or several.

    The caller compares the values of the result: aliases, for one, are not seen to. Raises LookupError if a patch names
    a place that its document does not have, or moves what has no lines of its own.
    """
    text = content.decode()
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    text = text.removeprefix(mark)
    roots = list(compose_documents(text))
    for patch in sorted(
        patches, key=attrgetter("number"), reverse=True
    ):  # from the last on, so that the places of those before hold
        start, end = _find_document(text, roots[patch.number])
        text = text[:start] + _patch_document(text[start:end], patch.operations) + text[end:]
    return (mark + text).encode()


def _find_document(text: str, root: Any) -> tuple[int, int]:
    """Where a document begins and ends, without its markers."""
    start, end = root.start_mark.index, root.end_mark.index
    line_start = start - root.start_mark.column
    return (start if text[line_start:start].strip() else line_start), end


def _patch_document(text: str, operations: Sequence[PatchOperation]) -> str:
    # To read YAML is slow: only the one document is read again after each operation.
    for operation in operations:
        (root,) = compose_documents(text)
        for edit in sorted(_list_edits(text, root, operation), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _list_edits(text: str, root: Any, operation: PatchOperation) -> list[_Edit]:
    name, target = operation["op"], from_pointer(operation["path"])
    if name == "replace":
        return [_exchange(text, _find_node(root, target), _write(operation["value"]))]
    if name == "add":
        member = f"{_write_key(target)}: {_write(operation['value'])}{_find_newline(text)}"
        return [_insert(text, root, target[:-1], member, 0)]
    if name == "remove":
        return [_Edit(*_find_lines(text, root, target), "")]
    return _move(text, root, from_pointer(operation["from"]), target)


def _move(text: str, root: Any, source: Path, target: Path) -> list[_Edit]:
    key = _find_key(root, source)
    if source[: len(target)] == target:
        return [_unwrap(text, _find_object(root, target), key, _find_object(root, source))]
    if source[:-1] == target[:-1]:
        return [_exchange(text, key, _write_key(target))]
    start, end = _find_lines(text, root, source)
    member = text[start : key.start_mark.index] + _write_key(target) + text[key.end_mark.index : end]
    return [_Edit(start, end, ""), _insert(text, root, target[:-1], member, key.start_mark.column)]


def _exchange(text: str, node: Any, word: str) -> _Edit:
    """Put a word in the place of a value or a key; the space and the comments behind it stay."""
    return _Edit(node.start_mark.index, _find_end(text, node), word)


def _insert(text: str, root: Any, path: Path, lines: str, column: int) -> _Edit:
    """Put lines, which begin at a column, behind the members of the object at ``path``."""
    node, newline = _find_object(root, path), _find_newline(text)
    if node.value:
        _, end = _find_lines(text, root, (*path, node.value[-1][0].value))
        before = "" if text[:end].endswith("\n") else newline
        return _Edit(end, end, before + _indent(lines, column, node.value[0][0].start_mark.column))
    start, end = node.start_mark.index, node.end_mark.index  # {}, behind its key
    line_end = end + len(text[end:].partition(newline)[0])
    new_lines = _indent(lines, column, _find_key(root, path).start_mark.column + _UNIT)
    return _Edit(
        len(text[:start].rstrip(" ")), line_end, text[end:line_end] + newline + new_lines.removesuffix(newline)
    )


def _unwrap(text: str, outer: Any, key: Any, inner: Any) -> _Edit:
    """Put an object in the place of the one around it; the comments between the two stay."""
    start, end = _find_start(text, outer.value[0][0]), _find_end(text, inner)
    first_key = inner.value[0][0]
    lines = text[_find_start(text, first_key) : end]
    column = outer.start_mark.column
    header = text[key.end_mark.index : _find_start(text, first_key)].splitlines()
    comments = [line.strip(": \t") for line in header if line.strip(": \t")]
    head = "".join(f"{' ' * column}{comment}{_find_newline(text)}" for comment in comments)
    return _Edit(start, end, head + _indent(lines, first_key.start_mark.column, column))


def _find_lines(text: str, root: Any, path: Path) -> tuple[int, int]:
    """Where the lines of a member begin and end, with the comments right above it unless it is the first."""
    members, key = _find_object(root, path[:-1]).value, _find_key(root, path)
    index = [each for each, _ in members].index(key)
    start, end = _find_start(text, key), _find_end(text, members[index][1], key)
    earliest = _find_end(text, members[index - 1][1], members[index - 1][0]) if index else start
    while (above := text.rfind("\n", 0, start - 1) + 1) > earliest and text[above:start].lstrip().startswith("#"):
        start = above
    return start, text.find("\n", end) + 1 or len(text)


def _find_start(text: str, key: Any) -> int:
    """Where the line of a key begins. Raises LookupError if more than space is before it."""
    start: int = key.start_mark.index - key.start_mark.column
    if text[start : key.start_mark.index].strip(" "):
        raise LookupError(key.value)
    return start


def _find_end(text: str, node: Any, key: Any = None) -> int:
    """Where the last letter of a value is, that of its key if it has none, without the line end of a block of text."""
    last = node
    while last.id != "scalar" and not last.flow_style and last.value:
        key, last = last.value[-1] if last.id == "mapping" else (None, last.value[-1])
    start: int = node.start_mark.index
    end: int = last.end_mark.index
    if key is not None and last.start_mark.index == end:  # an empty value is placed where the next one begins
        return int(key.end_mark.index)
    return start + len(text[start:end].rstrip())


def _find_node(node: Any, path: Path) -> Any:
    for part in path:
        if node.id == "mapping":
            node = {key.value: value for key, value in node.value}[part]
        elif node.id == "sequence":
            node = node.value[read_index(part)]
        else:
            raise LookupError(part)
    return node


def _find_object(root: Any, path: Path) -> Any:
    node = _find_node(root, path)
    if node.id != "mapping":
        raise LookupError(path)
    return node


def _find_key(root: Any, path: Path) -> Any:
    """The key of a member. Raises LookupError if ``path`` names none."""
    if not path:
        raise LookupError(path)
    return {key.value: key for key, _ in _find_object(root, path[:-1]).value}[path[-1]]


def _find_newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent(lines: str, old_column: int, column: int) -> str:
    """Lines whose members begin at ``old_column``, moved to ``column``."""
    old, new = " " * old_column, " " * column
    parts = (new + line.removeprefix(old) if line.strip() else line for line in lines.splitlines(keepends=True))
    return "".join(parts)


def _write(value: Any) -> str:
    return escape_unprintable(json.dumps(value, ensure_ascii=False))  # YAML refuses some letters that JSON takes


def _write_key(path: Path) -> str:
    key = str(path[-1])
    return key if _PLAIN_KEY.fullmatch(key) else _write(key)
