"""What creates cost, as far as somebody knows: the vendor publishes no prices (floor 5)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cannon_spec import document
from cannon_spec.errors import NotJSON

FORM = '{"prices": [{"operation": "…", "model": "…", "resolution": "…", "credits": 28}]}'
_FIELDS = ("operation", "model", "resolution")


class BadPrices(Exception):
    """A price file cannot be used; says why."""


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


def read(path: str | None, assumed: float | None) -> Prices:
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
    if not isinstance(entries, list) or not all(map(_is_price, entries)):
        raise BadPrices(f"{path}: no price file; it has the form {FORM}")
    return Prices(tuple(Price(**entry) for entry in entries), assumed)


def _is_price(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.keys() - {"credits", *_FIELDS}:
        return False
    credits = entry.get("credits")
    if isinstance(credits, bool) or not isinstance(credits, int | float) or not 0 <= credits < math.inf:
        return False
    return all(isinstance(entry.get(name, ""), str) for name in _FIELDS)


def _fields(body: Any) -> dict[str, Any]:
    """What a price may go by, of a create body; None for what it leaves out or has of another type."""
    body = body if isinstance(body, dict) else {}
    input = body.get("input") if isinstance(body.get("input"), dict) else {}
    found = {"operation": body.get("operation"), "model": input.get("model"), "resolution": input.get("resolution")}
    return {name: value if isinstance(value, str) else None for name, value in found.items()}
