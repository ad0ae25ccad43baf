"""The fields of the inputs of operations, and how they are found by a name (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.wording import join_field
from cannon_spec.nearest import fold


class InputField(NamedTuple):
    """A field of the input of an operation: its dotted name, and its node in the schema."""

    operation: Operation
    name: str
    node: Mapping[str, Any]


def list_fields(catalog: Catalog, operation: Operation) -> list[InputField]:
    """Every field of an operation's input, those within objects too, in the order of the schema."""
    if operation.input is None:
        return []
    return [InputField(operation, name, node) for name, node in _iter_fields(catalog.input_schema_of(operation), "")]


def _iter_fields(node: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, child in node.get("properties", {}).items():
        field = join_field(parent, name)
        yield field, child
        yield from _iter_fields(child, field)
    if "items" in node:
        yield from _iter_fields(node["items"], parent)


def list_field_names(catalog: Catalog, operation: Operation) -> list[str]:
    """The dotted name of every field of an operation's input."""
    return [each.name for each in list_fields(catalog, operation)]


def find_fields(catalog: Catalog, operations: Iterable[Operation], name: str) -> list[InputField]:
    """The fields with a name: in full (``voice.speed``), or its last part (``speed``), whatever its case."""
    return [
        each
        for operation in operations
        for each in list_fields(catalog, operation)
        if fold(name) and fold(name) in (fold(each.name), fold(each.name.rpartition(".")[2]))
    ]
