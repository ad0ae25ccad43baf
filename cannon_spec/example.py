"""A create body that is valid by construction (floor 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation, ServedModel
from cannon_spec.coverage import find_covered_operation
from cannon_spec.errors import CatalogError, UnknownName
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.nearest import suggest_name
from cannon_spec.validate import bare_input

Input = dict[str, Any]


def build_example(catalog: Catalog, operation: str, model: str | None = None) -> dict[str, Any]:
    """A body for an operation and one of its models (None: its default) in which the contract finds nothing wrong.

    Each optional field takes the first of its examples, or of the values that the operation or the model lists, that
    adds no finding; a field that has none is left out, and so are optional lists without examples. Raises UnknownName
    for an operation that is not covered or a model that does not serve it, and CatalogError where a required field has
    no example.
    """
    known_operation = find_covered_operation(catalog, operation)
    served_model = _choose_model(known_operation, model)
    # The examples are values of the contract, and a caller may change the body.
    return {"operation": operation, "input": deepcopy(_build_input(catalog, known_operation, served_model))}


def _choose_model(operation: Operation, name: str | None) -> ServedModel | None:
    """The model with that identifier, else the default one or the first; None for an operation without models."""
    name = name or operation.default_model or next(iter(operation.models), None)
    if name is not None and name not in operation.models:
        advice = suggest_name(name, operation.models, f"cannon-spec catalog {operation.id} lists them")
        raise UnknownName(f"{name} is not a model that serves {operation.id}; {advice}")
    return None if name is None else operation.models[name]


def _build_input(catalog: Catalog, operation: Operation, model: ServedModel | None) -> Input:
    schema = catalog.input_schema_of(operation)
    model_fields = catalog.schemas[model.schema].get("properties", {}) if model and model.schema else {}
    input: Input = _build_required(f"schema {operation.input}", schema)
    input |= {"model": model.id} if model is not None else {}
    findings = _list_findings(catalog, operation, input)
    for name, node in schema["properties"].items():
        for value in _list_values(node, model_fields.get(name, {})) if name not in input else ():
            changed_input = {**input, name: value}
            changed_findings = _list_findings(catalog, operation, changed_input)
            if changed_findings <= findings:
                input, findings = changed_input, changed_findings
                break
    return input


def _list_findings(catalog: Catalog, operation: Operation, input: Input) -> set[tuple[str, str]]:
    """Path and rule of each finding that another input may avoid."""
    findings = bare_input(catalog, operation.id, input).findings
    return {(each.path, each.rule) for each in findings if each.rule not in UNAVOIDABLE_RULES}


def _list_values(node: Mapping[str, Any], model_node: Mapping[str, Any]) -> Iterator[Any]:
    """The values to try for an optional field, the best first."""
    for schema in (node, model_node):
        yield from (*schema.get("examples", ()), *schema.get("enum", ()))
    if node.get("type") == "boolean":
        yield from (False, True)
    if node.get("type") == "object" and "examples" not in node:
        yield from _list_objects(node)


def _list_objects(node: Mapping[str, Any]) -> Iterator[Input]:
    """An object with the first value of each of its fields that has one, if there is any."""
    fields = {name: next(_list_values(field, {}), None) for name, field in node.get("properties", {}).items()}
    value = {name: each for name, each in fields.items() if each is not None}
    if value.keys() >= set(node.get("required", ())) and value:
        yield value


def _build_required(place: str, node: Mapping[str, Any]) -> Input:
    """An object with the fields that it must have."""
    fields = node.get("properties", {})
    return {name: _build_value(f"{place}/{name}", fields.get(name, {})) for name in node.get("required", ())}


def _build_value(place: str, node: Mapping[str, Any]) -> Any:
    """The first example or legal value of a schema, or what an object or array must have at least."""
    value = next(iter((*node.get("examples", ()), *node.get("enum", ()))), None)
    if value is not None:
        return value
    if node.get("type") == "object":
        return _build_required(place, node)
    if node.get("type") == "array":
        return [_build_value(place, node.get("items", {})) for _ in range(node.get("minItems", 0))]
    if node.get("type") == "boolean":
        return False
    raise CatalogError(place, "is required and has no example", "add examples to its schema")
