"""How much of a run a report has, so that no target makes its files large (floor 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cannon_contract.client.recording import Exchange, cut_body
from cannon_spec.printable import escape_unprintable

LARGEST_FILE = 1_000_000
"""How many bytes a file of a report may have."""


@dataclass(frozen=True, slots=True)
class ReportBounds:
    """The most that a report has of each kind.

    ``body`` counts the bytes of one body, ``text`` those of one sentence, ``exchanges``, ``reasons`` and
    ``tests`` the entries of one claim, ``entries`` those of each list on spending, ``results`` those of all tests.
    """

    body: int
    text: int
    exchanges: int
    reasons: int
    tests: int
    entries: int
    results: int

    def cut_text(self, text: str) -> str:
        """A sentence as printable text, cut where it is too long."""
        content = escape_unprintable(text[: self.text + 1]).encode()
        if len(content) <= self.text:
            return content.decode()
        return content[: self.text].decode(errors="ignore") + "…"

    def cut_exchanges(self, exchanges: Sequence[Exchange]) -> dict[str, Any]:
        """The last calls of a claim, which tell most, as a bounded list."""
        last = exchanges[-self.exchanges :] if self.exchanges else []
        return {
            "exchanges": [self._cut_exchange(each) for each in last],
            "more_exchanges": len(exchanges) - len(last),
        }

    def _cut_exchange(self, exchange: Exchange) -> dict[str, Any]:
        return {
            "request": exchange.request,
            "sent_headers": exchange.request_headers,
            "sent": cut_body(exchange.request_body, self.body),
            "status": exchange.status,
            "headers": exchange.headers,
            "body": cut_body(exchange.body, self.body),
        }


LEVELS = (
    ReportBounds(body=4096, text=600, exchanges=12, reasons=50, tests=2000, entries=1000, results=10_000),
    ReportBounds(body=4096, text=600, exchanges=3, reasons=20, tests=100, entries=300, results=10_000),
    ReportBounds(body=1024, text=500, exchanges=2, reasons=10, tests=50, entries=200, results=1000),
    ReportBounds(body=256, text=300, exchanges=1, reasons=3, tests=10, entries=100, results=500),
    ReportBounds(body=0, text=60, exchanges=0, reasons=1, tests=3, entries=20, results=500),
)
"""Levels of limits, the widest first: a report has the first one with which its files are not too large."""


def bound(name: str, items: Sequence[Any], most: int) -> dict[str, Any]:
    """The first items of a list as a member of a report, and how many more there are."""
    return {name: list(items[:most]), f"more_{name}": max(0, len(items) - most)}
