"""What a run knows of prices before it starts: those of its price file, and those of the contract (floor 6)."""

from __future__ import annotations

from collections.abc import Container

from cannon_contract.spending.price_list import MODEL, PriceList
from cannon_spec import Catalog
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.prices import Price, list_price_fields
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.pricing.price_file import read_price_file

_KNOWN_STRENGTHS = ("documented", "observed", "user")
"""The strengths of a claim whose price a target must keep."""


def read_prices(path: str | None, assumed_price: float | None, catalog: Catalog) -> PriceList:
    """Read the prices of a file, beside those that the contract knows; no file without a path.

    Raises BadPriceFile for a file that cannot be used; the error names the bad entry.
    """
    known_prices = () if path is None else read_price_file(path, catalog)
    covered_operations = [each for each in catalog.operations.values() if each.is_covered]
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


def _list_documented(catalog: Catalog, operation: Operation) -> tuple[Price, ...]:
    """List the prices of an operation where the vendor states each of them; else none: the first that fits counts."""
    strengths = {catalog.claims[price.claim].strength for price in operation.prices}
    return operation.prices if strengths <= {*_KNOWN_STRENGTHS} else ()


def _list_deciding_fields(operation: Operation) -> tuple[str, ...]:
    """List the fields that decide the price of an operation: its model, and those that the contract says."""
    return tuple(dict.fromkeys(((MODEL,) if operation.models else ()) + list_price_fields(operation.prices)))


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
