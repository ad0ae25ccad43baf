"""The errors that cannon_spec raises (floor 1).

    CannonSpecError
    ├── CatalogError        the contract's own files, or an overlay over them, cannot be used
    ├── NotJSON             a document is refused at the door: not JSON, or JSON that readers disagree on
    ├── UnknownName         a model, operation, claim or rule that the contract does not have (a LookupError)
    └── ContractViolation   a payload breaks the contract (raised by ``check_request`` only)

A payload that breaks the contract is data, not an error: everything but ``check_request`` returns a Report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cannon_spec import claim_ids

if TYPE_CHECKING:
    from cannon_spec.finding import Report


class CannonSpecError(Exception):
    """What every error of this package is."""


class CatalogError(CannonSpecError):
    """A file of the contract cannot be used: where, what is wrong, what to do."""

    def __init__(self, place: str, problem: str, advice: str) -> None:
        super().__init__(place, problem, advice)
        self.place = place
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.advice}"


class NotJSON(CannonSpecError):
    """A document is refused before it is judged.

    ``line`` and ``column`` count from 1 and are None where only ``pointer``, a JSON Pointer, is known.
    """

    def __init__(
        self,
        problem: str,
        advice: str,
        *,
        claim: str = claim_ids.JSON_STRICT,
        pointer: str = "",
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice
        self.claim = claim
        self.pointer = pointer
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.problem}; {self.advice}"


class UnknownName(CannonSpecError, LookupError):
    """The contract has nothing of that name; the text says what it has."""


class ContractViolation(CannonSpecError):
    """A payload has errors; ``report`` holds every finding."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        lines = [f"{finding.path or '(document)'}: {finding.message}; {finding.hint}" for finding in self.report.errors]
        return "\n".join(lines)
