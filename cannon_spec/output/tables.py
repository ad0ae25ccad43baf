"""Operations and models as tables, for a terminal and for Markdown (floor 2)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from cannon_spec.contract.catalog import Catalog, Rule, ServedModel
from cannon_spec.contract.keywords import describe_requirement

Table = Sequence[Sequence[str]]
"""Rows of cells; the first row is the head."""

_WIDEST_CELL, _NARROWEST_CELL, _WIDEST_TABLE = 40, 22, 110


def render_text(table: Table) -> str:
    """Render a table in aligned columns; long cells are wrapped, no more than the table needs to fit a terminal."""
    for width in range(_WIDEST_CELL, _NARROWEST_CELL, -2):
        rows = [[_wrap(cell, width) for cell in row] for row in table]
        widths = [max(len(line) for row in rows for line in row[column]) for column in range(len(table[0]))]
        if sum(widths) + 2 * len(widths) <= _WIDEST_TABLE:
            break
    rows.insert(1, [["-" * width] for width in widths])
    lines = [line for row in rows for line in zip_longest(*row, fillvalue="")]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _wrap(cell: str, width: int) -> list[str]:
    # Identifiers and addresses stay whole, so that they can be copied.
    return textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False) or [""]


def render_markdown(table: Table) -> str:
    """Render a table in Markdown."""
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
    """The models that serve an operation: name and identifier."""
    rows = [(model.name, model.id, model.claim.strength) for model in catalog.models_of(operation)]
    return [("model", "identifier", "known from"), *rows]


def tabulate_models(catalog: Catalog, operation: str) -> Table:
    """The models that serve an operation: one row each, with what each field may hold and the strength of the claim.

    A field has a column of its own if at least one model narrows it; the last column has the rules with a condition,
    and those on the whole input or on a field within another.
    """
    models = catalog.models_of(operation)
    narrow_fields = {rule.field for model in models for rule in list_rules(catalog, model.schema)}
    schema = catalog.operations[operation].input
    fields = [] if schema is None else [name for name in catalog.schemas[schema]["properties"] if name in narrow_fields]
    head = ("model", "identifier", *fields, "and also")
    return [head, *(_tabulate_model(catalog, model, fields) for model in models)]


def list_rules(catalog: Catalog, schema: str | None) -> list[Rule]:
    """The rules of a schema, in the order of its file; none without a schema."""
    return [] if schema is None else list(catalog.rules(schema))


def format_condition(rule: Rule) -> str:
    """The condition of a rule as the end of a sentence; empty for a rule that always holds."""
    return f" when {rule.condition}" if rule.condition else ""


def _tabulate_model(catalog: Catalog, model: ServedModel, fields: Sequence[str]) -> tuple[str, ...]:
    rules = list_rules(catalog, model.schema)
    cells = [_list_limits(rules, field) for field in fields]
    other_rules = [
        f"{rule.field or 'the input'}: {_format_limit(rule)}{format_condition(rule)} ({rule.claim.strength})"
        for rule in rules
        if rule.condition or rule.field not in fields
    ]
    return model.name, f"`{model.id}` ({model.claim.strength})", *cells, "; ".join(other_rules) or "nothing"


def _list_limits(rules: Sequence[Rule], field: str) -> str:
    """What a field may hold, whatever other fields hold."""
    limits = [
        f"{_format_limit(rule)} ({rule.claim.strength})" for rule in rules if rule.field == field and not rule.condition
    ]
    return "; ".join(limits) or "anything"


def _format_limit(rule: Rule) -> str:
    if rule.keyword == "enum":
        return ", ".join(str(value) for value in rule.value)
    return describe_requirement(rule.keyword, rule.value)
