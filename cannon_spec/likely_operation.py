"""The operation that an input is most likely for, where none is named (floor 1, pure)."""

from __future__ import annotations

from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.finding import MOST_ALIKE
from cannon_spec.input_plan import find_model_id, find_plan
from cannon_spec.nearest import fold


def guess_operation(catalog: Catalog, input: dict[str, Any]) -> Operation | None:
    """The operation that has most fields of an input, and serves its model; None if no operation has any of them.

    Of operations that are equal in this it is the one whose rules the input breaks least, and the first of those.
    """
    fits = {each.id: _find_fit(catalog, each, input) for each in catalog.operations.values() if each.is_covered}
    best = max(fits.values())
    operations = [catalog.operations[id_] for id_, fit in fits.items() if fit == best]
    if not best[0]:
        return None
    return min(operations, key=lambda each: _count_hits(catalog, each, input)) if len(operations) > 1 else operations[0]


def is_input_of(catalog: Catalog, operation: Operation, value: dict[str, Any]) -> bool:
    """Whether an object is an input of an operation, rather than another one that has a field of the same name.

    At least half of its fields are the operation's, and these are more than one, or a required one.
    """
    schema = catalog.input_schema_of(operation)
    known_fields = value.keys() & schema["properties"].keys()
    is_mostly_known = 2 * len(known_fields) >= len(value)
    return is_mostly_known and (len(known_fields) > 1 or not known_fields.isdisjoint(schema.get("required", ())))


def _find_fit(catalog: Catalog, operation: Operation, input: dict[str, Any]) -> tuple[int, bool]:
    """How many fields of an input an operation has, and whether it serves its model, however that is written."""
    number = len(input.keys() & catalog.input_schema_of(operation)["properties"].keys())
    words = [word for each in operation.models.values() for word in (each.id, each.name)]
    return number, isinstance(input.get("model"), str) and fold(input["model"]) in map(fold, words)


def _count_hits(catalog: Catalog, operation: Operation, input: dict[str, Any]) -> int:
    """How many rules the fields of an input break that the operation has, and the first items of a list in them."""
    fields = catalog.input_schema_of(operation)["properties"]
    known_part = {
        name: value[: MOST_ALIKE + 1] if isinstance(value, list) else value
        for name, value in input.items()
        if name in fields
    }
    plan = find_plan(catalog, operation, find_model_id(operation, known_part), None)
    return len(plan.schema_judge.list_hits(known_part))
