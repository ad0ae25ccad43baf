"""The prices of a file, so that few of them are tried for each body (floor 1)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.prices import read_field
from cannon_spec.pricing.known_price import KnownPrice


class FilePrice(NamedTuple):
    """A price of the user's file, and its number there."""

    number: int
    entry: KnownPrice


class PriceIndex:
    """Prices by their operation and, where they want the text of a field, by the one that the fewest others want.

    Twice the prices and twice the bodies then take twice the time, not four times.
    """

    def __init__(self, entries: Sequence[KnownPrice]) -> None:
        counts = Counter((each.operation, *condition) for each in entries for condition in _list_texts(each))
        self._prices: dict[str, dict[str, dict[str, list[FilePrice]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        for number, entry in enumerate(entries, 1):
            texts = _list_texts(entry)
            name, text = min(texts, key=lambda each: counts[entry.operation, *each]) if texts else ("", "")
            self._prices[entry.operation][name][text].append(FilePrice(number, entry))

    def list_candidates(self, operation: str, inputs: Iterable[Mapping[str, Any]]) -> list[FilePrice]:
        """The prices that may fit an operation and one of the inputs, in the order of the file."""
        inputs, candidates = tuple(inputs), []
        for name in {operation, ""} & self._prices.keys():
            for field, prices in self._prices[name].items():
                values = (read_field(each, field) for each in inputs) if field else ("",)
                texts = {value for value in values if isinstance(value, str)} & prices.keys()
                candidates += [price for text in texts for price in prices[text]]
        return sorted(candidates, key=lambda each: each.number)


def _list_texts(entry: KnownPrice) -> list[tuple[str, str]]:
    """The fields of which a price wants one text, each with the text."""
    return [(name, value) for name, value in entry.price.when.items() if isinstance(value, str)]
