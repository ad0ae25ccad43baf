"""A create body that is valid by construction (floor 2)."""

from __future__ import annotations

from typing import Any

from cannon_spec.contract.catalog import Catalog, Model, Operation
from cannon_spec.errors import UnknownName
from cannon_spec.validate import bare_input


def build_example(catalog: Catalog, operation: str, model: str | None = None) -> dict[str, Any]:
    """A body for an operation and one of its models (None: its default) that the contract has nothing against.

    Each field of the operation takes the first of its examples, or of the model's own values, that is judged without
    a finding. A field for which there is none is left out, and so are lists. Raises UnknownName for an operation that
    is not covered or a model that does not serve it.
    """
    known = catalog.operations.get(operation)
    if known is None or known.input is None:
        raise UnknownName(f"{operation} is not a covered operation; cannon-spec catalog lists them")
    chosen = model or known.data["default_model"]["id"]
    serving = {each.id: each for each in catalog.models_of(operation)}
    if chosen not in serving:
        raise UnknownName(f"{chosen} is not a model that serves {operation}; cannon-spec catalog lists them")
    body = {"operation": operation, "input": {}}
    return {**body, "input": _input(catalog, known, serving[chosen])}


def _input(catalog: Catalog, operation: Operation, model: Model) -> dict[str, Any]:
    schema = catalog.schemas[operation.input or ""]
    own = catalog.schemas[model.schema].get("properties", {}) if model.schema else {}
    input = {name: schema["properties"][name]["examples"][0] for name in schema.get("required", ())}
    input |= {"model": model.id} if "model" in schema["properties"] else {}
    for name, node in schema["properties"].items():
        if name in input or node.get("type") == "array":
            continue
        values = [*node.get("examples", ()), *own.get(name, {}).get("enum", ())]
        fitting = [value for value in values if _fits(catalog, operation, {**input, name: value})]
        if fitting:
            input[name] = fitting[0]
    return input


def _fits(catalog: Catalog, operation: Operation, input: dict[str, Any]) -> bool:
    report = bare_input(catalog, operation.id, input)
    return all(finding.rule == "model-assumed" for finding in report.findings)
