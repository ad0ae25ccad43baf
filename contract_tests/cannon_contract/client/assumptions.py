"""What tests assume of a target beside what they demand of it (floor 6)."""

from __future__ import annotations

from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.outcomes import ClaimBroken


def expect_assumed(api: Api, is_kept: bool, what: str, expected: str, actual: object, claim: str) -> None:
    """Raise ClaimBroken where our mock does not keep an assumption: ``what: expected EXPECTED, got ACTUAL``.

    Of any other target note that as a deviation: the test goes on, and what it demands can still hold.
    """
    if is_kept:
        return
    description = f"{what}: expected {expected}, got {show(actual)}"
    if api.is_mock:
        raise ClaimBroken(description, claim)
    api.note_deviation(claim, description)
