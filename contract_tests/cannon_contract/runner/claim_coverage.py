"""Which claims of the ledger the collected tests speak of, and which they leave out (floor 5)."""

from __future__ import annotations

from collections.abc import Iterable

from cannon_spec import Catalog


def find_unknown_claims(catalog: Catalog, marked: Iterable[str]) -> list[str]:
    """The ids that tests are marked with and the ledger does not have."""
    return sorted(set(marked) - catalog.claims.keys())


def find_untested_claims(catalog: Catalog, marked: Iterable[str]) -> list[str]:
    """The claims on behaviour that no test is marked with."""
    return sorted({claim.id for claim in catalog.claims.values() if claim.kind == "behaviour"} - set(marked))
