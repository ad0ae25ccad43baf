"""A judged document, the counts over all of them, and what a writer does with both (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cannon_spec.finding import Finding, Report
from cannon_spec.json_positions import Position
from cannon_spec.printable import escape_unprintable

if TYPE_CHECKING:
    from cannon_spec.contract.claim import Claim
    from cannon_spec.pricing.body_cost import BodyCost
    from cannon_spec.pricing.cost_totals import CostTotals

Write = Callable[[str], object]
Locate = Callable[[str], Position | None]
Formatted = Any
"""What a writer makes of documents, and only writers of its format read: it can be sent to another process."""


class AppliedFix(NamedTuple):
    """A finding that was fixed, what its fix changed, and where its value was in the file before."""

    finding: Finding
    description: str
    position: Position | None


class JudgedDocument(NamedTuple):
    """One judged document: its file, its line (None for a file that is one document), and its report.

    ``locate`` finds the value at a JSON Pointer in the file. A call of recorded traffic has no places, but the number
    of its entry and its call, as POST /api/v1/requests. Only a document whose cost is asked for has one. ``value`` is
    what fixes are for; None if it cannot be read, or is not in a file of the user. ``fixes`` are those that were
    applied; None where none were to be.
    """

    file: str
    line: int | None
    report: Report
    locate: Locate | None = None
    entry: int | None = None
    call: str = ""
    cost: BodyCost | None = None
    value: Any = None
    fixes: Sequence[AppliedFix] | None = None

    def find_position(self, finding: Finding) -> Position | None:
        """Where in the file the value of a finding starts; None for recorded traffic."""
        return None if self.locate is None else self.locate(finding.path)

    def format_place(self, position: Position | None, file: str) -> str:
        """A place in a file of that name as FILE:LINE:COLUMN, which editors can open; of recorded traffic the call."""
        if self.entry is not None:
            return f"{file}: entry {self.entry} ({escape_unprintable(self.call)})"
        return file if position is None else f"{file}:{position.line}:{position.column}"

    def detach(self) -> JudgedDocument:
        """The same without the text of its file, for another process."""
        findings = self.report.findings
        positions = {each.path: self.find_position(each) for each in findings}
        is_fixable = any(each.fix is not None for each in findings)  # only the words of a fix need the value
        return self._replace(locate=positions.get, value=self.value if is_fixable else None)

    @property
    def fixable_count(self) -> int:
        """How many of its findings have a fix that could be applied, and was not."""
        if self.value is None or self.fixes is not None:
            return 0
        return sum(each.fix is not None for each in self.report.findings)


class Summary(NamedTuple):
    """Counts over all documents judged so far, and their cost if that is asked for.

    ``fixable`` counts the findings that could be fixed.
    """

    documents: int = 0
    ok: int = 0
    errors: int = 0
    warnings: int = 0
    fixable: int = 0
    cost: CostTotals | None = None

    def plus(self, judged_document: JudgedDocument) -> Summary:
        """The counts with one document more."""
        report, cost = judged_document.report, judged_document.cost
        return Summary(
            self.documents + 1,
            self.ok + report.ok,
            self.errors + len(report.errors),
            self.warnings + len(report.warnings),
            self.fixable + judged_document.fixable_count,
            self.cost if cost is None else _add_cost(self.cost, cost),
        )

    def join(self, other: Summary) -> Summary:
        """The counts over the documents of two summaries."""
        return Summary(
            self.documents + other.documents,
            self.ok + other.ok,
            self.errors + other.errors,
            self.warnings + other.warnings,
            self.fixable + other.fixable,
            other.cost if self.cost is None else self.cost if other.cost is None else self.cost.join(other.cost),
        )

    def plus_clean(self, number: int) -> Summary:
        """The counts with documents more that have no findings and no cost."""
        return self._replace(documents=self.documents + number, ok=self.ok + number)

    def to_dict(self) -> dict[str, Any]:
        """The counts in their documented JSON form."""
        counts = {"judged": self.documents, "ok": self.ok, "errors": self.errors, "warnings": self.warnings}
        return counts if self.cost is None else {**counts, **self.cost.to_dict()}


def _add_cost(totals: CostTotals | None, cost: BodyCost) -> CostTotals:
    from cannon_spec.pricing.cost_totals import CostTotals  # late: few runs ask for costs

    return (totals or CostTotals()).plus(cost)


class Output(NamedTuple):
    """Where a writer writes, and what it must know of the place.

    ``has_color`` says whether it may use the colours of a terminal there. Formats for CI systems name files relative to
    ``code_folder``, describe rules by ``claims``, the claims of the contract by their ids, and write what is too long
    for them by ``write_summary``, where there is one.
    """

    write: Write
    has_color: bool = False
    code_folder: str = "."
    claims: Mapping[str, Claim] = MappingProxyType({})
    write_summary: Write | None = None


FILES_NOT_JUDGED = "files_not_judged"
"""The name of the count of files that could not be judged at all; it is there where there are some."""


class Writer(Protocol):
    """What each format does with judged documents: write each as it comes, and the counts at the end.

    What is to be written of documents may be formatted by another writer of the format, as in another process: it is a
    text, or whatever else a format needs. A file that cannot be judged at all is written as one that failed; standard
    error names it too.
    """

    def __init__(self, output: Output) -> None: ...

    def format(self, judged_document: JudgedDocument) -> Formatted:
        """The text of one judged document; empty where nothing is to be written of it."""

    def format_clean(self, file: str, lines: Iterable[int | None]) -> Formatted:
        """The text of the documents at some lines of a file, of which each has no findings, no cost and no fixes."""

    def add(self, texts: Iterable[Formatted]) -> None:
        """Write what such methods returned, each text for documents after those of the text before."""

    def add_failure(self, file: str, problem: str) -> None:
        """Write that a file could not be judged, and why."""

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the counts, those of the command by their names after those of the summary."""
