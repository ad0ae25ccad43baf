"""What creates cost, as far as somebody knows: the vendor publishes no prices (floor 5)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cannon_spec import Catalog, document, validate_request
from cannon_spec.errors import NotJSON
from contract_tests.target import OPERATION

FORM = '{"prices": [{"operation": "…", "model": "…", "resolution": "…", "credits": 28}]}'
_FIELDS = ("operation", "model", "resolution")
_PLACES = ("/operation", "/input/model", "/input/resolution")


class BadPrices(Exception):
    """A price file cannot be used; says why."""


def finite(value: object) -> float | None:
    """A number that a double can hold; None for whatever else stands in its place."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def amount(value: object) -> float | None:
    """A number of credits that something can cost; None for whatever else stands in its place."""
    number = finite(value)
    return None if number is None or number < 0 else number


@dataclass(frozen=True, slots=True)
class Price:
    """What creates cost that have each of the fields that are named; an empty one fits any."""

    credits: float
    operation: str = ""
    model: str = ""
    resolution: str = ""

    def may_fit(self, fields: Mapping[str, Any]) -> bool:
        """Whether a create could be one of those: nothing that it says is otherwise, what it leaves out may be so."""
        return all(getattr(self, name) in ("", fields[name]) for name in _FIELDS if fields.get(name) is not None)


@dataclass(frozen=True, slots=True)
class Prices:
    """Known prices; ``assumed`` is what to reckon with where none is known, None for not at all."""

    known: tuple[Price, ...] = ()
    assumed: float | None = None

    def dearest(self, body: Any) -> float | None:
        """The dearest known price that a create may have, else the assumed one; None where there is none either."""
        fields = _fields(body)
        fitting = [price.credits for price in self.known if price.may_fit(fields)]
        return max(fitting, default=self.assumed)

    def with_charged(self, charged: Iterable[tuple[Any, float]]) -> Prices:
        """These prices after bodies were charged: for what was charged the dearest of this run, the rest as it was.

        What left its model or resolution out says nothing of the price of either.
        """
        seen: dict[tuple[str, ...], float] = {}
        for body, credits in charged:
            fields = _fields(body)
            key = tuple(str(fields[name] or "") for name in _FIELDS)
            if all(key):
                seen[key] = max(credits, seen.get(key, 0))
        kept = tuple(price for price in self.known if (price.operation, price.model, price.resolution) not in seen)
        return Prices((*kept, *(Price(credits, *key) for key, credits in seen.items())), self.assumed)

    def to_json(self) -> str:
        """The text of a price file."""
        named = [{name: getattr(price, name) for name in _FIELDS if getattr(price, name)} for price in self.known]
        entries = [{**fields, "credits": price.credits} for fields, price in zip(named, self.known, strict=True)]
        return json.dumps({"prices": entries}, indent=2) + "\n"


def read(path: str | None, assumed: float | None, catalog: Catalog) -> Prices:
    """The prices of a file, none without a path. Raises BadPrices for a file that cannot be used."""
    if path is None:
        return Prices((), assumed)
    try:
        data = document.loads(Path(path).read_bytes())
    except OSError as error:
        raise BadPrices(f"{path}: {error.strerror}; check the path") from None
    except NotJSON as error:
        raise BadPrices(f"{path}: {error}") from None
    entries = data.get("prices") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadPrices(f"{path}: no list of prices; it has the form {FORM}")
    for number, entry in enumerate(entries, 1):
        wrong = _wrong(entry, catalog)
        if wrong:
            raise BadPrices(f"{path}: price {number} of {len(entries)}: {wrong}")
    return Prices(tuple(Price(**entry) for entry in entries), assumed)


def _wrong(entry: Any, catalog: Catalog) -> str:
    """What is wrong with an entry of a price file; empty for nothing."""
    if not isinstance(entry, dict):
        return f"not an object; it has the form {FORM}"
    unknown = sorted(entry.keys() - {"credits", *_FIELDS})
    if unknown:
        return f"{unknown[0]} is not known; known are {', '.join((*_FIELDS, 'credits'))}"
    if amount(entry.get("credits")) is None:
        return "credits is to be a number, 0 or more"
    named = {name: entry[name] for name in _FIELDS if name in entry}
    no_text = [name for name, value in named.items() if not isinstance(value, str)]
    return f"{no_text[0]} is to be a text" if no_text else _no_such(named, catalog)


def _no_such(named: Mapping[str, str], catalog: Catalog) -> str:
    """What the contract has against the names of an entry; empty for nothing, or where it does not judge them."""
    said = {name: value for name, value in named.items() if value}
    input = {"prompt": "x" * 40, "aspect_ratio": "16:9", **{name: said[name] for name in said.keys() - {"operation"}}}
    body = {"operation": said.get("operation", OPERATION), "input": input}
    for finding in validate_request(body, catalog=catalog).errors:
        if finding.rule != "operation-not-covered" and finding.path in _PLACES:
            return "; ".join(filter(None, (finding.message, finding.hint)))
    return ""


def _fields(body: Any) -> dict[str, Any]:
    """What a price may go by, of a create body; None for what it leaves out or has of another type."""
    body = body if isinstance(body, dict) else {}
    input = body.get("input") if isinstance(body.get("input"), dict) else {}
    found = {"operation": body.get("operation"), "model": input.get("model"), "resolution": input.get("resolution")}
    return {name: value if isinstance(value, str) else None for name, value in found.items()}
