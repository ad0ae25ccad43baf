"""The cases of the suite, from the contract's data: operations, models, rules, prices and sizes (floor 6).

An operation that is added as data alone has its cases here without a change. Each function that makes cases returns a
mark for a test whose argument ``operation`` is an id. Cases that show the same have one key in their mark ``sample``:
a run of several operations takes the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar

import pytest

from cannon_contract import claim_ids
from cannon_contract.suite.breaches import find_valid_changes, list_breached_claims
from cannon_contract.suite.case_inputs import (
    CATALOG,
    change_model,
    complete,
    find_computed_size,
    find_example_ratio,
    find_input_of_price,
    find_input_with_all_outputs,
    find_small_input,
    fix_input,
    list_defaults,
    list_table_sizes,
    list_tier_inputs,
)
from cannon_contract.suite.outputs import list_shown_fields
from cannon_spec.contract.catalog import Operation, Rule, ServedModel
from cannon_spec.contract.prices import list_price_fields
from cannon_spec.named_rules import NOTICE, SHUT_DOWN
from cannon_spec.strategies import breakable

Filter = Callable[[Operation], bool]
"""Whether an operation has a case."""

Test = TypeVar("Test", bound=Callable[..., None])


class Decorator(Protocol):
    """Gives a test its cases."""

    def __call__(self, test: Test, /) -> Test:
        """The same test, with marks."""


_RICH = pytest.mark.settings(credits=10**9)
"""For cases whose input is not chosen by its price."""

OPERATIONS = tuple(each for each in CATALOG.operations.values() if each.is_covered)


def has_asset(operation: Operation) -> bool:
    """Whether an operation produces files."""
    return bool(operation.files)


def has_image(operation: Operation) -> bool:
    """Whether an operation produces an image."""
    return operation.kind == "image"


def has_outputs(*names: str) -> Filter:
    """Whether an operation always has these members in its output."""
    return lambda operation: set(names) <= set(CATALOG.output_schema_of(operation).get("required", ()))


def has_fields(*names: str) -> Filter:
    """Whether an operation has these fields in its input."""
    return lambda operation: set(names) <= CATALOG.input_schema_of(operation)["properties"].keys()


def each_operation(*filters: Filter, claims: Callable[[Operation], Iterable[str]] = lambda _: ()) -> Decorator:
    """A case for each covered operation that passes all filters, marked with the claims that its data names."""
    cases = (pytest.param(each.id, marks=_mark_claims(claims(each))) for each in OPERATIONS if _passes(each, filters))
    return parametrize("operation", cases)


def any_operation(*filters: Filter) -> Decorator:
    """A case for each covered operation that passes all filters; each shows the same."""
    cases = (pytest.param(each.id, marks=pytest.mark.sample) for each in OPERATIONS if _passes(each, filters))
    return parametrize("operation", cases)


def list_output_claims(operation: Operation) -> list[str]:
    """The claims on the shape of an operation's output."""
    return sorted({*CATALOG.output_schema_of(operation).get("x-evidence", {}).values()})


def list_reply_claims(operation: Operation) -> list[str]:
    """The claims on the values in an operation's output."""
    return list(operation.replies["claims"])


def list_file_claims(operation: Operation) -> list[str]:
    """The claims on the media type of the files that an operation produces."""
    return [claim_ids.ASSET_PNG if has_image(operation) else claim_ids.ASSET_MEDIA_TYPE]


def each_pace() -> Decorator:
    """A case for each pace, with an operation that has it: its own, or that of its kind of media."""
    paced_ids = [(each.id, CATALOG.pace_of(each)) for each in OPERATIONS]
    cases = (pytest.param(id_, pace, marks=_mark_sample(pace["claim"]), id=id_) for id_, pace in paced_ids)
    return parametrize("operation pace", cases)


def each_model() -> Decorator:
    """A case for each model of each covered operation."""
    return parametrize("operation model", (case for operation in OPERATIONS for case in _list_model_cases(operation)))


