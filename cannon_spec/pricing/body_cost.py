"""What the service charges for a create body, and how that is known (floor 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.prices import Price, list_price_fields, read_field
from cannon_spec.contract.wording import format_count, show_value
from cannon_spec.effective_input import build_effective_input
from cannon_spec.finding import Evidence, Report
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.pricing.price_index import PriceIndex

Obstacle = Literal["", "errors", "no-price", "unreadable"]
"""Why a body is not counted: the service refuses it, nothing says what its operation costs, or it cannot be read.

Empty for a body that is counted.
"""


@dataclass(frozen=True, slots=True)
class BodyCost:
    """The credits of one create body.

    ``basis`` says in words which values of its input, defaults included, the price goes by. ``evidence`` says how the
    price is known; its claim is empty for a price of the user's file. Of a body that is not counted, ``credits`` and
    ``evidence`` are None, and ``obstacle`` says why.
    """

    operation: str
    credits: float | None = None
    evidence: Evidence | None = None
    basis: str = ""
    obstacle: Obstacle = ""

    def to_dict(self) -> dict[str, Any]:
        """The cost as JSON: ``{"credits": 31, "price": {"claim", "strength", "source"}}``, both null if not counted."""
        evidence, price = self.evidence, None
        if evidence is not None:
            price = {"claim": evidence.claim or None, "strength": evidence.strength, "source": evidence.source}
        return {"credits": self.credits, "price": price}


class _Inputs(NamedTuple):
    """An input as it was sent, and as the service takes it."""

    original: Mapping[str, Any]
    effective: Mapping[str, Any]


class RunPrices:
    """The prices of a run: those of the user's file go before those of the contract."""

    def __init__(self, catalog: Catalog, known_prices: Sequence[KnownPrice] = (), file: str = "") -> None:
        self._catalog = catalog
        self._price_index = PriceIndex(known_prices)
        self._file = file

    def find_cost(self, document: Any, report: Report, bare_operation: str | None = None) -> BodyCost:
        """What a judged document costs: a create body, or the bare input of an operation.

        ``report`` is the one of normal strictness: its warnings say which values the service changes.
        """
        name = _find_operation(document) if bare_operation is None else bare_operation
        if not report.ok:
            return BodyCost(name, obstacle="errors")
        operation = self._catalog.operations.get(name)
        sent_input = document["input"] if bare_operation is None else document
        if operation is None or not operation.is_covered:
            return self._apply_file(name, _Inputs(sent_input, sent_input)) or BodyCost(name, obstacle="no-price")
        completion = build_effective_input(
            self._catalog, operation, document, report.findings, is_bare=bare_operation is not None
        )
        inputs = _Inputs(sent_input, completion.input)
        return self._apply_file(name, inputs, operation.prices) or self._apply_contract(operation, completion.input)

    def find_unreadable_cost(self) -> BodyCost:
        """The cost of a document that cannot be read: none is known."""
        return BodyCost("", obstacle="unreadable")

    def _apply_contract(self, operation: Operation, input: Mapping[str, Any]) -> BodyCost:
        cost = operation.find_cost(input)
        evidence = self._catalog.claims[cost.claim].evidence
        return BodyCost(operation.id, cost.credits, evidence, _describe_basis(operation.prices, input))

    def _apply_file(self, operation: str, inputs: _Inputs, prices: Sequence[Price] = ()) -> BodyCost | None:
        """The cost by the file; None where it has no price for the input."""
        candidates = self._price_index.list_candidates(operation, inputs)
        fitting = [each for each in candidates if _fits(each.entry, operation, inputs)]
        if not fitting:
            return None
        # The order of a user's file says nothing, so the entry that says most of the input counts.
        number, entry = max(fitting, key=lambda each: _rank(each.entry, inputs))
        basis = _describe_basis((*prices, entry.price), inputs.effective)
        evidence = Evidence("", "user", f"{self._file}, price {number}")
        return BodyCost(operation, _compute_credits(entry.price, inputs), evidence, basis)


def _find_operation(document: Any) -> str:
    name = document.get("operation") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""


def _describe_basis(prices: Sequence[Price], input: Mapping[str, Any]) -> str:
    """Which values of an input decide, in words: ``model "flux2", resolution "2K"``, or ``text of 38 characters``."""
    texts = {price.per.field for price in prices if price.per is not None and price.per.unit == "character"}
    values = {name: read_field(input, name) for name in list_price_fields(prices)}
    return ", ".join(
        _describe_length(name, value) if name in texts and isinstance(value, str) else f"{name} {show_value(value)}"
        for name, value in values.items()
        if value is not None
    )


def _describe_length(name: str, text: str) -> str:
    return f"{name} of {format_count(len(text), 'character')}"


def _fits(entry: KnownPrice, operation: str, inputs: _Inputs) -> bool:
    """Whether a price is for an input. A run writes the fields that a create left out as null, a user the values."""
    per = entry.price.per
    if entry.operation not in ("", operation) or not any(map(entry.price.fits, inputs)):
        return False
    return per is None or per.default is not None or read_field(inputs.effective, per.field) is not None


def _rank(entry: KnownPrice, inputs: _Inputs) -> tuple[bool, int, bool, float]:
    """Sorts the prices that fit an input, the one that says most of it last; of equal ones the highest."""
    price = entry.price
    return bool(entry.operation), len(price.when), price.fits(inputs.original), _compute_credits(price, inputs)


def _compute_credits(price: Price, inputs: _Inputs) -> float:
    # A price with a default of its own says what a create without the field costs; else the contract's default counts.
    has_default = price.per is not None and price.per.default is not None
    return price.compute_cost(inputs.original if has_default else inputs.effective)
