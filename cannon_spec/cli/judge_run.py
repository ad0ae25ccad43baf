"""One run of a command that judges files (floor 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cannon_spec.cli.finding_filter import FindingFilter
from cannon_spec.cli.status import ExitStatus, report_problem
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report
from cannon_spec.output.judged_document import JudgedDocument, Summary, Writer

_NO_COUNTS: Mapping[str, int] = MappingProxyType({})


class JudgeRun:
    """Write and count judged documents, and remember what may be reported only once.

    A quiet run writes only documents with findings, and no notes.
    """

    def __init__(self, writer: Writer, finding_filter: FindingFilter | None = None, *, is_quiet: bool = False) -> None:
        self._writer = writer
        self._filter = finding_filter or FindingFilter()
        self._is_quiet = is_quiet
        self._unique_texts: set[str] = set()
        self._could_not_judge = False
        self._summary = Summary()
        self._clean_count = 0

    @property
    def summary(self) -> Summary:
        """The counts over all documents so far."""
        return self._summary.plus_clean(self._clean_count)

    def add(self, judged_document: JudgedDocument) -> Report:
        """Count a judged document and write it, without what the flags and earlier warnings make superfluous.

        The report that is left is returned.
        """
        findings = self._filter.apply(judged_document).findings
        report = Report(tuple(finding for finding in findings if not self._is_repeated_warning(finding)))
        self._summary = self._summary.plus(report, judged_document.cost)
        if report.findings or judged_document.fixes or not self._is_quiet:
            self._writer.add(judged_document._replace(report=report))
        return report

    def add_clean(self, file: str, lines: Sequence[int | None]) -> None:
        """Count and write the documents at some lines of a file of which there is nothing to say."""
        self._filter.note_file(file)
        # Counted apart from the summary, of which a new one for each line would cost as much as the rest.
        self._clean_count += len(lines)
        if not self._is_quiet:
            self._writer.add_clean(file, lines)

    def select_fixable(self, report: Report) -> Report:
        """The findings of a report that may be fixed."""
        return self._filter.select_fixable(report)

    def fail(self, file: str, problem: str) -> None:
        """Report that a file could not be judged, which decides the exit status."""
        self._could_not_judge = True
        report_problem(f"{file}: {problem}")
        self._writer.add_failure(file, problem)

    def note_unjudged_rest(self) -> None:
        """Note that the rest of a file could not be judged, which decides the exit status; a finding says why."""
        self._could_not_judge = True

    def note_once(self, text: str) -> None:
        """Report a text that is no failure, and the same text only once."""
        if text and not self._is_quiet and self._is_first(text):
            report_problem(text)

    def finish(self, extra_counts: Mapping[str, int] = _NO_COUNTS) -> ExitStatus:
        """Write the counts, and end what the run does with a baseline; the exit status is returned."""
        self._writer.finish(self.summary, {**extra_counts, **self._filter.count_left_out()})
        self.note_once(self._filter.close(is_complete=not self._could_not_judge))
        if self._could_not_judge:
            return ExitStatus.COULD_NOT_JUDGE
        return ExitStatus.ERRORS_FOUND if self.summary.errors else ExitStatus.OK

    def _is_repeated_warning(self, finding: Finding) -> bool:
        """Whether this is a warning that no input avoids, about an operation or model, which this run gave before.

        No user can change what it says, so once is enough.
        """
        return finding.rule in UNAVOIDABLE_RULES and not self._is_first(finding.message)

    def _is_first(self, text: str) -> bool:
        is_first = text not in self._unique_texts
        self._unique_texts.add(text)
        return is_first
