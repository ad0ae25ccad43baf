"""Compares the claims that tests are marked with with the claims of the ledger (floor 6)."""

from __future__ import annotations

from collections.abc import Iterable

from cannon_spec import Catalog


def find_unknown_claims(catalog: Catalog, marked_claims: Iterable[str]) -> list[str]:
    """Find the ids that tests are marked with and the ledger does not have, sorted."""
    return sorted(set(marked_claims) - catalog.claims.keys())


def find_untested_claims(catalog: Catalog, marked_claims: Iterable[str]) -> list[str]:
    """Find the claims on behaviour that no test is marked with, sorted."""
    return sorted({claim.id for claim in catalog.claims.values() if claim.kind == "behaviour"} - set(marked_claims))
