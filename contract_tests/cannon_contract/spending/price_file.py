"""Price files: the prices that the user or an earlier run wrote, and how old they are (floor 6)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cannon_contract.client.amounts import to_credits, to_number
from cannon_contract.client.times import parse_time
from cannon_contract.spending.price_list import MODEL, KnownPrice, PriceList
from cannon_spec import Catalog, inputs, validate_request
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Operation, find_field
from cannon_spec.contract.prices import Price, build_price, list_price_fields
from cannon_spec.errors import NotJSON
from cannon_spec.example import build_example
from cannon_spec.finding import Finding

_TIME = "written_at"
FORM = '{"prices": [{"operation": "…", "when": {"model": "…", "resolution": "…"}, "credits": 28}]}'
_CONDITIONS = (MODEL, "resolution")
"""The fields that an entry may also name beside ``when``: files of earlier versions have no ``when``."""
_NAMES = ("operation", *_CONDITIONS, "when", "per", "credits", _TIME)
_UNITS = ("second", "character")
_LONGEST_AGE = timedelta(days=30)
_KNOWN_STRENGTHS = ("documented", "observed", "user")
"""The strengths of a claim whose price a target must keep."""


class BadPriceList(Exception):
    """A price file cannot be used; says why and what to do."""


def read_prices(path: str | None, assumed_price: float | None, catalog: Catalog) -> PriceList:
    """Read the prices of a file, beside those that the contract knows; no file without a path.

    Raises BadPriceList for a file that cannot be used; the error names the bad entry.
    """
    entries = [] if path is None else _read_entries(path)
    for number, entry in enumerate(entries, 1):
        problem = _find_problem(entry, catalog)
        if problem:
            raise BadPriceList(f"{path}: price {number} of {len(entries)}: {problem}")
    covered_operations = [each for each in catalog.operations.values() if each.is_covered]
    known_prices = tuple(map(_build_known_price, entries))
    fields = {each.id: _list_deciding_fields(each) for each in covered_operations}
    names = {name for each in fields.values() for name in each} | set(
        list_price_fields(each.price for each in known_prices)
    )
    return PriceList(
        known_prices,
        assumed_price,
        known_values=_list_known_values(catalog, names),
        default_models={each.id: each.default_model for each in covered_operations if each.default_model},
        fields=fields,
        documented_prices=tuple(
            KnownPrice(price, each.id) for each in covered_operations for price in _list_documented(catalog, each)
        ),
    )


def describe_age(path: str, prices: Iterable[KnownPrice], now: datetime) -> list[str]:
    """Warn of prices of a file that are older than 30 days, and of those without a date; one line for each kind."""
    times, name = [price.written_at for price in prices], wording.escape_unprintable(path)
    old_times = [time for time in times if time is not None and now - time > _LONGEST_AGE]
    lines = []
    if old_times:
        oldest = min(old_times).date()
        lines.append(
            f"warning: {name}: prices older than {_LONGEST_AGE.days} days: {len(old_times)} of {len(times)} "
            f"(the oldest is of {oldest}); the service may charge more by now"
        )
    if None in times:
        count = f"{times.count(None)} of {len(times)}"
        lines.append(f"{name}: prices without a date ({_TIME}): {count}; how old they are is unknown")
    return lines


def _list_documented(catalog: Catalog, operation: Operation) -> tuple[Price, ...]:
    """List the prices of an operation where the vendor states each of them; else none: the first that fits counts."""
    strengths = {catalog.claims[price.claim].strength for price in operation.prices}
    return operation.prices if strengths <= {*_KNOWN_STRENGTHS} else ()


def _list_deciding_fields(operation: Operation) -> tuple[str, ...]:
    """List the fields that decide the price of an operation: its model, and those that the contract says."""
    return tuple(dict.fromkeys(((MODEL,) if operation.models else ()) + list_price_fields(operation.prices)))


def _read_entries(path: str) -> list[Any]:
    try:
        data = inputs.read_file(path)
    except OSError as error:
        raise BadPriceList(f"{path}: {error.strerror}; check the path") from None
    except NotJSON as error:
        raise BadPriceList(f"{path}: {error}") from None
    entries = data.get("prices") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadPriceList(f"{path}: no list of prices; it has the form {FORM}")
    # The time of the file is that of each entry without its own.
    return [{_TIME: data.get(_TIME), **entry} if isinstance(entry, dict) else entry for entry in entries]


def _build_known_price(entry: Mapping[str, Any]) -> KnownPrice:
    parts = {name: entry[name] for name in ("credits", "per") if name in entry}
    price = build_price({**parts, "when": _read_conditions(entry)})
    return KnownPrice(price, entry.get("operation", ""), parse_time(entry[_TIME]) if entry[_TIME] else None)


def _read_conditions(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Read the conditions of an entry; an empty text beside ``when`` is no condition."""
    beside = {name: entry[name] for name in _CONDITIONS if entry.get(name, "") != ""}
    return {**beside, **entry.get("when", {})}


def _find_problem(entry: Any, catalog: Catalog) -> str:
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
    if not _is_time(entry[_TIME]):
        return f"{_TIME} is {_show(entry, _TIME)}; write a time, as 2026-11-26T15:40:00Z, or leave it out"
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
        for finding in validate_request(body, catalog=catalog).findings:
            is_refused = finding.severity == "error" or (needs_known_model and finding.rule == "model-unknown")
            if is_refused and finding.path in places and _is_misspelt(finding):
                return "; ".join(filter(None, (finding.message, finding.hint)))
    names = (*conditions, *([entry["per"]["field"]] if entry.get("per") else []))
    unknown_fields = [name for name in names if schema is not None and find_field(schema, name) is None]
    return f"{operation} has no field {unknown_fields[0]}" if unknown_fields else ""


def _is_misspelt(finding: Finding) -> bool:
    """Whether a finding is on a word that no one knows. A value of another type or size may have been charged."""
    if "#" not in finding.rule:
        return finding.rule != "operation-undocumented"
    return finding.rule.rpartition("/")[2] in ("enum", "const", "additionalProperties")


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


def _list_known_values(catalog: Catalog, names: Container[str]) -> dict[str, frozenset[str]]:
    """List the values that the contract knows for operations, models and those fields that it lists values of."""
    values_by_field: dict[str, set[str]] = {}
    for schema in catalog.schemas:
        for rule in catalog.rules(schema):
            if rule.field in names and rule.keyword == "enum":
                values_by_field.setdefault(rule.field, set()).update(
                    value for value in rule.value if isinstance(value, str)
                )
    known_values = {name: frozenset(values) for name, values in values_by_field.items()}
    return {**known_values, "operation": frozenset(catalog.operations), MODEL: frozenset(catalog.models)}
