"""References between schemas: each ``$ref`` is replaced by what it names (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cannon_spec.errors import CatalogError
from cannon_spec.pointer import follow, from_pointer

_SUFFIX = ".schema.json"
_MERGED_WORDS = ("x-evidence", "x-severity")

ReadSchema = Callable[[str], dict[str, Any]]
"""Reads a schema by its id, with its references; raises KeyError if there is none."""


def inline_refs(node: Any, home: str, read: ReadSchema, parents: tuple[str, ...] = ()) -> Any:
    """Replace each ``$ref`` in a node of the schema ``home`` by what it names.

    ``parents`` are the references that led here: one that leads to itself is an error, not an endless loop. Raises
    CatalogError.
    """
    if isinstance(node, list):
        return [inline_refs(item, home, read, parents) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: inline_refs(value, home, read, parents) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    target = _find_target(node["$ref"], home, read, parents)
    # A word beside the $ref replaces that word of the target, and its claim and severity alone.
    words = [word for word in _MERGED_WORDS if word in own and word in target]
    return {**own, **target, **own, **{word: {**own[word], **target[word], **own[word]} for word in words}}


def _find_target(ref: Any, home: str, read: ReadSchema, parents: tuple[str, ...]) -> dict[str, Any]:
    try:
        schema, pointer = _resolve_ref(str(ref), home)
        name = f"{schema}#{pointer}"
        if name in parents:
            raise LookupError(name)
        target = inline_refs(follow(read(schema), from_pointer(pointer)), schema, read, (*parents, name))
        if isinstance(target, dict):
            return target
        raise LookupError(name)
    except LookupError:
        problem = f"the $ref {ref} names no schema, or leads back to itself"
        raise CatalogError(f"schema {home}", problem, "name a $def that exists") from None


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
