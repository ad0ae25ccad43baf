"""A create body that is valid by construction (floor 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation, ServedModel
from cannon_spec.errors import CatalogError, UnknownName
from cannon_spec.validate import accepts_input


def build_example(catalog: Catalog, operation: str, model: str | None = None) -> dict[str, Any]:
    """A body for an operation and one of its models (None: its default) in which the contract finds nothing wrong.

    Each optional field takes the first of its examples, or of the model's own values, that is judged without a
    finding; a field that has none is left out, and so are optional lists. Raises UnknownName for an operation that is
    not covered or a model that does not serve it, and CatalogError where a required field has no example.
    """
    known_operation = catalog.operations.get(operation)
    if known_operation is None or known_operation.input is None:
        raise UnknownName(f"{operation} is not a covered operation; cannon-spec catalog lists them")
    model_id = model or known_operation.default_model
    models = known_operation.models
    if model_id is None or model_id not in models:
        raise UnknownName(f"{model_id} is not a model that serves {operation}; cannon-spec catalog lists them")
    return {"operation": operation, "input": _build_input(catalog, known_operation, models[model_id])}


def _build_input(catalog: Catalog, operation: Operation, model: ServedModel) -> dict[str, Any]:
    schema = catalog.schemas[operation.input or ""]
    model_fields = catalog.schemas[model.schema].get("properties", {}) if model.schema else {}
    input: dict[str, Any] = _build_value(f"schema {operation.input}", {**schema, "examples": ()})
    input |= {"model": model.id} if "model" in schema["properties"] else {}
    for name, node in schema["properties"].items():
        if name in input or node.get("type") == "array":
            continue
        values = [*node.get("examples", ()), *model_fields.get(name, {}).get("enum", ())]
        valid_values = [value for value in values if accepts_input(catalog, operation.id, {**input, name: value})]
        if valid_values:
            input[name] = valid_values[0]
    return input


def _build_value(place: str, node: Mapping[str, Any]) -> Any:
    """The first example or legal value of a schema, or what an object or array must have at least."""
    values = [*node.get("examples", ()), *node.get("enum", ())]
    if values:
        return values[0]
    if node.get("type") == "object":
        return {name: _build_value(f"{place}/{name}", node["properties"][name]) for name in node.get("required", ())}
    if node.get("type") == "array":
        return [_build_value(place, node["items"]) for _ in range(node.get("minItems", 0))]
    raise CatalogError(place, "is required and has no example", "add examples to its schema")
