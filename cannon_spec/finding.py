"""The result of judging a document: findings, and the report that holds them (floor 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NoReturn

Severity = Literal["error", "warning"]
Strictness = Literal["normal", "strict", "lenient"]
Patch = tuple[Mapping[str, Any], ...]
"""A JSON Patch (RFC 6902): operations like ``{"op": "replace", "path": "/input/model", "value": "gptimage2"}``."""

MOST_ALIKE = 100
"""The most findings on values that violate one rule, or on names of one object; one more says how many are left."""

UNAVOIDABLE_RULES = frozenset(("operation-assumed", "model-assumed", "notice", "shut-down"))
"""The warnings that each request for an operation or model has: no field of the input avoids them."""


_NUMBER = re.compile(r"\d+")
_INDEX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Evidence:
    """The claim that a finding rests on: its id, its strength, and its source."""

    claim: str
    strength: str
    source: str


class _FixedOperation(dict[str, Any]):
    """An operation of a patch that cannot be changed: all documents with the same slip share their finding."""

    def _refuse_change(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the fix of a finding cannot be changed; copy it first, as Finding.to_dict does")

    __setitem__ = __delitem__ = __ior__ = _refuse_change
    clear = pop = popitem = setdefault = update = _refuse_change

    def __reduce__(self) -> tuple[type[_FixedOperation], tuple[dict[str, Any]]]:
        return _FixedOperation, (dict(self),)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a document.

    ``path`` is a JSON Pointer into the document as submitted. ``rule`` is the id of a schema and the pointer of a
    keyword in it (``models/gptimage2#/properties/resolution/enum``), or the name of a rule that no schema states
    (``model-unknown``). ``hint`` says which values are legal. ``fix`` is a JSON Patch of the document that ends the
    problem; None where the right value is not certain.
    """

    path: str
    rule: str
    severity: Severity
    message: str
    hint: str
    evidence: Evidence
    fix: Patch | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        if self.fix is not None:
            object.__setattr__(self, "fix", tuple(map(_FixedOperation, self.fix)))

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON: ``{"path", "rule", "severity", "message", "hint", "evidence", "fix"}``."""
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
            "fix": None if self.fix is None else [dict(each) for each in self.fix],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings on one document, in the order of their paths."""

    findings: tuple[Finding, ...] = ()

    @classmethod
    def from_findings(cls, findings: Iterable[Finding]) -> Report:
        """The report that has those findings, in any order."""
        all_findings = tuple(findings)
        return cls(tuple(sorted(all_findings, key=_find_place)) if len(all_findings) > 1 else all_findings)

    @property
    def ok(self) -> bool:
        """Whether the document has no errors. It may have warnings."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings with severity error."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings with severity warning."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def with_strictness(self, strictness: Strictness) -> Report:
        """The report under another strictness.

        ``strict`` makes each warning an error, but for those of UNAVOIDABLE_RULES: no change of the input would make
        the document pass. ``lenient`` drops all warnings. Raises ValueError for any other value.
        """
        if strictness == "normal":
            return self
        if strictness == "lenient":
            return Report(self.errors)
        if strictness != "strict":
            raise ValueError(f"unknown strictness {strictness!r}; use normal, strict or lenient")
        return Report(tuple(map(_raise_severity, self.findings)))


def _find_place(finding: Finding) -> tuple[str, str, str]:
    # Numbers are padded, so that item 2 of an array comes before item 10.
    path = _NUMBER.sub(lambda number: number[0].zfill(_INDEX_DIGITS), finding.path)
    return path, finding.rule, finding.message


def _raise_severity(finding: Finding) -> Finding:
    return finding if finding.rule in UNAVOIDABLE_RULES else replace(finding, severity="error")
