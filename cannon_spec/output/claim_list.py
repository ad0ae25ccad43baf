"""The claims of the contract, as a list (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from cannon_spec.contract.catalog import Catalog, Claim
from cannon_spec.output import tables


def chosen(catalog: Catalog, strength: str | None, kind: str | None) -> list[Claim]:
    """The claims of a strength and a kind, of any where None is given, in the order of the ledger."""
    return [each for each in catalog.claims.values() if strength in (None, each.strength) and kind in (None, each.kind)]


def text(claims: Sequence[Claim]) -> str:
    """The claims in columns, and how many there are."""
    rows = [(each.id, each.strength, each.kind, each.text) for each in claims]
    counted = "1 claim" if len(rows) == 1 else f"{len(rows)} claims"
    if not rows:
        return counted
    return f"{tables.render_text([('claim', 'strength', 'kind', 'what it says'), *rows])}\n\n{counted}"


def as_json(claims: Sequence[Claim]) -> str:
    """The claims with all their members, sources too."""
    return json.dumps({"claims": [asdict(each) for each in claims]}, indent=2)
