"""The mutants that follow from the catalog: for each operation, its output, files, defaults and prices are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cannon_contract.suite.case_inputs import CATALOG, complete, list_defaults
from cannon_contract.suite.cases import has_asset, list_file_claims, list_reply_claims
from cannon_contract.suite.media_cases import list_length_claims
from cannon_contract.suite.outputs import list_leaves, list_shown_fields, read_template
from cannon_spec.completion import list_values
from cannon_spec.contract.arithmetic import is_number
from cannon_spec.contract.catalog import Operation
from tests.mutants import changes, media_changes
from tests.mutants.changes import add_to_member
from tests.mutants.mutant import Mutant, break_field, break_memory, break_reply, break_request_body
from tests.mutants.wsgi import Call

_READ, _ASSET = "GET read", "GET asset"
_SUCCESS = ("succeeded",)

Change = Callable[[dict[str, Any]], object]


def list_operation_mutants() -> list[Mutant]:
    """For each operation of the catalog the mutants of its claims, each claim and change once."""
    operations = [each for each in CATALOG.operations.values() if each.is_covered]
    parts = (
        *(_break_shape, _break_values, _break_members, _break_files, _break_lengths),
        *(_break_defaults, _break_normalised, _break_prices),
    )
    mutants = [mutant for operation in operations for part in parts for mutant in part(operation)]
    return list({(mutant.claim, mutant.description): mutant for mutant in reversed(mutants)}.values())[::-1]


def _break_output(operation: Operation, claim: str, description: str, change: Change) -> Mutant:
    """Change the output of the successes of one operation."""

    def change_view(body: dict[str, Any]) -> None:
        if body["operation"] == operation.id:
            change(body["output"])

    return break_field(claim, f"{operation.id}: {description}", _READ, change_view, _SUCCESS)


def _break_shape(operation: Operation) -> Iterator[Mutant]:
    schema = CATALOG.output_schema_of(operation)
    name = schema["required"][0]
    yield _break_output(operation, schema["x-evidence"]["required"], f"no {name}", lambda output: output.pop(name))


def _break_values(operation: Operation) -> Iterator[Mutant]:
    """Another value for a constant, and for the cost where the output has it."""
    template = read_template(operation, {})
    leaves = [leaf for leaf in list_leaves(template, template) if "." not in leaf.name]
    constants = [leaf.name for leaf in leaves if isinstance(leaf.template, str) and "$" not in leaf.template]
    texts = [leaf.name for leaf in leaves if leaf.variable == "prompt"]
    costs = [leaf.name for leaf in leaves if leaf.variable == "credits"]
    for claim in list_reply_claims(operation):
        for name in (*constants[-1:], *texts):
            yield _break_output(
                operation, claim, f"the output has another {name}", changes.set_members(**{name: "another"})
            )
        for name in costs:
            yield _break_output(operation, claim, f"the output has another {name}", add_to_member(name, 1))


def _break_members(operation: Operation) -> Iterator[Mutant]:
    """A member that depends on a field is missing with it, or there without it."""
    if operation.conditional_outputs:
        name = next(iter(operation.conditional_outputs))
        for claim in list_reply_claims(operation):
            yield _break_output(operation, claim, f"the output never has {name}", lambda output: output.pop(name, None))
            yield _break_output(
                operation, claim, f"the output always has {name}", lambda output: output.setdefault(name, "x")
            )


def _break_files(operation: Operation) -> Iterator[Mutant]:
    for claim in list_file_claims(operation) if has_asset(operation) else ():
        yield break_reply(claim, "the Content-Type of a file is image/jpeg", _ASSET, changes.claim_jpeg)


def _break_lengths(operation: Operation) -> Iterator[Mutant]:
    for claim in list_length_claims(operation):
        change = media_changes.lengthen(operation.files.values())
        yield break_reply(claim, f"{operation.id}: a file lasts a second longer", _ASSET, change)


def _break_defaults(operation: Operation) -> Iterator[Mutant]:
    for input, field, value, claim in list_defaults(operation):
        other_value = _find_other_value(operation, input, field, value)
        if other_value is not None:
            change = _set_default(operation, field, other_value)
            yield break_request_body(claim, f"{operation.id}: another default of {field}", change)


def _set_default(operation: Operation, field: str, value: Any) -> Callable[[Call, dict[str, Any]], object]:
    def change(call: Call, body: dict[str, Any]) -> None:
        if body["operation"] == operation.id:
            body["input"].setdefault(field, value)

    return change


def _find_other_value(operation: Operation, input: dict[str, Any], field: str, value: Any) -> Any:
    """Another value of a field that gives another output or another cost; None if no listed one does."""

    def find_cost(value: Any) -> int:
        return operation.find_cost(complete(operation, {**input, field: value})).credits

    listed_values = list_values(CATALOG, operation, input.get("model"), field)
    candidates = (
        [*operation.models] if field == "model" else [*listed_values, *([value + 1] if is_number(value) else [])]
    )
    others = [each for each in candidates if each != value]
    if field in list_shown_fields(operation):
        return next(iter(others), "another")
    return next((each for each in others if find_cost(each) != find_cost(value)), None)


def _break_normalised(operation: Operation) -> Iterator[Mutant]:
    """The legal value that is the farthest in place of the nearest one, and a file that is not of the legal value."""
    for rule in CATALOG.rules(str(operation.input)):
        if rule.adjustment is not None and rule.adjustment.kind == "normalise":
            change = _normalise_badly(operation, rule.field, rule.value)
            yield break_request_body(rule.adjustment.claim, f"{operation.id}: the farthest {rule.field}", change)
            responder = media_changes.keep_asked_duration(operation.id, rule.field)
            description = f"{operation.id}: a file lasts as long as asked"
            yield break_memory(rule.adjustment.claim, description, responder)


def _normalise_badly(operation: Operation, field: str, legal: list[Any]) -> Callable[[Call, dict[str, Any]], object]:
    def change(call: Call, body: dict[str, Any]) -> None:
        value = body["input"].get(field)
        if body["operation"] == operation.id and is_number(value) and value not in legal:
            body["input"][field] = max(legal, key=lambda each: abs(each - value))

    return change


def _break_prices(operation: Operation) -> Iterator[Mutant]:
    for price in operation.prices:
        yield break_field(price.claim, "a request costs one credit more", _READ, add_to_member("billableCredits", 1))
