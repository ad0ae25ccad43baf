"""What is known of a model, an operation, a claim or a rule, and the evidence for it (floor 2)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_spec import validate
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Claim, Model, Operation, Rule, ServedModel
from cannon_spec.contract.keywords import describe_requirement
from cannon_spec.errors import UnknownName
from cannon_spec.nearest import find_nearest, fold
from cannon_spec.output.tables import format_condition, list_rules, render_text
from cannon_spec.traffic import sequence

_NAMED_RULES = {**validate.NAMED_RULES, **sequence.TRAFFIC_RULES}
"""The rules that are no keyword of a schema, each with what it says."""

_LONGEST_NAME = 100


def explain_topic(catalog: Catalog, topic: str) -> str:
    """Explain a model (by identifier or name), an operation, a claim (also as ``STRENGTH:CLAIM``) or a rule.

    Raises UnknownName, with the nearest name, for anything else.
    """
    model = _find_model(catalog, topic)
    if model is not None:
        return _explain_model(catalog, model)
    if topic in catalog.operations:
        return _explain_operation(catalog, catalog.operations[topic])
    claim = catalog.claims.get(topic.rpartition(":")[2])  # the header x-mock-evidence has STRENGTH:CLAIM
    if claim is not None:
        return _explain_claim(catalog, claim)
    if topic in _NAMED_RULES:
        return f"{topic}\n  {_NAMED_RULES[topic]}"
    try:
        return _explain_rule(catalog.rule_by_id(topic))
    except LookupError:
        raise UnknownName(_report_unknown(catalog, topic)) from None


def _find_model(catalog: Catalog, topic: str) -> Model | None:
    if topic in catalog.models:
        return catalog.models[topic]
    return next((each for each in catalog.models.values() if fold(each.name) == fold(topic)), None)


def _report_unknown(catalog: Catalog, topic: str) -> str:
    close = find_nearest(topic, [*catalog.models, *catalog.operations, *catalog.claims, *_NAMED_RULES])
    advice = f"did you mean {close}?" if close else "cannon-spec catalog and cannon-spec claims list the names"
    return f"unknown name {wording.escape_unprintable(topic[:_LONGEST_NAME]) or wording.show_value(topic)}; {advice}"


def _explain_model(catalog: Catalog, model: Model) -> str:
    operations = {each.id: each.models[model.id] for each in catalog.operations_of(model.id)}
    names = ", ".join(f"{name} ({each.service_claim.strength})" for name, each in operations.items())
    head = [
        f"{model.name} ({model.maker})" if model.maker else model.name,
        f"  identifier  {model.id} ({model.claim.strength}, {model.claim.id})",
        f"  serves      {names}",
    ]
    return "\n".join(
        [*head, *(line for name, each in operations.items() for line in _explain_service(catalog, name, each))]
    )


def _explain_service(catalog: Catalog, operation: str, model: ServedModel) -> list[str]:
    """The limits of a model for one operation that it serves, with their sources, and what is not judged."""
    rules = list_rules(catalog, model.schema)
    head = ["", f"For {operation}:", ""]
    notes = [f"  {each.id} ({each.strength}): {each.text}" for each in model.notes]
    if notes:
        notes = ["", "Not judged:", *notes]
    if not rules:
        return [*head, "Nothing is known of what it takes: every value is accepted.", *notes]
    return [*head, _tabulate_rules(rules), "", "Sources:", *_list_sources(rules), *notes]


def _tabulate_rules(rules: Sequence[Rule]) -> str:
    rows = [
        (
            rule.field or "the input",
            describe_requirement(rule.keyword, rule.value),
            rule.condition or "always",
            rule.severity,
            f"{rule.claim.id} ({rule.claim.strength})",
        )
        for rule in rules
    ]
    return render_text([("field", "takes", "when", "else", "known from"), *rows])


def _list_sources(rules: Sequence[Rule]) -> list[str]:
    """Each claim that a rule rests on, once, with its source on a line of its own."""
    return list(dict.fromkeys(f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}" for rule in rules))


def _explain_operation(catalog: Catalog, operation: Operation) -> str:
    claim = operation.claim
    head = f"{operation.id} ({operation.name})\n  identifier  {claim.strength}, {claim.id}\n"
    if operation.input is None:
        return f"{head}\nThe vendor lists it; its input is not judged yet."
    rows = [
        (
            rule.field or "the input",
            describe_requirement(rule.keyword, rule.value),
            rule.severity,
            f"{rule.claim.id} ({rule.claim.strength})",
        )
        for rule in catalog.rules(operation.input)
    ]
    fields = "Fields: " + ", ".join(catalog.schemas[operation.input]["properties"])
    return "\n".join([head, render_text([("field", "takes", "else", "known from"), *rows]), "", fields])


def _explain_claim(catalog: Catalog, claim: Claim) -> str:
    rules = [rule for schema in catalog.schemas for rule in catalog.rules(schema) if rule.claim is claim]
    lines = [claim.id, f"  {claim.text}", f"  {claim.strength}: {claim.source}", f"  kind: {claim.kind}"]
    if rules:
        lines += ["", "Rules that rest on it:", *(f"  {rule.id}: {_describe_rule(rule)}" for rule in rules)]
    return "\n".join(lines)


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
    requirement = describe_requirement(rule.keyword, rule.value)
    return f"{rule.field or 'the document'} is {requirement}{format_condition(rule)}"
