"""Claims: statements on the API, how each is known, and what contradicts it (floor 1, pure)."""

from __future__ import annotations

from dataclasses import dataclass

from cannon_spec.finding import Evidence, Severity

STRENGTHS = ("documented", "example", "observed", "upstream", "reported", "assumed", "user")
"""The strengths of claims, from strong to weak; the user's own at the end."""

_ERROR_STRENGTHS = frozenset(("documented", "example", "observed", "user"))


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement on the API, and how it is known.

    ``strength`` is documented, example, observed, upstream, reported, assumed or user. ``kind`` is rule (a keyword of a
    schema rests on it), behaviour (the service does it) or gap (it names what is not known; no rule rests on it,
    and no server is held to it: at most the mock fills it in so).
    ``source`` is an address, or says that there is none.

    ``breaks`` names what a server does that breaks the claim, whichever server it is. ``observed`` names what breaks it
    on our mock only: of another server it is observed, as no words of the vendor's are against it. The contract tests
    notice each of them.
    """

    id: str
    text: str
    strength: str
    kind: str
    source: str
    breaks: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()

    @property
    def evidence(self) -> Evidence:
        """The claim as a finding cites it."""
        return Evidence(self.id, self.strength, self.source)

    @property
    def severity(self) -> Severity:
        """The severity of a violation of this claim, unless a schema sets another one."""
        return "error" if self.strength in _ERROR_STRENGTHS else "warning"

    @property
    def is_required(self) -> bool:
        """Whether every server must keep it: words of the vendor's say it, or the keys and types of an example show it.

        The values in an example bind nobody.
        """
        return self.severity == "error" and (self.kind == "rule" or self.strength != "example")
