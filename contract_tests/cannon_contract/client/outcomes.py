"""How a test ends that does not hold: a promise is broken, or nothing could be shown (floor 5)."""

from __future__ import annotations


class ClaimBroken(AssertionError):
    """Raised where a reply breaks the promise of ``claims``, whatever else its test is about.

    A plain failed assertion speaks of the claims that its test is marked with.
    """

    def __init__(self, seen: str, *claims: str) -> None:
        super().__init__(seen)
        self.claims = claims


class NotTested(Exception):
    """Raised where a test cannot show anything on this target, or must not; says why."""
