"""Create bodies that break one rule of the contract and are good otherwise, and what a target breaks by taking them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cannon_contract import claim_ids
from cannon_contract.suite.case_inputs import CATALOG, find_breaking_body, find_small_input, fix_input
from cannon_spec import validate_request
from cannon_spec.contract.catalog import Operation, Rule

Body = dict[str, Any]

_FILLERS: tuple[Any, ...] = ({}, "text", 5)
"""Values in place of null, which a target may read as an absent field, and of an empty text."""

_VALIDATION_RULES = frozenset(
    f"envelope/create#/{each}" for each in ("type", "required", "properties/operation/type", "properties/input/type")
)
"""The rules without which a body has no operation, or no input, that could be validated."""


def list_breached_claims(rule: Rule) -> tuple[str, ...]:
    """List the claims that a target breaks by accepting what breaks a rule.

    The pages say that the operation and the input are validated; they name fields and their JSON types, and what they
    say in words of values. They do not say that other fields are refused, and the values of an example bind nobody.
    """
    if rule.id in _VALIDATION_RULES:
        return (claim_ids.CREATE_VALIDATES,)
    word = rule.id.rpartition("/")[2]
    is_form_of_example = rule.claim.strength == "example" and word != "type"
    # "Portrait or landscape output sizes": a target may keep what a page says of outputs by another output.
    limits_output = "/then/" in rule.id
    # The pages list fields, not what an object or a list in a field holds: that is in examples alone.
    is_nested = "." in rule.field or "/items/" in rule.id
    is_unshown = word == "additionalProperties" or is_form_of_example or limits_output or is_nested
    return (claim_ids.CREATE_REFUSES_UNSHOWN,) if is_unshown else (rule.claim.id,)


def find_valid_changes(operation: Operation, rule: Rule) -> Body:
    """The changes of an input that keeps a rule and can break it: none but for the rule of a model.

    For a model it is the input of an example on the vendor's pages, where there is one.
    """
    schema = rule.id.partition("#")[0]
    models = [each.id for each in CATALOG.models_of(operation.id) if each.schema == schema]
    if not models:
        return {}
    examples = (each for each in CATALOG.documented_inputs_of(operation.id) if each.get("model") == models[0])
    return fix_input(operation, next(examples, find_small_input(operation, models[0])))


def build_breaking_body(valid_body: Body, operation: str, rule: Rule) -> Any:
    """A body that breaks a rule, and otherwise is a valid one; None where that takes more than one change."""
    sample = find_breaking_body(operation, rule.id)
    return next((each for each in _list_candidates(valid_body, sample) if _list_broken_rules(each) == {rule.id}), None)


def _list_candidates(valid_body: Body, sample: Any) -> Iterator[Any]:
    """Change the body, or its input, in each way in which a body that breaks a rule differs from it."""
    if not isinstance(sample, Mapping):
        yield []
        return
    if isinstance(sample.get("input"), Mapping):
        for input in _list_changes(valid_body["input"], sample["input"]):
            yield {**valid_body, "input": input}
        sample = {**sample, "input": valid_body["input"]}
    yield from _list_changes(valid_body, sample)


def _list_changes(valid: Body, sample: Mapping[str, Any]) -> Iterator[Body]:
    """Change one member: leave it out, add one that no page names, or give it the sample's value."""
    yield from ({key: each for key, each in valid.items() if key != name} for name in valid if name not in sample)
    yield {**valid, "noSuchField": "16:9"}
    for name, value in sample.items():
        yield from ({**valid, name: _fill(value, each)} for each in _FILLERS if name)
        yield {**valid, name: value}


def _fill(value: Any, filler: Any) -> Any:
    """Copy a value with another value for each null and each empty text."""
    if isinstance(value, Mapping):
        return {name: _fill(each, filler) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, filler) for each in value]
    return filler if value in (None, "") else value


def _list_broken_rules(body: Any) -> set[str]:
    return {each.rule for each in validate_request(body, catalog=CATALOG).errors}
