"""What is known of a field of an input, across operations and models (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation, Rule
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.prices import list_price_fields
from cannon_spec.contract.wording import join_words, show_json
from cannon_spec.output.fields import InputField
from cannon_spec.output.limits import LimitRow, cite_ids, describe_default, describe_when, group_rules, list_rules
from cannon_spec.output.tables import PLAIN_WIDTH, render_text

_ANY = "any"
_LIMITS = ("model", "takes", "when", "else", "known from")
_DEFAULTS = ("model", "value if absent", "when", "known from")


class _Row(NamedTuple):
    """The models of which the same is known, what that is, and the claims that say so."""

    models: tuple[str, ...]
    cells: tuple[str, ...]
    claims: tuple[Claim, ...] = ()


class _Section(NamedTuple):
    """What is known of a field in an operation: words, limits and defaults, and what depends on it."""

    operation: str
    words: list[str]
    limits: list[_Row]
    defaults: list[_Row]
    effects: list[str]

    @property
    def text_without_claims(self) -> str:
        """A text that two sections share if the same is known of both, whatever the claims are."""
        rows = [(row.models, row.cells) for row in (*self.limits, *self.defaults)]
        return repr((self.words, rows, self.effects))


def explain_field(catalog: Catalog, fields: Sequence[InputField], width: int = PLAIN_WIDTH) -> str:
    """What each operation and model takes for a field. Those of which the same is known stand together."""
    names = ", ".join(dict.fromkeys(each.name for each in fields))
    operations = join_words((each.operation.id for each in fields), "and")
    groups: dict[str, list[_Section]] = {}
    for field in fields:
        section = _build_section(catalog, field)
        groups.setdefault(section.text_without_claims, []).append(section)
    parts = [_render_sections(sections, width) for sections in groups.values()]
    return "\n\n".join([f"{names}\n  a field of {operations}", *parts])


def _build_section(catalog: Catalog, field: InputField) -> _Section:
    dependents = _list_dependents(catalog, field)
    effects = [f"It decides on: {', '.join(dependents)}"] if dependents else []
    if field.name in list_price_fields(field.operation.prices):
        effects.append("It decides the price: cannon-spec explain OPERATION lists the prices")
    limits, defaults = _list_limits(catalog, field), _list_defaults(catalog, field)
    return _Section(field.operation.id, _describe_node(field.node), [*limits], [*defaults], effects)


def _render_sections(sections: Sequence[_Section], width: int) -> str:
    """The sections of operations of which the same is known, as one."""
    first = sections[0]
    title = f"In {join_words((each.operation for each in sections), 'and')}:"
    limits = _render_rows(_LIMITS, [each.limits for each in sections], width)
    defaults = _render_rows(_DEFAULTS, [each.defaults for each in sections], width)
    parts = ["\n".join([title, *(f"  {line}" for line in first.words)]), limits or "Every value is accepted.", defaults]
    return "\n\n".join(filter(None, [*parts, "\n".join(first.effects)]))


def _render_rows(head: Sequence[str], lists: Iterable[Sequence[_Row]], width: int) -> str:
    """A table of rows that differ in their claims only, from one list to the next; empty without rows."""
    table = [head]
    for rows in zip(*lists, strict=True):
        claims = (claim for row in rows for claim in row.claims)
        table.append((", ".join(rows[0].models), *rows[0].cells, cite_ids(claims)))
    return render_text(table, width) if len(table) > 1 else ""


def _describe_node(node: Mapping[str, Any]) -> list[str]:
    """What the schema says of a field beside its rules: the description and the examples."""
    lines = [node["description"]] if "description" in node else []
    return lines + [f"for example {show_json(value)}" for value in node.get("examples", ())[:1]]


def _list_limits(catalog: Catalog, field: InputField) -> Iterator[_Row]:
    """The rules on a field: those for any model, those of each model that has its own, and which models have none."""
    groups: dict[tuple[str, ...], list[tuple[str, LimitRow]]] = {}
    free_models = []
    for model, schema in _list_schemas(field.operation):
        rows = group_rules(rule for rule in list_rules(catalog, schema) if _concerns(rule, field.name))
        free_models += [model] if model != _ANY and not rows else []
        for row in rows:
            # The name of another field stays with what it takes.
            takes = row.takes if row.field == field.name else f"{row.field}: {row.takes}"
            groups.setdefault((takes, row.when, row.severity), []).append((model, row))
    for cells, group in groups.items():
        claims = dict.fromkeys(claim for _, row in group for claim in row.claims)
        yield _Row(tuple(model for model, _ in group), cells, tuple(claims))
    if 0 < len(free_models) < len(field.operation.models):
        yield _Row(tuple(free_models), ("no limit of its own is known", "", ""))


def _list_defaults(catalog: Catalog, field: InputField) -> Iterator[_Row]:
    """The defaults of a field; those of one value, under one condition, stand together for all their models."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for default in field.operation.defaults:
        if default["field"] == field.name:
            when = {name: each for name, each in default.get("when", {}).items() if name != "model"}
            groups.setdefault((describe_default(default), describe_when(when)), []).append(default)
    for cells, group in groups.items():
        models = dict.fromkeys(name for default in group for name in _list_models(field.operation, default))
        claims = dict.fromkeys(catalog.claims[default["claim"]] for default in group)
        yield _Row(tuple(models), cells, tuple(claims))


def _list_models(operation: Operation, default: Mapping[str, Any]) -> list[str]:
    """The names of the models that a default is for."""
    condition = default.get("when", {}).get("model")
    ids = condition if isinstance(condition, list) else [condition]
    return [_ANY if each is None else operation.models[each].name for each in ids]


def _list_schemas(operation: Operation) -> list[tuple[str, str | None]]:
    return [(_ANY, operation.input), *((model.name, model.schema) for model in operation.models.values())]


def _concerns(rule: Rule, field: str) -> bool:
    """Whether a rule judges a field, a part of it, or whether it is present."""
    parent, _, name = field.rpartition(".")
    is_within = rule.field == field or rule.field.startswith(field + ".")
    return is_within or (rule.field == parent and name in _list_properties(rule))


def _list_properties(rule: Rule) -> list[str]:
    """The properties that a rule demands or excludes."""
    if rule.keyword == "dependentRequired":
        return [name for key, names in rule.value.items() for name in (key, *names)]
    names: list[str] = rule.node.get("required", []) if rule.keyword == "required" else []
    return rule.value["required"] if rule.keyword == "not" else names


def _list_dependents(catalog: Catalog, field: InputField) -> list[str]:
    """The fields that have rules under a condition on this one, each with the models whose rules they are."""
    models: dict[str, list[str]] = {}
    for model, schema in _list_schemas(field.operation):
        for rule in list_rules(catalog, schema):
            if field.name in rule.condition_fields and rule.field != field.name:
                models.setdefault(rule.field or "the input", []).append(model)
    return [f"{name} ({', '.join(dict.fromkeys(names))})" for name, names in models.items()]