def each_rule() -> Decorator:
    """A case for each rule of each covered operation that a body can break.

    A target may ignore a rule that only warns, and charge for the create: such a case needs ``limits``. A rule whose
    value may be lowered has a test of its own.
    """
    rules = (each for each in _list_rules() if not _is_capped(each[1]))
    return parametrize("operation rule", (_rule_case(*each) for each in rules))


def each_capped_rule() -> Decorator:
    """A case for each rule that a target may keep by lowering the value instead of refusing it, which creates."""
    cases = (_capped_case(*each) for each in _list_rules() if _is_capped(each[1]))
    return parametrize("operation rule", cases)


def each_normalised_rule() -> Decorator:
    """A case for each rule that a target keeps by taking the nearest legal value: changes to an input, and the rule.

    The test creates a second request, with the legal value.
    """
    return parametrize("operation changes rule", _list_normalised_cases())


def each_upstream_rule() -> Decorator:
    """A case for each covered operation with a rule that its provider states and the vendor does not: the first one.

    A body that breaks it is created twice.
    """
    first_rules = {operation.id: (operation, rule) for operation, rule in reversed(_list_rules()) if _is_upstream(rule)}
    cases = (_rule_case(*each, claim_ids.UPSTREAM_VIOLATIONS, creates=2) for each in first_rules.values())
    return parametrize("operation rule", cases)


def each_default() -> Decorator:
    """A case for each default of a field: changes to an input that leaves it out, the field, its value and the claim.

    Where no output shows the field, the test creates a second request, whose input has the value.
    """
    cases = (case for operation in OPERATIONS for case in _list_default_cases(operation))
    return parametrize("operation changes field value claim", cases)


def each_price() -> Decorator:
    """A case for each price of each covered operation: changes of an input that has it, and the credits."""
    return parametrize("operation changes credits", (case for each in OPERATIONS for case in _list_price_cases(each)))


def each_fallback_price() -> Decorator:
    """A case for each operation with a price for models that no other price names."""
    operations = [each for each in OPERATIONS if "model" in list_price_fields(each.prices) and not each.prices[-1].when]
    prices = [(each, each.prices[-1]) for each in operations]
    cases = (pytest.param(each.id, price, marks=_mark_sample(price.claim), id=each.id) for each, price in prices)
    return parametrize("operation price", cases)


def each_table_size() -> Decorator:
    """A case for each size of an image that a table of the contract gives: changes of an input, and the size."""
    operations = [each for each in OPERATIONS if has_image(each)]
    return parametrize("operation changes size", (case for each in operations for case in _list_size_cases(each)))


def each_computed_size() -> Decorator:
    """A case for each operation with an image model whose sizes are computed: changes of an input."""
    inputs = ((each, find_computed_size(each)) for each in OPERATIONS if has_image(each))
    cases = (_case(each, input, each.id, marks=[pytest.mark.sample]) for each, input in inputs if input is not None)
    return parametrize("operation changes", cases)


def each_ratio() -> Decorator:
    """A case for each operation with an image of a ratio: changes of the default input, empty where it has a ratio."""
    operations = [each for each in OPERATIONS if has_image(each) and has_fields("aspect_ratio")(each)]
    return parametrize("operation changes", map(_ratio_case, operations))


def each_tier_pair() -> Decorator:
    """A case for each image model with documented resolutions: changes to an input of the lowest, and of the highest.

    Each of the two is a create.
    """
    cases = (case for each in OPERATIONS if has_image(each) for case in _list_tier_cases(each))
    return parametrize("operation low high", cases)


def each_conditional_output() -> Decorator:
    """A case for each operation with outputs that depend on a field: changes to an input that has these fields."""
    inputs = ((each, find_input_with_all_outputs(each)) for each in OPERATIONS)
    cases = (
        _case(each, input, each.id, marks=_mark_claims(list_reply_claims(each)))
        for each, input in inputs
        if input is not None
    )
    return parametrize("operation changes", cases)


