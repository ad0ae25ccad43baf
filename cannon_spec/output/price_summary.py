"""The prices of an operation or of one of its models, in a few words and as JSON (floor 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.claim import STRENGTHS
from cannon_spec.contract.prices import PerUnit, Price
from cannon_spec.contract.wording import format_count, join_words
from cannon_spec.output.limits import list_model_prices


def summarize_model_prices(catalog: Catalog, operation: Operation, model: str) -> str:
    """The range of a model's prices, what they go by, and how they are known: ``31 to 81 by resolution (assumed)``."""
    return summarize_prices(catalog, list_model_prices(operation, model))


def summarize_prices(catalog: Catalog, prices: Sequence[Price]) -> str:
    """The range of prices, what they go by, and how they are known."""
    # Where prices grow with a field, the others are for special cases: the table of all prices has them.
    usual_prices = [price for price in prices if price.per] or prices
    groups: dict[PerUnit | None, list[float]] = {}
    for price in usual_prices:
        groups.setdefault(price.per, []).append(price.credits)
    ranges = " or ".join(_describe_range(per, group) for per, group in groups.items())
    strengths = {catalog.claims[price.claim].strength for price in usual_prices}
    known_from = ", ".join(each for each in STRENGTHS if each in strengths)
    return f"{ranges}{_describe_fields(usual_prices)} ({known_from})"


def _describe_range(per: PerUnit | None, credits: Sequence[float]) -> str:
    low, high = min(credits), max(credits)
    text = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return text if per is None else f"{text} for {format_count(per.amount, per.unit)}"


def _describe_fields(prices: Sequence[Price]) -> str:
    """The fields that decide which of several prices counts; empty for one."""
    growing_fields = {price.per.field for price in prices if price.per}
    names = dict.fromkeys(name for price in prices for name in price.when if name not in {"model", *growing_fields})
    return f" by {join_words(names, 'and')}" if names else ""


def build_prices(catalog: Catalog, operation: Operation) -> list[dict[str, Any]]:
    """The prices as JSON, of which the first that fits counts: ``{"when", "credits", "per", "claim", "strength"}``."""
    return [
        {
            "when": dict(price.when),
            "credits": price.credits,
            "per": None if price.per is None else _build_growth(price.per),
            "claim": price.claim,
            "strength": catalog.claims[price.claim].strength,
        }
        for price in operation.prices
    ]


def _build_growth(per: PerUnit) -> dict[str, Any]:
    return {"field": per.field, "unit": per.unit, "amount": per.amount, "default": per.default}
