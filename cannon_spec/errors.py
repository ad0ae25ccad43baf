"""The errors that cannon_spec raises (floor 1).

    CannonSpecError
    ├── CatalogError        a file of the contract, or an overlay, cannot be used
    ├── BadPriceFile        a price file cannot be used
    ├── NotJSON             a document is not JSON, or is JSON that readers disagree on
    ├── MissingExtra        a package is not installed that an extra of this project has
    ├── UnknownName         the contract has no such model, operation, claim or rule (a LookupError)
    └── ContractViolation   a payload breaks the contract (raised by ``check_request`` only)

A payload that breaks the contract is data, not an error: every function but ``check_request`` returns a Report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cannon_spec import claim_ids

if TYPE_CHECKING:
    from cannon_spec.finding import Report


class CannonSpecError(Exception):
    """The base class of all errors of this package."""


class CatalogError(CannonSpecError):
    """A file of the contract cannot be used: its place, the problem, and what to do.

    ``others`` are errors for further faults of the file, as far as they were looked for.
    """

    def __init__(self, place: str, problem: str, advice: str, others: Sequence[CatalogError] = ()) -> None:
        super().__init__(place, problem, advice)
        self.place = place
        self.problem = problem
        self.advice = advice
        self.others = tuple(others)

    def relabel(self, rename: Callable[[str], str]) -> CatalogError:
        """The same error and its others, with the places that ``rename`` makes of theirs."""
        others = [each.relabel(rename) for each in self.others]
        return CatalogError(rename(self.place), self.problem, self.advice, others)

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.advice}"


class BadPriceFile(CannonSpecError):
    """A price file cannot be used; the text says why and what to do."""


class MissingExtra(CannonSpecError):
    """A package that only an extra of this project installs is missing; the text says which extra has it."""


class NotJSON(CannonSpecError):
    """A document cannot be read as JSON, and so cannot be judged.

    ``claim`` is the id of the claim that the refusal rests on. ``line`` and ``column`` count from 1; they are None for
    a value that was not read from a text. ``pointer`` is a JSON Pointer to the place, or empty.
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

    @property
    def placed_problem(self) -> str:
        """The problem as a text apart from its file names it: with its kind, and its line and column if known."""
        problem = f"not JSON: {self.problem}" if self.claim == claim_ids.JSON_BODY else self.problem
        if self.line is None or self.column is None:
            return problem
        line = f"line {self.line}, " if self.line > 1 else ""
        return f"{problem} at {line}column {self.column}"

    def __str__(self) -> str:
        return f"{self.placed_problem}; {self.advice}"


class UnknownName(CannonSpecError, LookupError):
    """The contract has nothing with a given name; the text says what it has."""


class ContractViolation(CannonSpecError):
    """A payload has errors. ``report`` has all findings."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        lines = [f"{finding.path or '(document)'}: {finding.message}; {finding.hint}" for finding in self.report.errors]
        return "\n".join(lines)
