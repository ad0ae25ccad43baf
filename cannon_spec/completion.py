"""What the service takes where an input leaves a field out: its model, and the operation's defaults (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec import validate
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.nodes import find_field
from cannon_spec.contract.prices import meets_conditions


class Completion(NamedTuple):
    """A complete input, and the claims that the fields that it adds rest on."""

    input: dict[str, Any]
    claims: tuple[str, ...]


def complete_input(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> Completion:
    """Add the default of each field that an input of a covered operation leaves out.

    The first default of a field whose conditions the input meets counts. Conditions see the defaults before them.
    """
    complete, claims = dict(input), []
    for default in operation.defaults:
        name = default["field"]
        if name in complete or not meets_conditions(complete, default.get("when", {})):
            continue
        value = _find_largest(catalog, operation, complete, name) if "largest" in default else default["value"]
        if value is not None:
            complete[name] = value
            claims.append(default["claim"])
    return Completion(complete, tuple(claims))


def _find_largest(catalog: Catalog, operation: Operation, input: Mapping[str, Any], field: str) -> Any:
    """The last value of a field's list with which the input breaks no further rule; None if there is none."""
    earlier_rules = _list_broken_rules(catalog, operation, input)
    values = list_values(catalog, operation, input.get("model"), field)
    return next(
        (
            value
            for value in reversed(values)
            if _list_broken_rules(catalog, operation, {**input, field: value}) <= earlier_rules
        ),
        None,
    )


def list_values(catalog: Catalog, operation: Operation, model: Any, field: str) -> Sequence[Any]:
    """The values that the schema of a model, else that of the operation, lists for a field; empty if neither does."""
    served_model = operation.models.get(model)
    schemas = (served_model.schema if served_model else None, operation.input)
    nodes = (find_field(catalog.schemas[schema], field) or {} for schema in schemas if schema)
    return next((node["enum"] for node in nodes if "enum" in node), ())


def _list_broken_rules(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> set[tuple[str, str]]:
    findings = validate.bare_input(catalog, operation.id, input).findings
    return {(finding.path, finding.rule) for finding in findings}
