"""Checks of an operation's prices against the schema of its input, when the contract loads (floor 1, pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cannon_spec.contract.nodes import find_field
from cannon_spec.contract.prices import PerUnit, Price
from cannon_spec.errors import CatalogError

_TYPES_OF_UNITS = {"second": ("number", "integer"), "character": ("string",)}


def check_prices(place: str, prices: Sequence[Price], schema: Mapping[str, Any]) -> None:
    """Check that each price goes by fields that an input has, and that some input may have it.

    Raises CatalogError, which names ``place`` and the number of the price.
    """
    for index, price in enumerate(prices):
        where = f"{place} {index + 1}"
        check_conditions(where, price.when, schema)
        if price.per is not None:
            check_field(where, price.per.field, schema)
            _check_growth(where, price.per, schema)
        # The first price that fits counts: one that has every condition of an earlier price is never reached.
        for number, earlier in enumerate(prices[:index], 1):
            if all(name in price.when and price.when[name] == each for name, each in earlier.when.items()):
                raise CatalogError(where, f"price {number} fits all that it fits", f"move it before price {number}")


def check_conditions(place: str, when: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check that conditions are on fields of an input, and that no range is empty. Raises CatalogError."""
    for name, condition in when.items():
        check_field(place, name, schema)
        if isinstance(condition, Mapping):
            bounds = condition.get("minimum", -math.inf), condition.get("maximum", math.inf)
            if bounds[0] > bounds[1]:
                raise CatalogError(place, f"the minimum of {name} is above its maximum", "swap the two")


def check_field(place: str, name: str, schema: Mapping[str, Any]) -> None:
    """Check that the input has a field, by its dotted name. Raises CatalogError."""
    if find_field(schema, name) is None:
        advice = "correct the name, or add the field to the schema of the input"
        raise CatalogError(place, f"names the field {name}, which the input does not have", advice)


def _check_growth(place: str, per: PerUnit, schema: Mapping[str, Any]) -> None:
    types = (find_field(schema, per.field) or {}).get("type", ())
    if not {*([types] if isinstance(types, str) else types)}.intersection(_TYPES_OF_UNITS[per.unit]):
        kinds = " or ".join(_TYPES_OF_UNITS[per.unit])
        problem = f"grows by the {per.unit} of {per.field}, which is not of type {kinds}"
        raise CatalogError(place, problem, f"name a field of type {kinds}")
    if per.default is None and per.field not in schema.get("required", ()):
        raise CatalogError(place, f"has no default for {per.field}, which is not required", "add a default to per")
