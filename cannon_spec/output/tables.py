"""What the contract holds, as tables for a terminal and for Markdown (floor 2)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from cannon_spec import validate
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Claim, Model, Operation, Rule
from cannon_spec.contract.keywords import describe_requirement
from cannon_spec.errors import UnknownName
from cannon_spec.nearest import find_nearest, fold
from cannon_spec.traffic import sequence

Table = Sequence[Sequence[str]]

_WIDEST, _NARROWEST, _COLUMNS = 40, 22, 110
_WORDS = {**validate.WORDS, **sequence.WORDS}


def render_text(table: Table) -> str:
    """A table in aligned columns, long cells wrapped so that it is no wider than needed; its first row is the head."""
    for widest in range(_WIDEST, _NARROWEST, -2):
        rows = [
            [textwrap.wrap(cell, widest, break_on_hyphens=False, break_long_words=False) or [""] for cell in row]
            for row in table
        ]
        widths = [max(len(line) for row in rows for line in row[column]) for column in range(len(table[0]))]
        if sum(widths) + 2 * len(widths) <= _COLUMNS:
            break
    rows.insert(1, [["-" * width] for width in widths])
    lines = [line for row in rows for line in zip_longest(*row, fillvalue="")]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def render_markdown(table: Table) -> str:
    """A table in Markdown; its first row is the head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return "\n".join([lines[0], "|" + " --- |" * len(table[0]), *lines[1:]])


def tabulate_operations(catalog: Catalog) -> Table:
    """Every operation that the vendor lists, and whether it is covered."""
    rows = [
        (each.id, each.name, "yes" if each.is_covered else "not yet", each.claim.strength)
        for each in catalog.operations.values()
    ]
    return [("operation", "name", "covered", "known from"), *rows]


def tabulate_identifiers(catalog: Catalog, operation: str) -> Table:
    """The models that serve an operation, by name."""
    rows = [(model.name, model.id, model.claim.strength) for model in catalog.models_of(operation)]
    return [("model", "identifier", "known from"), *rows]


def tabulate_models(catalog: Catalog, operation: str) -> Table:
    """The models that serve an operation: one row each, with what they take and how that is known."""
    serving = catalog.models_of(operation)
    narrowed = {rule.field for model in serving if model.schema for rule in catalog.rules(model.schema)}
    schema = catalog.operations[operation].input
    fields = [] if schema is None else [name for name in catalog.schemas[schema]["properties"] if name in narrowed]
    head = ("model", "identifier", *fields, "and also")
    return [head, *(_model_row(catalog, model, fields) for model in serving)]


def explain_topic(catalog: Catalog, topic: str) -> str:
    """What is known of a model, an operation, a claim or a rule.

    Raises UnknownName, with the nearest topic, for another word.
    """
    model = catalog.models.get(topic) or next(
        (each for each in catalog.models.values() if fold(each.name) == fold(topic)), None
    )
    if model is not None:
        return _model(catalog, model)
    if topic in catalog.operations:
        return _operation(catalog, catalog.operations[topic])
    claim = catalog.claims.get(topic.rpartition(":")[2])  # as the header x-mock-evidence names it, too
    if claim is not None:
        return _claim(catalog, claim)
    if topic in _WORDS:
        return f"{topic}\n  {_WORDS[topic]}"
    try:
        return _rule(catalog.rule_by_id(topic))
    except LookupError:
        close = find_nearest(topic, [*catalog.models, *catalog.claims, *_WORDS])
        advice = f"did you mean {close}?" if close else "cannon-spec catalog lists the models"
        raise UnknownName(f"{wording.escape_unprintable(topic[:100])} is no model, claim or rule; {advice}") from None


def _model_row(catalog: Catalog, model: Model, fields: Sequence[str]) -> tuple[str, ...]:
    rules = list(catalog.rules(model.schema)) if model.schema else []

    def cell(field: str) -> str:
        said = [
            f"{_takes(rule)} ({rule.claim.strength})" for rule in rules if rule.field == field and not rule.condition
        ]
        return "; ".join(said) or "anything"

    others = (rule for rule in rules if rule.condition)
    also = [f"{rule.field}: {_takes(rule)}{_when(rule)} ({rule.claim.strength})" for rule in others]
    return model.name, f"`{model.id}` ({model.claim.strength})", *map(cell, fields), "; ".join(also) or "nothing"


def _takes(rule: Rule) -> str:
    if rule.keyword == "enum":
        return ", ".join(str(value) for value in rule.value)
    return describe_requirement(rule.keyword, rule.value)


def _model(catalog: Catalog, model: Model) -> str:
    claim = model.claim
    lines = [
        f"{model.name} ({model.maker})" if model.maker else model.name,
        f"  identifier  {model.id} ({claim.strength}, {claim.id})",
        f"  serves      {', '.join(f'{name} ({said.strength})' for name, said in model.operations.items())}",
        "",
    ]
    rules = list(catalog.rules(model.schema)) if model.schema else []
    if not rules:
        return "\n".join([*lines, "Nothing is known of what it takes: every value is accepted."])
    head = ("field", "takes", "when", "else", "known from")
    rows = [
        (
            rule.field,
            describe_requirement(rule.keyword, rule.value),
            rule.condition or "always",
            rule.severity,
            f"{rule.claim.id} ({rule.claim.strength})",
        )
        for rule in rules
    ]
    sources = dict.fromkeys(f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}" for rule in rules)
    notes = [f"  {each.id} ({each.strength}): {each.text}" for each in model.notes]
    return "\n".join(
        [*lines, render_text([head, *rows]), "", "Sources:", *sources, *(["", "Not judged:", *notes] if notes else [])]
    )


def _operation(catalog: Catalog, operation: Operation) -> str:
    heading = f"{operation.id} ({operation.name})\n  identifier  {operation.claim.strength}, {operation.claim.id}\n"
    if operation.input is None:
        return heading + "\nIt is listed by the vendor; its input is not judged yet."
    rows = [
        (
            rule.field,
            describe_requirement(rule.keyword, rule.value),
            rule.severity,
            f"{rule.claim.id} ({rule.claim.strength})",
        )
        for rule in catalog.rules(operation.input)
    ]
    fields = "Fields: " + ", ".join(catalog.schemas[operation.input]["properties"])
    return "\n".join([heading, render_text([("field", "takes", "else", "known from"), *rows]), "", fields])


def _claim(catalog: Catalog, claim: Claim) -> str:
    rules = [rule for schema in catalog.schemas for rule in catalog.rules(schema) if rule.claim is claim]
    lines = [claim.id, f"  {claim.text}", f"  {claim.strength}: {claim.source}", f"  kind: {claim.kind}"]
    if rules:
        lines += ["", "Rules that rest on it:", *(f"  {rule.id}: {_asks(rule)}" for rule in rules)]
    return "\n".join(lines)


def _rule(rule: Rule) -> str:
    lines = [
        rule.id,
        f"  {rule.title}: {_asks(rule)}",
        f"  a violation is {'an error' if rule.severity == 'error' else 'a warning'}",
        f"  {rule.claim.id} ({rule.claim.strength}): {rule.claim.text}",
        f"  {rule.claim.source}",
    ]
    return "\n".join(lines)


def _asks(rule: Rule) -> str:
    return f"{rule.field or 'the document'} is {describe_requirement(rule.keyword, rule.value)}{_when(rule)}"


def _when(rule: Rule) -> str:
    return f" when {rule.condition}" if rule.condition else ""
