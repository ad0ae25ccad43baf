"""References between schemas: each ``$ref`` is replaced by what it names (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from cannon_spec.errors import CatalogError
from cannon_spec.pointer import follow, from_pointer

MAX_REPEATED_VALUES = 50_000
"""The most values that the references of one schema may repeat: a hundred times what any schema of ours has."""

MAX_LEVELS = 128
"""The most levels of a schema with its references replaced."""

_SUFFIX = ".schema.json"
_MERGED_WORDS = ("x-evidence", "x-severity")

ReadSchema = Callable[[str], dict[str, Any]]
"""Reads a schema by its id, with its references; raises KeyError if there is none."""


def inline_refs(id_: str, read: ReadSchema) -> dict[str, Any]:
    """The schema with an id, in which each ``$ref`` is replaced by what it names.

    Raises CatalogError for a reference that leads nowhere or to itself, and for references that repeat more than
    MAX_REPEATED_VALUES or nest deeper than MAX_LEVELS. Raises KeyError if there is no such schema.
    """
    schema = read(id_)
    try:
        part = _Inliner(read).inline(schema, id_)
    except RecursionError:
        raise _refuse_depth(id_) from None
    if part.height > MAX_LEVELS:
        raise _refuse_depth(id_)
    inlined_schema: dict[str, Any] = part.value
    return inlined_schema


class _Part(NamedTuple):
    """A value without references, and how many values and levels it has."""

    value: Any
    size: int = 1
    height: int = 1


class _Inliner:
    """Replace references, each target once: a few references that lead to each other may name it a million times."""

    def __init__(self, read: ReadSchema) -> None:
        self._read = cache(read)
        self._targets: dict[str, _Part] = {}
        self._open_refs: set[str] = set()
        self._repeated_values = 0

    def inline(self, node: Any, home: str) -> _Part:
        """A node of the schema ``home``. Raises CatalogError, and RecursionError for one that nests too deep."""
        if isinstance(node, list):
            items = [self.inline(item, home) for item in node]
            return _measure([item.value for item in items], items)
        if not isinstance(node, dict):
            return _Part(node)
        members = {key: self.inline(value, home) for key, value in node.items() if key != "$ref"}
        own = {key: member.value for key, member in members.items()}
        if "$ref" not in node:
            return _measure(own, members.values())
        target = self._follow_ref(str(node["$ref"]), home)
        return _measure(_merge(own, target.value), (target, *members.values()))

    def _follow_ref(self, ref: str, home: str) -> _Part:
        """What a reference names."""
        try:
            target = self._find_target(*_resolve_ref(ref, home))
        except LookupError:
            problem = f"the $ref {ref} names no schema, or leads back to itself"
            raise CatalogError(f"schema {home}", problem, "name a $def that exists") from None
        self._repeated_values += target.size
        if self._repeated_values > MAX_REPEATED_VALUES:
            problem = f"its references repeat more than {MAX_REPEATED_VALUES:,} values"
            raise CatalogError(f"schema {home}", problem, "use fewer references, or smaller schemas")
        return target

    def _find_target(self, schema: str, pointer: str) -> _Part:
        """The object at a pointer of a schema. Raises LookupError if there is none, or it is part of itself."""
        name = f"{schema}#{pointer}"
        if name in self._open_refs:
            raise LookupError(name)
        if name not in self._targets:
            self._open_refs.add(name)
            target = self.inline(follow(self._read(schema), from_pointer(pointer)), schema)
            self._open_refs.remove(name)
            if not isinstance(target.value, dict):
                raise LookupError(name)
            self._targets[name] = target
        return self._targets[name]


def _measure(value: Any, parts: Iterable[_Part]) -> _Part:
    size, height = 1, 0
    for part in parts:
        size, height = size + part.size, max(height, part.height)
    return _Part(value, size, height + 1)


def _merge(own: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """A target with the words beside its reference: each replaces that of the target, and its claim and severity."""
    words = [word for word in _MERGED_WORDS if isinstance(own.get(word), dict) and isinstance(target.get(word), dict)]
    return {**own, **target, **own, **{word: {**own[word], **target[word], **own[word]} for word in words}}


def _refuse_depth(schema: str) -> CatalogError:
    problem = f"with its references it nests deeper than {MAX_LEVELS} levels"
    return CatalogError(f"schema {schema}", problem, "use fewer references that lead to others")


def _resolve_ref(ref: str, home: str) -> tuple[str, str]:
    """The id of the schema that a ``$ref`` of the schema ``home`` names, and the pointer within it."""
    file, _, pointer = ref.partition("#")
    if not file:
        return home, pointer
    parts = home.split("/")[:-1]
    for part in file.removesuffix(_SUFFIX).split("/"):
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts), pointer
