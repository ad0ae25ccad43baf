"""Checks of an operation's defaults against the schemas of its input, when the contract loads (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.nodes import find_field
from cannon_spec.contract.price_checks import check_conditions, check_field
from cannon_spec.errors import CatalogError


def check_defaults(catalog: Catalog, operation: Operation) -> None:
    """Check that each default is for a field of the input and takes a value that the field lists.

    Raises CatalogError for the first problem.
    """
    for number, default in enumerate(operation.data.get("defaults", ()), 1):
        place = f"operation {operation.id} defaults {number}"
        check_conditions(place, default.get("when", {}), catalog.input_schema_of(operation))
        _check_value(catalog, operation, place, default)


def _check_value(catalog: Catalog, operation: Operation, place: str, default: Mapping[str, Any]) -> None:
    name = default["field"]
    check_field(place, name, catalog.input_schema_of(operation))
    lists = list(_find_lists(catalog, operation, name))
    if "largest" in default and not lists:
        raise CatalogError(place, f"no schema lists the values of {name}", "give the default a value")
    if "value" in default and lists and all(default["value"] not in values for values in lists):
        raise CatalogError(place, f"{default['value']} is no value that {name} lists", "use a value of its enum")


def _find_lists(catalog: Catalog, operation: Operation, name: str) -> Iterator[Any]:
    """The values that the schema of the input lists for a field, and those that each model lists."""
    for schema in (operation.input, *(model.schema for model in operation.models.values())):
        node = find_field(catalog.schemas[schema], name) if schema else None
        if node is not None and "enum" in node:
            yield node["enum"]
