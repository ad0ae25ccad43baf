"""What judging says: findings and their report (floor 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]
Strictness = Literal["normal", "strict", "lenient"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The claim that a finding rests on, how strong it is, and where it was read."""

    claim: str
    strength: str
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a document.

    ``path`` is a JSON Pointer into the document as submitted; ``rule`` is a schema and the pointer of its keyword
    (``models/gptimage2#/properties/resolution/enum``) or a word of the judge's own (``model-unknown``); ``hint`` says
    what would be legal.
    """

    path: str
    rule: str
    severity: Severity
    message: str
    hint: str
    evidence: Evidence

    def to_dict(self) -> dict[str, Any]:
        """The finding in its documented JSON form."""
        evidence = {
            "claim": self.evidence.claim,
            "strength": self.evidence.strength,
            "source": self.evidence.source,
        }
        return {
            "path": self.path,
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "evidence": evidence,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Every finding on one document, in the order of their paths."""

    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings are allowed."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of severity error."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings of severity warning."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def with_strictness(self, strictness: Strictness) -> Report:
        """The same findings, with warnings made errors (strict) or dropped (lenient).

        Raises ValueError for another word.
        """
        if strictness == "normal":
            return self
        if strictness == "lenient":
            return Report(self.errors)
        if strictness != "strict":
            raise ValueError(f"strictness {strictness!r}: one of normal, strict, lenient")
        return Report(tuple(replace(finding, severity="error") for finding in self.findings))
