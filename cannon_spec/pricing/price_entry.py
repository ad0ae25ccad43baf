"""One entry of a price file: its form, and what is wrong with one (floor 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec import validate
from cannon_spec.amounts import to_credits, to_number
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.nodes import find_field
from cannon_spec.contract.prices import build_price
from cannon_spec.example import build_example
from cannon_spec.finding import Finding
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.times import parse_time

TIME = "written_at"
FORM = '{"prices": [{"operation": "…", "when": {"model": "…", "resolution": "…"}, "credits": 28}]}'
"""The form of a price file, for messages."""
_CONDITIONS = ("model", "resolution")
"""The fields that an entry may also name beside ``when``: files of earlier versions have no ``when``."""
_NAMES = ("operation", *_CONDITIONS, "when", "per", "credits", TIME)
_UNITS = ("second", "character")


def build_known_price(entry: Mapping[str, Any]) -> KnownPrice:
    """The price that an entry without a problem states."""
    parts = {name: entry[name] for name in ("credits", "per") if name in entry}
    price = build_price({**parts, "when": _read_conditions(entry)})
    return KnownPrice(price, entry.get("operation", ""), parse_time(entry[TIME]) if entry[TIME] else None)


def _read_conditions(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Read the conditions of an entry; an empty text beside ``when`` is no condition."""
    beside = {name: entry[name] for name in _CONDITIONS if entry.get(name, "") != ""}
    return {**beside, **entry.get("when", {})}


def find_problem(entry: Any, catalog: Catalog) -> str:
    """Say what is wrong with an entry, and what is legal; empty for nothing."""
    if not isinstance(entry, dict):
        return f"not an object; it has the form {FORM}"
    unknown_names = sorted(entry.keys() - {*_NAMES})
    if unknown_names:
        return f"unknown member {unknown_names[0]}; use {', '.join(_NAMES)}"
    if to_credits(entry.get("credits")) is None:
        return f"credits is {_show(entry, 'credits')}; write a number, 0 or more"
    if not isinstance(entry.get("operation", ""), str):
        return f"operation is {_show(entry, 'operation')}; write its identifier, or leave it out for any operation"
    bad_names = [name for name in _CONDITIONS if not isinstance(entry.get(name), str | None)]
    if bad_names:
        return f"{bad_names[0]} is {_show(entry, bad_names[0])}; write a text, or null for creates without it"
    if not _is_time(entry[TIME]):
        return f"{TIME} is {_show(entry, TIME)}; write a time, as 2026-11-26T15:40:00Z, or leave it out"
    return _find_bad_condition(entry) or _find_bad_growth(entry) or _find_unknown_value(entry, catalog)


def _show(entry: Mapping[str, Any], name: str) -> str:
    return wording.show_value(entry[name]) if name in entry else "missing"


def _is_time(value: Any) -> bool:
    try:
        return value is None or bool(parse_time(value))
    except (ValueError, TypeError):
        return False


def _find_bad_condition(entry: Mapping[str, Any]) -> str:
    when = entry.get("when", {})
    if not isinstance(when, dict):
        return f'when is {wording.show_value(when)}; write an object of conditions, as {{"resolution": "4K"}}'
    repeated_names = sorted(when.keys() & {name for name in _CONDITIONS if name in entry})
    if repeated_names:
        return f"{repeated_names[0]} is both beside when and in it; keep the one in when"
    for name, condition in when.items():
        if not _is_condition(condition):
            form = '{"minimum": 1, "maximum": 9}'
            value = wording.show_value(condition)
            return f"when.{name} is {value}; write a plain value, a list of plain values, or a range: {form}"
    return ""


def _is_condition(condition: Any) -> bool:
    if isinstance(condition, dict):
        is_range = bool(condition) and condition.keys() <= {"minimum", "maximum"}
        return is_range and all(to_number(bound) is not None for bound in condition.values())
    values = condition if isinstance(condition, list) else [condition]
    return bool(values) and not any(isinstance(value, dict | list) for value in values)


def _find_bad_growth(entry: Mapping[str, Any]) -> str:
    per = entry.get("per")
    if per is None:
        return ""
    if not isinstance(per, dict) or not per.keys() <= {"field", "unit", "amount", "default"}:
        form = '{"field": "duration", "unit": "second", "amount": 1, "default": 5}'
        return f"per is {wording.show_value(per)}; write an object, as {form}"
    if not isinstance(per.get("field"), str) or per.get("unit") not in _UNITS:
        return f"per needs a field, and a unit: {' or '.join(_UNITS)}"
    if not (to_credits(per.get("amount", 1)) or 0) > 0 or to_credits(per.get("default", 0)) is None:
        return "per.amount must be a number above 0, and per.default a number of 0 or more"
    return ""


def _find_unknown_value(entry: Mapping[str, Any], catalog: Catalog) -> str:
    """Say which values of an entry the contract refuses; empty for none, or where it does not judge them."""
    if entry.get("operation"):
        return _judge(entry, entry["operation"], catalog)
    covered_operations = [each.id for each in catalog.operations.values() if each.is_covered]
    # Some operation warns only of a model that no page names. Of an entry for all of them one must know the model.
    problems = [_judge(entry, operation, catalog, needs_known_model=True) for operation in covered_operations]
    return problems[0] if all(problems) else ""


def _judge(entry: Mapping[str, Any], operation: str, catalog: Catalog, *, needs_known_model: bool = False) -> str:
    """Say which field or value of an entry one operation refuses; empty for none."""
    conditions, operation_entry = _read_conditions(entry), catalog.operations.get(operation)
    schema = catalog.input_schema_of(operation_entry) if operation_entry is not None and operation_entry.input else None
    required_input = {} if schema is None else _list_required(catalog, operation, schema)
    places = ("/operation", *(f"/input/{name}" for name in conditions))
    for values in _list_values(conditions):
        body = {"operation": operation, "input": {**required_input, **values}}
        for finding in validate.request(catalog, body).findings:
            is_refused = finding.severity == "error" or (needs_known_model and finding.rule == "model-unknown")
            if is_refused and finding.path in places and _is_misspelt(finding):
                return "; ".join(filter(None, (finding.message, finding.hint)))
    names = (*conditions, *([entry["per"]["field"]] if entry.get("per") else []))
    unknown_fields = [name for name in names if schema is not None and find_field(schema, name) is None]
    return f"{operation} has no field {unknown_fields[0]}" if unknown_fields else ""


def _is_misspelt(finding: Finding) -> bool:
    """Whether a finding is on a word that no one knows. A value of another type or size may have been charged."""
    return "#" not in finding.rule or finding.rule.rpartition("/")[2] in ("enum", "const", "additionalProperties")


def _list_required(catalog: Catalog, operation: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """List the required fields of an operation, with good values."""
    example = build_example(catalog, operation)["input"]
    return {name: example[name] for name in schema.get("required", ())}


def _list_values(conditions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List inputs that have, taken together, each text that the conditions name for a top-level field."""
    values = {name: _list_named(condition) for name, condition in conditions.items() if "." not in name}
    first = {name: each[0] for name, each in values.items() if each}
    return [first, *({**first, name: value} for name, each in values.items() for value in each[1:])]


def _list_named(condition: Any) -> list[str]:
    """List the texts that a condition names, which may be misspelt; a target may accept what the contract refuses."""
    return [value for value in (condition if isinstance(condition, list) else [condition]) if isinstance(value, str)]