def each_notice() -> Decorator:
    """A case for each notice of an operation or of one of its models: changes of an input, and the rule that warns."""
    return parametrize("operation changes rule", (case for each in OPERATIONS for case in _list_notice_cases(each)))


def _passes(operation: Operation, filters: Iterable[Filter]) -> bool:
    return all(may_join(operation) for may_join in filters)


def parametrize(names: str, cases: Iterable[Any]) -> Decorator:
    """A mark for the cases. A test need not name the argument ``operation``: its fixtures use it."""
    marks = [pytest.mark.parametrize(names.replace(" ", ","), list(cases)), pytest.mark.usefixtures("operation")]

    def mark(test: Test) -> Test:
        for each in marks:
            test = each(test)
        return test

    return mark


def _mark_claims(ids: Iterable[str]) -> list[pytest.MarkDecorator]:
    claims = tuple(ids)
    return [pytest.mark.claim(*claims)] if claims else []


def _mark_sample(claim: str, *key: str) -> list[pytest.MarkDecorator]:
    """The marks of a case that shows the same as every other case with its claim, and with the same ``key``."""
    return [pytest.mark.claim(claim), pytest.mark.sample(claim, *key)]


def _case(
    operation: Operation,
    input: Mapping[str, Any],
    name: str,
    *values: Any,
    marks: Iterable[pytest.MarkDecorator],
    creates: int = 1,
) -> Any:
    """A case that creates requests with an input."""
    changes = fix_input(operation, input)
    return pytest.param(
        operation.id, changes, *values, marks=[*marks, pytest.mark.creates(creates, **changes)], id=name
    )


def _list_model_cases(operation: Operation) -> Iterator[Any]:
    for model in CATALOG.models_of(operation.id):
        marks = [*_mark_sample(model.claim.id), pytest.mark.creates(1, **change_model(operation, model.id))]
        yield pytest.param(operation.id, model.id, marks=marks, id=f"{operation.id}-{model.id}")


@cache
def _list_rules() -> tuple[tuple[Operation, Rule], ...]:
    return tuple((operation, rule) for operation in OPERATIONS for rule in breakable(operation.id))


def _rule_case(operation: Operation, rule: Rule, claim: str | None = None, creates: int = 1) -> Any:
    marks = [_RICH, *_mark_sample(claim or rule.claim.id)]
    if rule.severity == "warning":
        schema = rule.id.partition("#")[0]
        models = [each.id for each in CATALOG.models_of(operation.id) if each.schema == schema]
        changes = change_model(operation, models[0] if models else None)
        marks += [pytest.mark.creates(creates, **changes), pytest.mark.needs("limits")]
    else:
        changes = find_valid_changes(operation, rule)
        marks += [pytest.mark.probes(1, **changes), pytest.mark.shares(**changes)]
        marks += _mark_claims(sorted(({*list_breached_claims(rule)} | {claim_ids.CREATE_VALIDATES}) - {rule.claim.id}))
    return pytest.param(operation.id, rule, marks=marks, id=f"{operation.id}-{rule.id}")


def _list_normalised_cases() -> Iterator[Any]:
    for operation, rule in _list_rules():
        if rule.adjustment is not None and rule.adjustment.kind == "normalise":
            value = _choose_value_between(rule.value)
            inputs = ({**find_small_input(operation, None), rule.field: each} for each in (value, rule.adjust(value)))
            changes, legal_changes = (fix_input(operation, each) for each in inputs)
            marks = [_RICH, *_mark_sample(rule.adjustment.claim)]
            marks += [pytest.mark.creates(1, **each) for each in (changes, legal_changes)]
            marks += [pytest.mark.needs("limits")] if rule.severity == "warning" else []
            yield pytest.param(operation.id, changes, rule, marks=marks, id=f"{operation.id}-{rule.id}")


