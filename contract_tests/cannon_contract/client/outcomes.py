"""How a test ends that does not pass: a claim is broken, or nothing was tested (floor 6)."""

from __future__ import annotations


class ClaimBroken(AssertionError):
    """A reply breaks ``claims``, whatever the claims of its test are.

    A plain failed assertion breaks the claims that its test is marked with.
    """

    def __init__(self, description: str, *claims: str) -> None:
        super().__init__(description)
        self.claims = claims


class MemberMissing(ClaimBroken):
    """A reply lacks a member that a test reads. Where its schema names that member too, the test shows nothing else."""

    def __init__(self, description: str, member: str, *claims: str) -> None:
        super().__init__(description, *claims)
        self.member = member


class NotTested(Exception):
    """A test can show nothing on this target, or must not run there; the text says why."""
