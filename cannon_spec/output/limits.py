"""The rules of schemas, values that the service fills in, and prices, in words and as tables (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation, Rule
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.keywords import KEYWORDS, describe_requirement
from cannon_spec.contract.prices import Price
from cannon_spec.contract.wording import describe_condition, format_count, show_value, show_values
from cannon_spec.output.tables import Table
from cannon_spec.pointer import from_pointer

Cite = Callable[[Iterable[Claim]], str]
"""Names claims, each once: as text for a terminal, or as links on a page."""

LARGEST = "the largest legal value"
"""A default that depends on the other fields of the input."""

_SHORTEST_RUN = 3
_ADJUSTMENTS = {"cap": "the service may lower another value", "normalise": "the service normalises another number"}


def cite_ids(claims: Iterable[Claim]) -> str:
    """The ids of claims, each with its strength."""
    return ", ".join(dict.fromkeys(f"{claim.id} ({claim.strength})" for claim in claims))


def list_rules(catalog: Catalog, schema: str | None) -> list[Rule]:
    """The rules of a schema, in the order of its file; none without a schema."""
    return [] if schema is None else list(catalog.rules(schema))


def format_condition(rule: Rule) -> str:
    """The condition of a rule as the end of a sentence; empty for a rule that always holds."""
    return f" when {rule.condition}" if rule.condition else ""


def describe_limit(rule: Rule) -> str:
    """What a rule requires of its field, without the field: ``one of "1K", "2K"``, ``each item is a string``."""
    if rule.keyword == "pattern" and "title" in rule.node:
        requirement = str(rule.node["title"])
    elif rule.keyword == "enum":
        requirement = _describe_values(rule.value)
    else:
        requirement = describe_requirement(rule.keyword, rule.value)
    adjustment = "" if rule.adjustment is None else f" ({_ADJUSTMENTS[rule.adjustment.kind]})"
    return f"{_name_items(rule)}{requirement}{adjustment}"


def _name_items(rule: Rule) -> str:
    """The beginning of a limit that judges the items of its field; empty for one that judges the field itself."""
    if not _judges_items(rule):
        return ""
    return "each item: " if KEYWORDS[rule.keyword].list_names else "each item is "


def _describe_values(values: Sequence[Any]) -> str:
    """A list of values in words, with each run of whole numbers by its ends: ``one of 4 to 15, -1``."""
    runs: list[list[Any]] = []
    for value in values:
        if runs and type(value) is int and value - 1 == runs[-1][-1]:
            runs[-1].append(value)
        else:
            runs.append([value])
    if all(len(run) < _SHORTEST_RUN for run in runs):
        return describe_requirement("enum", values)
    return f"one of {', '.join(_describe_run(run) for run in runs)}"


def _describe_run(run: Sequence[Any]) -> str:
    return f"{run[0]} to {run[-1]}" if len(run) >= _SHORTEST_RUN else show_values(run)


def _judges_items(rule: Rule) -> bool:
    """Whether a rule judges the items of its field, not the field itself."""
    path = from_pointer(rule.id.partition("#")[2])
    names = [index for index, part in enumerate(path) if part == "properties"]
    return "items" in path[names[-1] + 2 :] if names else False


class LimitRow(NamedTuple):
    """What a field takes under a condition, in words, and the claims that say so."""

    field: str
    takes: str
    when: str
    severity: str
    claims: tuple[Claim, ...]


def group_rules(rules: Iterable[Rule]) -> list[LimitRow]:
    """What each field takes under which condition.

    Rules that differ only in their requirement, or only in their condition, share a row. The rows of a field stand
    together, in the order in which the fields occur first.
    """
    groups: dict[str, dict[tuple[str, str], list[Rule]]] = {}
    for rule in rules:
        groups.setdefault(rule.field, {}).setdefault((rule.condition, rule.severity), []).append(rule)
    conditions: dict[LimitRow, list[str]] = {}
    for field, rows_of_field in groups.items():
        for (condition, severity), group in rows_of_field.items():
            takes = "; ".join(dict.fromkeys(map(describe_limit, group)))
            claims = tuple(dict.fromkeys(rule.claim for rule in group))
            row = LimitRow(field or "the input", takes, "", severity, claims)
            conditions.setdefault(row, []).append(condition or "always")
    return [row._replace(when="; or ".join(each)) for row, each in conditions.items()]


def tabulate_rules(rules: Iterable[Rule], cite: Cite = cite_ids) -> Table:
    """The rows of ``group_rules`` as a table."""
    rows = [(*row[:-1], cite(row.claims)) for row in group_rules(rules)]
    return [("field", "takes", "when", "else", "known from"), *rows]


def list_sources(rules: Sequence[Rule]) -> list[str]:
    """Each claim that a rule rests on, once, with its source on a line of its own."""
    return list(dict.fromkeys(f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}" for rule in rules))


def describe_when(when: Mapping[str, Any]) -> str:
    """The condition of a price or a default in words; ``always`` for none."""
    clauses = {name: _build_clause(each) for name, each in when.items()}
    required = [name for name, each in when.items() if not _may_be_absent(each)]
    return describe_condition({"properties": clauses, "required": required}) or "always"


def _may_be_absent(condition: Any) -> bool:
    return condition is None or (isinstance(condition, list) and None in condition)


def _build_clause(condition: Any) -> Any:
    """The condition of a price as the clause of an ``if`` in a schema."""
    if condition is None:
        return False
    if isinstance(condition, list):
        return {"enum": [each for each in condition if each is not None]}
    return condition if isinstance(condition, Mapping) else {"const": condition}


def describe_cost(price: Price) -> str:
    """What a request of a price costs: ``7 credits for each second of duration``."""
    credits = format_count(price.credits, "credit")
    per = price.per
    if per is None:
        return credits
    step = per.unit if per.amount == 1 else f"{per.amount:g} {per.unit}s"
    default = "" if per.default is None else f" ({format_count(per.default, per.unit)} if it is absent)"
    return f"{credits} for each {step} of {per.field}{default}"


def is_fixed_price(catalog: Catalog, operation: Operation) -> bool:
    """Whether each request of an operation costs the same, as a page of the vendor or the user states."""
    prices = operation.prices
    is_single = len(prices) == 1 and prices[0].per is None
    return is_single and catalog.claims[prices[0].claim].strength in ("documented", "observed", "user")


def tabulate_prices(catalog: Catalog, prices: Iterable[Price], cite: Cite = cite_ids) -> Table:
    """What a request costs: the first row whose condition is met counts."""
    rows = [(describe_cost(each), describe_when(each.when), cite([catalog.claims[each.claim]])) for each in prices]
    return [("costs", "when", "known from"), *rows]


def list_model_prices(operation: Operation, model: str) -> list[Price]:
    """The prices that a request of one model may have, in their order."""
    prices = []
    for price in operation.prices:
        if _fits_model(price.when.get("model", model), model):
            prices.append(price)
            if price.when.keys() <= {"model"}:  # it fits each request of the model, so no later price counts
                break
    return prices


def _fits_model(condition: Any, model: str) -> bool:
    return model in condition if isinstance(condition, list) else bool(condition == model)


def tabulate_defaults(catalog: Catalog, defaults: Iterable[Mapping[str, Any]], cite: Cite = cite_ids) -> Table:
    """The values that the service takes for fields that an input leaves out."""
    rows = [
        (
            each["field"],
            describe_default(each),
            describe_when(each.get("when", {})),
            cite([catalog.claims[each["claim"]]]),
        )
        for each in defaults
    ]
    return [("field", "value if absent", "when", "known from"), *rows]


def list_general_defaults(operation: Operation) -> list[Mapping[str, Any]]:
    """The defaults of an operation that do not depend on the model."""
    return [each for each in operation.defaults if "model" not in each.get("when", {})]


def list_model_defaults(operation: Operation, model: str) -> list[Mapping[str, Any]]:
    """The defaults of an operation for one model, with their other conditions."""
    return [
        {**each, "when": {name: value for name, value in each["when"].items() if name != "model"}}
        for each in operation.defaults
        if "model" in each.get("when", {}) and _fits_model(each["when"]["model"], model)
    ]


def describe_default(entry: Mapping[str, Any]) -> str:
    """The value that a default sets, in words."""
    return LARGEST if entry.get("largest") else show_value(entry.get("value"))