def _choose_value_between(legal_values: Sequence[float]) -> float:
    """A number that is not legal, and whose nearest legal one is not the first: that is often the default."""
    first, second = sorted(legal_values)[:2]
    return second - (second - first) / 4 if (second - first) % 4 else second - (second - first) // 4


def _is_upstream(rule: Rule) -> bool:
    return rule.claim.strength == "upstream" and rule.severity == "warning" and rule.adjustment is None


def _is_capped(rule: Rule) -> bool:
    return rule.adjustment is not None and rule.adjustment.kind == "cap"


def _capped_case(operation: Operation, rule: Rule) -> Any:
    """A case of a rule with a cap. It creates, as a target may accept the body with the lower value."""
    schema = rule.id.partition("#")[0]
    model = next((each.id for each in CATALOG.models_of(operation.id) if each.schema == schema), None)
    values = CATALOG.schemas[schema]["properties"][rule.field]["enum"]
    changes = {**change_model(operation, model), rule.field: [each for each in values if each not in rule.value][-1]}
    cap_claim = rule.adjustment.claim if rule.adjustment else rule.claim.id
    marks = [_RICH, pytest.mark.claim(rule.claim.id), *_mark_sample(cap_claim), pytest.mark.creates(1, **changes)]
    return pytest.param(operation.id, rule, marks=marks, id=f"{operation.id}-{rule.id}")


def _list_default_cases(operation: Operation) -> Iterator[Any]:
    for input, field, value, claim in list_defaults(operation):
        creates = 1 if field in list_shown_fields(operation) else 2
        name, marks = f"{operation.id}-{field}", _mark_sample(claim, operation.id)
        yield _case(operation, input, name, field, value, claim, marks=marks, creates=creates)


def _list_price_cases(operation: Operation) -> Iterator[Any]:
    for price in operation.prices:
        input = find_input_of_price(operation, price)
        if input is not None:
            name = "-".join((operation.id, *(str(input.get(field, "none")) for field in price.when)))
            marks = [_RICH, *_mark_sample(price.claim, operation.id)]
            yield _case(operation, input, name, operation.find_cost(complete(operation, input)).credits, marks=marks)


def _list_size_cases(operation: Operation) -> Iterator[Any]:
    for input, size, claim in list_table_sizes(operation):
        name = f"{operation.id}-{input['model']}-{size}"
        yield _case(operation, input, name, size, marks=_mark_sample(claim))


def _ratio_case(operation: Operation) -> Any:
    # An output that repeats the ratio has a default input with one, so the plain request shows it.
    if has_outputs("aspect_ratio")(operation):
        return pytest.param(operation.id, {}, marks=[pytest.mark.shares, pytest.mark.sample], id=operation.id)
    changes = {"aspect_ratio": find_example_ratio(operation)}
    marks = [pytest.mark.creates(1, **changes), pytest.mark.sample]
    return pytest.param(operation.id, changes, marks=marks, id=operation.id)


def _list_tier_cases(operation: Operation) -> Iterator[Any]:
    for model, *inputs in list_tier_inputs(operation):
        low, high = (fix_input(operation, each) for each in inputs)
        marks = [_RICH, *(pytest.mark.creates(1, **each) for each in (low, high)), pytest.mark.sample]
        yield pytest.param(operation.id, low, high, marks=marks, id=f"{operation.id}-{model}")


def _list_notice_cases(operation: Operation) -> Iterator[Any]:
    parts: list[tuple[str | None, Operation | ServedModel]] = [(None, operation), *operation.models.items()]
    for model, part in parts:
        warnings = [(NOTICE, claim) for claim in part.notices]
        warnings += [(SHUT_DOWN, part.shut_down)] if part.shut_down is not None else []
        for rule, claim in warnings:
            marks = [pytest.mark.needs("mock"), *_mark_sample(claim.id, operation.id)]
            name = "-".join(filter(None, (operation.id, model, rule)))
            yield _case(operation, find_small_input(operation, model), name, rule, marks=marks)
