"""Prices by any field of an input: what a request costs, and the most that it may cost (floor 1, pure)."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from cannon_spec.contract.arithmetic import is_number

_DECIMALS = 9
_HIGHEST_COST = 10**15
"""Any cost above this counts as this one, which no account can pay: numbers of an input may be as large as a double."""


class Cost(NamedTuple):
    """The cost of a request in whole credits, and the id of the claim that it rests on."""

    credits: int
    claim: str


@dataclass(frozen=True, slots=True)
class PerUnit:
    """How a price grows with a field: its credits are for each ``amount`` units of that field.

    ``unit`` is ``second`` (the field is a number) or ``character`` (the field is a text). ``default`` is how many units
    a request has that leaves the field out; None where the field is required.
    """

    field: str
    unit: str
    amount: float = 1
    default: float | None = None

    def count_units(self, value: Any) -> float:
        """How many units a value has, at least 0; the default (0 if none) where it is absent or of another type."""
        if self.unit == "character" and isinstance(value, str):
            return len(value)
        return max(0.0, float(value)) if self.unit == "second" and is_number(value) else self.default or 0


@dataclass(frozen=True, slots=True)
class Price:
    """The price of requests whose input meets every condition of ``when``.

    ``when`` maps a field (a dotted path for one in an object) to a plain value, to None (the field is absent or null),
    to a list of such values, or to ``{"minimum": n, "maximum": n}`` (a number in that range; either may be left out).
    ``credits`` are for one request, or with ``per`` for a number of units of a field. ``claim`` is the id of the claim
    that the price rests on.
    """

    credits: float
    when: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    per: PerUnit | None = None
    claim: str = ""

    def fits(self, input: Mapping[str, Any]) -> bool:
        """Whether an input has this price: it meets each condition."""
        return self.may_fit(input, ())

    def may_fit(self, input: Mapping[str, Any], unknowns: Container[str]) -> bool:
        """Whether an input may have this price. A field of ``unknowns`` may have any value or be absent."""
        return meets_conditions(input, self.when, unknowns)

    def compute_cost(self, input: Mapping[str, Any]) -> float:
        """What an input of this price costs. A price that grows with a field is rounded up to a whole credit."""
        return self.credits if self.per is None else self._multiply(read_field(input, self.per.field))

    def compute_highest_cost(self, input: Mapping[str, Any], unknowns: Container[str]) -> float | None:
        """The most that an input of this price may cost; None if it grows with an unknown field without limit."""
        if self.per is None or self.per.field not in unknowns:
            return self.compute_cost(input)
        # Values that the condition excludes have another price, so the condition on that field is the only limit.
        condition = self.when.get(self.per.field, {})
        if isinstance(condition, Mapping):
            return self._multiply(condition["maximum"]) if "maximum" in condition else None
        return max(self._multiply(value) for value in (condition if isinstance(condition, list) else [condition]))

    def _multiply(self, value: Any) -> float:
        assert self.per is not None
        cost = min(float(self.credits) * self.per.count_units(value) / self.per.amount, _HIGHEST_COST)
        # 10 * 1.1 is 11.000000000000002: without the inner rounding, an error of the number's binary form would cost
        # a whole credit.
        return math.ceil(round(cost, _DECIMALS))


def build_price(entry: Mapping[str, Any]) -> Price:
    """The price that a JSON entry describes: ``{"credits", "when"?, "per"?, "claim"?}``, as meta.schema.json has it."""
    per = entry.get("per")
    when = MappingProxyType(dict(entry.get("when", {})))
    return Price(entry["credits"], when, None if per is None else PerUnit(**per), entry.get("claim", ""))


def meets_conditions(input: Mapping[str, Any], when: Mapping[str, Any], unknowns: Container[str] = ()) -> bool:
    """Whether an input meets each condition of a ``when``. A field of ``unknowns`` may have any value or be absent."""
    # A loop in place of a generator: a dozen prices are tried for each create.
    for name, condition in when.items():
        if name not in unknowns and not _is_met(read_field(input, name), condition):
            return False
    return True


def read_field(input: Mapping[str, Any], name: str) -> Any:
    """The value of a field by its dotted path; None where it is absent or null."""
    if "." not in name:
        return input.get(name)
    first_name, _, rest = name.partition(".")
    value = input.get(first_name)
    return read_field(value if isinstance(value, Mapping) else {}, rest)


def find_price(prices: Iterable[Price], input: Mapping[str, Any]) -> Price | None:
    """The first price that fits an input."""
    for price in prices:
        if meets_conditions(input, price.when):
            return price
    return None


def list_price_fields(prices: Iterable[Price]) -> tuple[str, ...]:
    """The fields that any of the prices goes by, each once, in the order of the prices."""
    names = [name for price in prices for name in (*price.when, *((price.per.field,) if price.per else ()))]
    return tuple(dict.fromkeys(names))


def _is_met(value: Any, condition: Any) -> bool:
    if isinstance(condition, str):  # most conditions
        return bool(value == condition)
    if isinstance(condition, dict):
        bounds = condition.get("minimum", -math.inf), condition.get("maximum", math.inf)
        return is_number(value) and bounds[0] <= value <= bounds[1]
    if isinstance(condition, list):
        return any(_is_met(value, each) for each in condition)
    # In Python True equals 1; in JSON it does not.
    return bool(value == condition) and isinstance(value, bool) == isinstance(condition, bool)
