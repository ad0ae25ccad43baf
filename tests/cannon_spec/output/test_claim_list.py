"""The list of claims."""

from __future__ import annotations

from cannon_spec.output import claim_list
from tests.support.payloads import CATALOG


def test_one_claim_is_counted_in_the_singular() -> None:
    """The count agrees with the noun, and an empty list is only counted."""
    claim = CATALOG.claims["idempotency-mismatch"]
    assert claim_list.render_text([claim]).endswith("\n\n1 claim")
    assert claim_list.render_text([claim, claim]).endswith("\n\n2 claims")
    assert claim_list.render_text([]) == "0 claims"
