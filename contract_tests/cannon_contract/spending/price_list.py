"""The prices that a run knows, and its estimate of a create: the most that it may cost by them (floor 6).

The vendor publishes few prices. The others come from the user, or from what the requests of an earlier run stated.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cannon_spec.amounts import round_credits
from cannon_spec.contract import wording
from cannon_spec.contract.arithmetic import is_number
from cannon_spec.contract.prices import Price, list_price_fields
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.times import show_time

MODEL = "model"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class PriceList:
    """The known prices, and ``assumed_price``, the estimate of a create without one; None for no estimate.

    ``known_values`` has the values that the contract knows for operations and for fields. An unknown value matches
    every price: the target may read it as any of them. A field without an entry may have any plain value.
    ``default_models`` maps each operation to the model of its creates without one, ``fields`` to its field for a model,
    if it has one, and the fields that its prices depend on. ``documented_prices`` are those of the vendor's own pages,
    which no price file repeats.
    """

    prices: tuple[KnownPrice, ...] = ()
    assumed_price: float | None = None
    known_values: Mapping[str, Container[str]] = field(default_factory=dict)
    default_models: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    documented_prices: tuple[KnownPrice, ...] = ()

    def estimate(self, body: Any) -> float | None:
        """Estimate the most that a create may cost, in credits; None where no price is known or assumed."""
        operation, input = _split(body)
        prices = self._select_prices(operation)
        values = {name: _find(input, name) for name in list_price_fields(prices)}
        absent = {name for name, value in values.items() if value is _ABSENT}
        # What a create leaves out may be anything, as no page states the defaults. All prices that may fit count, not
        # only the first one: the order of a user's file says nothing about what the target charges.
        unclear = absent | {name for name, value in values.items() if not self._is_known_value(name, value)}
        fitting = [price for price in prices if price.may_fit(input, unclear)]
        fitting = [price for price in fitting if not _has_price_without(price, absent, prices)]
        costs = [_find_highest_cost(price, input, absent, unclear) for price in fitting]
        limits = [cost for cost in costs if cost is not None]
        has_all_costs = costs and len(limits) == len(costs)
        if has_all_costs and self._has_default_model(operation, input, unclear, fitting):
            return max(limits)
        return None if self.assumed_price is None else max([*limits, self.assumed_price])

    def has_known_operation(self, body: Any) -> bool:
        """Whether a create names an operation of the contract."""
        operation, _ = _split(body)
        return isinstance(operation, str) and self._is_known_value("operation", operation)

    def with_charges(self, charges: Iterable[tuple[Any, float]], written_at: datetime | None = None) -> PriceList:
        """Copy the list with what creates cost at a time: pairs of a body and its credits.

        Of several charges for the same values the highest counts, in place of the known price of just these values.
        """
        highest: dict[str, KnownPrice] = {}
        for body, credits in charges:
            price = self._build_price(body, credits, written_at)
            if price is not None:
                key = _to_key(price)
                highest[key] = max(price, highest.get(key, price), key=lambda each: each.price.credits)
        other_prices = (price for price in self.prices if _to_key(price) not in highest)
        return replace(self, prices=(*other_prices, *highest.values()))

    def to_json(self, written_at: datetime) -> str:
        """Write the text of a price file of this time. Prices of another time keep their own."""
        # Without that the prices of an old file would look new in each file that a run makes of it.
        entries = [price.to_dict() for price in self.prices]
        for entry, time in zip(entries, (price.written_at for price in self.prices), strict=True):
            if time != written_at:
                entry["written_at"] = None if time is None else show_time(time)
        return json.dumps({"written_at": show_time(written_at), "prices": entries}, indent=2) + "\n"

    def describe_body(self, body: Any) -> str:
        """Name the values of a body that its price depends on, as the end of a sentence; empty for none."""
        operation, input = _split(body)
        names = dict.fromkeys((MODEL, *list_price_fields(self._select_prices(operation))))
        values = [(name, _find(input, name)) for name in names]
        descriptions = [f"{name} {wording.show_value(value)}" for name, value in values if value is not _ABSENT]
        return f" ({', '.join(descriptions)})" if descriptions else ""

    def _select_prices(self, operation: Any) -> list[Price]:
        """Select the prices of an operation; all those of files where the contract does not know it."""
        if not (isinstance(operation, str) and self._is_known_value("operation", operation)):
            # The documented prices are no bound here: the target may read the word as an operation without one.
            return [each.price for each in self.prices]
        return [each.price for each in (*self.prices, *self.documented_prices) if each.operation in ("", operation)]

    def _has_default_model(
        self, operation: Any, input: Mapping[str, Any], unclear: set[str], fitting: Iterable[Price]
    ) -> bool:
        """Whether a create names its model, or a price of the default model is known: that may be an expensive one."""
        if _find(input, MODEL) is not _ABSENT:
            return True
        default_model = self.default_models.get(operation) if isinstance(operation, str) else None
        models = [None, *([default_model] if default_model else self.default_models.values())]
        inputs = [{**input, MODEL: model} for model in models]
        return any(price.may_fit(each, unclear - {MODEL}) for price in fitting for each in inputs)

    def _build_price(self, body: Any, credits: float, written_at: datetime | None) -> KnownPrice | None:
        """Build the price of creates like one that was charged; None where the contract does not know its values."""
        operation, input = _split(body)
        if not isinstance(operation, str):
            return None
        names = (*self.fields.get(operation, (MODEL,)), *list_price_fields(self._select_prices(operation)))
        values = {name: _find(input, name) for name in names}
        if not self._is_known_value("operation", operation) or not all(
            map(self._is_known_value, values, values.values())
        ):
            return None
        when = {name: None if value is _ABSENT else value for name, value in values.items()}
        return KnownPrice(Price(round_credits(credits), MappingProxyType(when)), operation, written_at)

    def _is_known_value(self, name: str, value: Any) -> bool:
        """Whether a value is absent, or one that the contract knows."""
        if value is _ABSENT:
            return True
        if name in self.known_values:
            return isinstance(value, str) and value in self.known_values[name]
        return isinstance(value, str | bool) or is_number(value)


def _split(body: Any) -> tuple[Any, Mapping[str, Any]]:
    """Split a create body into its operation and its input; an input that is no object counts as an empty one."""
    body = body if isinstance(body, dict) else {}
    input = body.get("input")
    return body.get("operation", _ABSENT), input if isinstance(input, dict) else {}


def _find(input: Mapping[str, Any], name: str) -> Any:
    """Find the value of a field by its dotted path; ``_ABSENT`` where there is none."""
    value: Any = input
    for part in name.split("."):
        value = value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    return value


def _has_price_without(price: Price, absent: Iterable[str], prices: Iterable[Price]) -> bool:
    """Whether another price is for the same creates as this one, but without a field that is absent."""
    conditions = [{**price.when, name: None} for name in absent if price.when.get(name) is not None]
    return any(other.when == when for other in prices for when in conditions)


def _find_highest_cost(price: Price, input: Mapping[str, Any], absent: set[str], unclear: set[str]) -> float | None:
    """Find the most that an input of a price may cost; None without a bound."""
    if price.per is not None:
        name, value = price.per.field, _find(input, price.per.field)
        if name in absent and price.per.default is not None:
            unclear = unclear - {name}  # the price itself says how many units such a create has
        elif not (is_number(value) if price.per.unit == "second" else isinstance(value, str)):
            unclear = unclear | {name}  # how many units the target counts in a value of another type is unknown
    return price.compute_highest_cost(input, unclear)


def _to_key(known_price: KnownPrice) -> str:
    """Make a text that is equal for two prices of the same creates."""
    return json.dumps({**known_price.to_dict(), "credits": 0}, sort_keys=True)
