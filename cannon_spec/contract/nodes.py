"""The nodes of a schema: each one, that of a field, and what the path of one says (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cannon_spec.pointer import Path, follow

ITEM = "*"
"""Stands for each item of a list in the path of a field."""


class AddressField(NamedTuple):
    """A field of addresses that the service calls: its path, and the claim that it must reach them."""

    path: Path
    claim: str


def iter_nodes(schema: Mapping[str, Any], place: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each node of a schema that judges a value, at any depth, with its path; conditions (``if``) are left out."""
    yield place, schema
    for group in ("properties", "$defs"):
        for name, child in schema.get(group, {}).items():
            yield from iter_nodes(child, (*place, group, name))
    if "items" in schema:
        yield from iter_nodes(schema["items"], (*place, "items"))
    for index, branch in enumerate(schema.get("allOf", ())):
        yield from iter_nodes(branch["then"], (*place, "allOf", index, "then"))


def find_field(schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The node of a field, by its dotted path through objects; None if the schema has no such field."""
    node: Mapping[str, Any] | None = schema
    for part in name.split("."):
        node = None if node is None else node.get("properties", {}).get(part)
    return node


def trace_path(whole: Mapping[str, Any], path: Path) -> tuple[str, list[tuple[str, Mapping[str, Any]]]]:
    """The field that a path of keywords judges, and each condition on the way with the field whose object it judges."""
    names: list[str] = []
    conditions: list[tuple[str, Mapping[str, Any]]] = []
    parts = iter(enumerate(path))
    for index, part in parts:
        # What follows these words is a name or an index, which may itself be spelt like a keyword.
        if part == "properties":
            names.append(str(next(parts)[1]))
        elif part == "$defs":
            next(parts)
        elif part == "allOf":
            next(parts)
            conditions.append((".".join(names), follow(whole, path[: index + 2])["if"]))
    return ".".join(names), conditions


def list_address_fields(schema: Mapping[str, Any], place: Path = ()) -> tuple[AddressField, ...]:
    """The fields whose values are addresses that the service calls, in a value at ``place`` that a schema judges."""
    return tuple(
        AddressField((*place, *_read_fields(path)), node["x-reachable"])
        for path, node in iter_nodes(schema)
        if "x-reachable" in node
    )


def _read_fields(path: Path) -> Iterator[str]:
    """The names of fields in a path of keywords, with ITEM for the items of a list."""
    parts = iter(path)
    for part in parts:
        if part == "properties":
            yield str(next(parts))
        elif part == "items":
            yield ITEM
