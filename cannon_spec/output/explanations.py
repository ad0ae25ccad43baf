"""What is known of an operation, a model, a field, a claim or a rule, and the evidence for it (floor 2)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_spec.contract import wording
from cannon_spec.contract.aliases import find_field_alias, find_misspelt_model, list_family
from cannon_spec.contract.catalog import Catalog, Model, Operation, Rule
from cannon_spec.contract.claim import Claim
from cannon_spec.errors import UnknownName
from cannon_spec.named_rules import suggest_operation
from cannon_spec.nearest import fold, suggest_name
from cannon_spec.output.field_limits import explain_field
from cannon_spec.output.fields import find_fields, list_field_names
from cannon_spec.output.limits import describe_cost, describe_limit, describe_when, format_condition
from cannon_spec.output.rule_texts import RULE_TEXTS
from cannon_spec.output.services import explain_model, explain_operation
from cannon_spec.output.tables import PLAIN_WIDTH
from cannon_spec.printable import escape_unprintable

_ITEM_LIMITS = ("each item is ", "each item: ")
"""How limits begin that are on the items of a value."""
_MEMBER_LIMITS = {"with ": "has ", "without ": "does not have ", "no other": "has no other"}
"""How limits begin that are on the members of a value, not on the value itself, each with its verb."""

_LONGEST_NAME = 100


def explain_topic(catalog: Catalog, topic: str, width: int = PLAIN_WIDTH) -> str:
    """Explain an operation, a model, a field, a claim or a rule.

    An operation or model goes by its identifier or name, a claim also as ``STRENGTH:CLAIM``. A field goes by its name,
    for all operations, or behind an operation: ``OPERATION FIELD`` or ``OPERATION.FIELD``; so does a model that serves
    it. Tables have ``width`` columns where they can. Raises UnknownName, with the nearest name, for anything else.
    """
    operation, model = _find_operation(catalog, topic), _find_model(catalog, topic)
    if operation is not None:
        return explain_operation(catalog, operation, width)
    if model is not None:
        return explain_model(catalog, model, catalog.operations_of(model.id), width)
    claim = catalog.claims.get(topic.rpartition(":")[2])  # the header x-mock-evidence has STRENGTH:CLAIM
    if claim is not None:
        return _explain_claim(catalog, claim)
    if topic in RULE_TEXTS:
        return f"{topic}\n  {RULE_TEXTS[topic]}"
    try:
        return _explain_rule(catalog.rule_by_id(topic))
    except LookupError:
        explanation = _explain_part(catalog, topic, width)
    if explanation is None:
        raise UnknownName(_report_unknown(catalog, topic))
    return explanation


def find_operation(catalog: Catalog, name: str) -> Operation:
    """The operation with an identifier or name. Raises UnknownName, with the nearest identifier."""
    operation = _find_operation(catalog, name)
    if operation is None:
        advice = suggest_operation(catalog, name, "cannon-spec catalog lists the operations")
        raise UnknownName(f"unknown operation {_show_name(name)}; {advice}")
    return operation


def _find_operation(catalog: Catalog, topic: str) -> Operation | None:
    if topic in catalog.operations:
        return catalog.operations[topic]
    return next((each for each in catalog.operations.values() if fold(each.name) == fold(topic)), None)


def _find_model(catalog: Catalog, topic: str) -> Model | None:
    if topic in catalog.models:
        return catalog.models[topic]
    return next((each for each in catalog.models.values() if fold(each.name) == fold(topic)), None)


def _explain_part(catalog: Catalog, topic: str, width: int) -> str | None:
    """Explain a field of all operations, or a field or model of one; None if there is no such part."""
    fields = find_fields(catalog, catalog.operations.values(), topic)
    if fields:
        return explain_field(catalog, fields, width)
    for operation in catalog.operations.values():
        name = topic.removeprefix(operation.id)
        if name != topic and name[:1] in (" ", "."):
            return _explain_part_of(catalog, operation, name[1:].strip(), width)
    return None


def _explain_part_of(catalog: Catalog, operation: Operation, name: str, width: int) -> str | None:
    model = _find_model(catalog, name)
    if model is not None and model.id in operation.models:
        return explain_model(catalog, model, [operation], width)
    fields = find_fields(catalog, [operation], name)
    return explain_field(catalog, fields, width) if fields else None


def _report_unknown(catalog: Catalog, topic: str) -> str:
    listing = "cannon-spec catalog and cannon-spec claims list the names"
    return f"unknown name {_show_name(topic)}; {_suggest(catalog, topic, listing)}"


def _suggest(catalog: Catalog, topic: str, listing: str) -> str:
    """What to do about an unknown name, as the judge says it of an operation, a model or a field."""
    kind, dot, _ = topic.partition(".")
    if dot and " " not in topic and kind in {each.partition(".")[0] for each in catalog.operations}:
        return suggest_operation(catalog, topic, listing)
    alias = find_field_alias(catalog.aliases, topic)
    if alias is not None and alias.fields:
        return f"did you mean {wording.join_words(alias.fields, 'or')}? {listing}"
    family = list_family(catalog.aliases, topic, catalog.models)
    if family and find_misspelt_model(catalog.aliases, topic, catalog.models) is None:
        return f"it is another model, which no operation here has; of its family: {', '.join(family)}; {listing}"
    fields = [name for operation in catalog.operations.values() for name in list_field_names(catalog, operation)]
    return suggest_name(topic, [*catalog.models, *catalog.operations, *fields, *catalog.claims, *RULE_TEXTS], listing)


def _show_name(name: str) -> str:
    return escape_unprintable(name[:_LONGEST_NAME]) or wording.show_value(name)


def _explain_claim(catalog: Catalog, claim: Claim) -> str:
    rules = [rule for schema in catalog.schemas for rule in catalog.rules(schema) if rule.claim is claim]
    lines = [claim.id, f"  {claim.text}", f"  {claim.strength}: {claim.source}", f"  kind: {claim.kind}"]
    lines += _list_lines("What breaks it:", claim.breaks)
    lines += _list_lines("What breaks it on our mock, and is only observed elsewhere:", claim.observed)
    lines += _list_lines("Rules that rest on it:", [f"{rule.id}: {_describe_rule(rule)}" for rule in rules])
    lines += _list_lines("Prices that rest on it:", _describe_prices(catalog, claim))
    return "\n".join(lines)


def _list_lines(title: str, texts: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {each}" for each in texts)] if texts else []


def _describe_prices(catalog: Catalog, claim: Claim) -> list[str]:
    prices = [(each, price) for each in catalog.operations.values() for price in each.prices if price.claim == claim.id]
    return [f"{each.id}: {describe_cost(price)}, {describe_when(price.when)}" for each, price in prices]


def _explain_rule(rule: Rule) -> str:
    lines = [
        rule.id,
        f"  {rule.title}: {_describe_rule(rule)}",
        f"  a violation is {'an error' if rule.severity == 'error' else 'a warning'}",
        f"  {rule.claim.id} ({rule.claim.strength}): {rule.claim.text}",
        f"  {rule.claim.source}",
    ]
    return "\n".join(lines)


def _describe_rule(rule: Rule) -> str:
    subject, limit = rule.field or "the document", describe_limit(rule)
    if rule.keyword == "additionalProperties":
        limit = f"{limit} than {wording.show_values(rule.node.get('properties', {}))}"
    for beginning in _ITEM_LIMITS:
        if limit.startswith(beginning):
            subject, limit = f"each item of {subject}", limit.removeprefix(beginning)
    for beginning, verb in _MEMBER_LIMITS.items():
        if limit.startswith(beginning):
            return f"{subject} {verb}{limit.removeprefix(beginning)}{format_condition(rule)}"
    return f"{subject} is {limit}{format_condition(rule)}"
