"""The claims of the contract, as a list (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from cannon_spec.contract.catalog import Catalog, Claim
from cannon_spec.contract.wording import format_count
from cannon_spec.output.tables import render_text as render_table


def select_claims(catalog: Catalog, strength: str | None, kind: str | None) -> list[Claim]:
    """The claims of a strength and a kind, of any where None is given, in the order of the catalog."""
    return [each for each in catalog.claims.values() if strength in (None, each.strength) and kind in (None, each.kind)]


def render_text(claims: Sequence[Claim]) -> str:
    """Render the claims in columns, and how many there are."""
    rows = [(each.id, each.strength, each.kind, each.text) for each in claims]
    count = format_count(len(rows), "claim")
    return f"{render_table([('claim', 'strength', 'kind', 'what it says'), *rows])}\n\n{count}" if rows else count


def render_json(claims: Sequence[Claim]) -> str:
    """Render the claims with all their members, sources too."""
    return json.dumps({"claims": [asdict(each) for each in claims]}, indent=2)
