"""JSON Patches (RFC 6902) applied to values (floor 1).

Of the operations of the RFC these are supported that a fix is made of: ``add``, ``remove``, ``replace`` and ``move``.
A library would do the same but for one thing: a member that is renamed keeps its place among the others here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cannon_spec.pointer import Path, follow, from_pointer, read_index, replace_at, to_pointer

PatchOperation = Mapping[str, Any]


def apply_patch(document: Any, patch: Sequence[PatchOperation]) -> Any:
    """A copy of ``document`` with a patch applied; ``document`` itself stays as it is.

    Raises LookupError if the patch names a place that the document does not have.
    """
    for operation in patch:
        document = _OPERATIONS[operation["op"]](document, operation)
    return document


def build_replacement(path: Path, values: Sequence[Any]) -> tuple[PatchOperation, ...]:
    """The patch that puts a value in place of that at ``path``; further values become items after it."""
    pointers = [to_pointer((*path[:-1], int(path[-1]) + offset)) for offset in range(1, len(values))]
    others = [
        {"op": "add", "path": pointer, "value": value} for pointer, value in zip(pointers, values[1:], strict=True)
    ]
    return ({"op": "replace", "path": to_pointer(path), "value": values[0]}, *others)


def trace_back(pointer: str, operations: Sequence[PatchOperation]) -> str:
    """Where the value that is at ``pointer`` after the operations stood before them, if they have moved it."""
    for operation in reversed(operations):
        target = operation["path"]
        if operation["op"] == "move" and (pointer == target or pointer.startswith(f"{target}/")):
            pointer = operation["from"] + pointer.removeprefix(target)
    return pointer


def is_rename(document: Any, source: Path, target: Path) -> bool:
    """Whether a move from ``source`` to ``target`` gives a member of an object a name that the object does not have."""
    if not source or not target or source[:-1] != target[:-1]:
        return False
    parent = follow(document, source[:-1])
    return isinstance(parent, dict) and target[-1] not in parent


def _add(document: Any, operation: PatchOperation) -> Any:
    return _insert(document, from_pointer(operation["path"]), operation["value"])


def _remove(document: Any, operation: PatchOperation) -> Any:
    return _delete(document, from_pointer(operation["path"]))


def _replace(document: Any, operation: PatchOperation) -> Any:
    return replace_at(document, from_pointer(operation["path"]), operation["value"])


def _move(document: Any, operation: PatchOperation) -> Any:
    source, target = from_pointer(operation["from"]), from_pointer(operation["path"])
    value = follow(document, source)
    if is_rename(document, source, target):
        members = follow(document, source[:-1])
        renamed_members = {target[-1] if key == source[-1] else key: each for key, each in members.items()}
        return replace_at(document, source[:-1], renamed_members)
    return _insert(_delete(document, source), target, value) if source != target else document


_OPERATIONS: Mapping[str, Callable[[Any, PatchOperation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
}


def _insert(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    parent, key = follow(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        return replace_at(document, path[:-1], {**parent, key: value})
    if not isinstance(parent, list):
        raise LookupError(key)
    index = len(parent) if key == "-" else read_index(key)
    if index > len(parent):
        raise LookupError(key)
    return replace_at(document, path[:-1], [*parent[:index], value, *parent[index:]])


def _delete(document: Any, path: Path) -> Any:
    if not path:
        raise LookupError("the whole document cannot be removed")
    follow(document, path)
    parent, key = follow(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        return replace_at(document, path[:-1], {name: each for name, each in parent.items() if name != key})
    index = read_index(key)
    return replace_at(document, path[:-1], [*parent[:index], *parent[index + 1 :]])
