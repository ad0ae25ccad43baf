"""What is known of a field of an input, across operations and models (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation, Rule
from cannon_spec.contract.wording import join_field, join_words, show_json
from cannon_spec.nearest import fold
from cannon_spec.output.limits import list_rules, tabulate_defaults, tabulate_rules
from cannon_spec.output.tables import PLAIN_WIDTH, Table, render_text


class InputField(NamedTuple):
    """A field of the input of an operation: its dotted name, and its node in the schema."""

    operation: Operation
    name: str
    node: Mapping[str, Any]


def list_fields(catalog: Catalog, operation: Operation) -> list[InputField]:
    """Every field of an operation's input, those within objects too, in the order of the schema."""
    if operation.input is None:
        return []
    return [InputField(operation, name, node) for name, node in _iter_fields(catalog.input_schema_of(operation), "")]


def _iter_fields(node: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, child in node.get("properties", {}).items():
        field = join_field(parent, name)
        yield field, child
        yield from _iter_fields(child, field)
    if "items" in node:
        yield from _iter_fields(node["items"], parent)


def list_field_names(catalog: Catalog, operation: Operation) -> list[str]:
    """The dotted name of every field of an operation's input."""
    return [each.name for each in list_fields(catalog, operation)]


def find_fields(catalog: Catalog, operations: Iterable[Operation], name: str) -> list[InputField]:
    """The fields with a name: in full (``voice.speed``), or its last part (``speed``), whatever its case."""
    return [
        each
        for operation in operations
        for each in list_fields(catalog, operation)
        if fold(name) and fold(name) in (fold(each.name), fold(each.name.rpartition(".")[2]))
    ]


def explain_field(catalog: Catalog, fields: Sequence[InputField], width: int = PLAIN_WIDTH) -> str:
    """The rules on a field in each operation that has it, of the operation and of each model."""
    names = ", ".join(dict.fromkeys(each.name for each in fields))
    operations = join_words((each.operation.id for each in fields), "and")
    sections = [f"{names}\n  a field of {operations}"]
    return "\n\n".join([*sections, *(_explain_in_operation(catalog, each, width) for each in fields)])


def _explain_in_operation(catalog: Catalog, field: InputField, width: int) -> str:
    parts = [f"In {field.operation.id}:", *(f"  {line}" for line in _describe_node(field.node))]
    table = _tabulate_field(catalog, field)
    parts += ["", render_text(table, width)] if len(table) > 1 else ["", "Every value is accepted."]
    defaults = [each for each in field.operation.defaults if each["field"] == field.name]
    parts += ["", render_text(tabulate_defaults(catalog, defaults), width)] if defaults else []
    dependents = _list_dependents(catalog, field)
    return "\n".join(parts + (["", f"It decides on: {', '.join(dependents)}"] if dependents else []))


def _describe_node(node: Mapping[str, Any]) -> list[str]:
    """What the schema says of a field beside its rules: the description and the examples."""
    lines = [node["description"]] if "description" in node else []
    return lines + [f"for example {show_json(value)}" for value in node.get("examples", ())[:1]]


def _tabulate_field(catalog: Catalog, field: InputField) -> Table:
    """The rules on a field: those for any model, then those of each model that has its own."""
    rows: list[tuple[str, ...]] = []
    for model, schema in _list_schemas(field.operation):
        rules = [rule for rule in list_rules(catalog, schema) if _concerns(rule, field.name)]
        rows += [_name_row(model, row, field.name) for row in tabulate_rules(rules)[1:]]
    return [("model", "takes", "when", "else", "known from"), *rows]


def _list_schemas(operation: Operation) -> list[tuple[str, str | None]]:
    return [("any", operation.input), *((model.name, model.schema) for model in operation.models.values())]


def _name_row(model: str, row: Sequence[str], field: str) -> tuple[str, ...]:
    """The row of a rule with the model in place of the field; the name of another field stays with what it takes."""
    name, takes, *others = row
    return model, takes if name == field else f"{name}: {takes}", *others


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
