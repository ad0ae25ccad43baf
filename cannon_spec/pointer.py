"""JSON Pointers (RFC 6901): paths as text, and text as paths (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Path = tuple[str | int, ...]

_LONGEST_INDEX = 9


def to_pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer of a path of keys and indexes; the empty path is the empty string."""
    return "".join(["/" + str(part).replace("~", "~0").replace("/", "~1") for part in path])


def from_pointer(pointer: str) -> tuple[str, ...]:
    """The unescaped parts of a JSON Pointer; an index stays text."""
    parts = pointer.split("/")[1:]
    return tuple([part.replace("~1", "/").replace("~0", "~") for part in parts] if "~" in pointer else parts)


def follow(document: Any, path: Iterable[str | int]) -> Any:
    """The value at ``path``. Raises LookupError if there is none."""
    for part in path:
        if isinstance(document, dict):
            document = document[part]
        elif isinstance(document, list):
            document = document[read_index(part)]
        else:
            raise LookupError(part)
    return document


def has_place(document: Any, path: Iterable[str | int]) -> bool:
    """Whether a document has a value at ``path``."""
    try:
        follow(document, path)
    except LookupError:
        return False
    return True


def replace_at(document: Any, path: Sequence[str | int], value: Any) -> Any:
    """A copy of a document with another value at ``path``. Raises LookupError if there is nothing at it."""
    if not path:
        return value
    member = replace_at(follow(document, path[:1]), path[1:], value)
    if isinstance(document, dict):
        return {**document, path[0]: member}
    index = read_index(path[0])
    return [*document[:index], member, *document[index + 1 :]]


def read_index(part: str | int) -> int:
    """The index of an array that a part of a path names. Raises LookupError if it names none."""
    if isinstance(part, int):
        return part
    if part.isdecimal() and part.isascii() and len(part) <= _LONGEST_INDEX:
        return int(part)
    raise LookupError(part)
