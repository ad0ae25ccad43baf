"""One run of a command that judges files (floor 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from cannon_spec.cli.finding_filter import FindingFilter
from cannon_spec.cli.status import ExitStatus, report_problem
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report
from cannon_spec.output.judged_document import FILES_NOT_JUDGED, JudgedDocument, Summary, Writer

if TYPE_CHECKING:
    from cannon_spec.cli.partial_run import PartialRun, RunSegment

_NO_COUNTS: Mapping[str, int] = MappingProxyType({})

_MOST_CLEAN_LINES = 500
"""Of how many documents without findings the results are written at once, at most."""


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
        self._failed_files = 0
        self._summary = Summary()
        self._clean_file = ""
        self._clean_lines: list[int | None] = []

    @property
    def summary(self) -> Summary:
        """The counts over all documents so far."""
        return self._summary.plus_clean(len(self._clean_lines))

    def add(self, judged_document: JudgedDocument) -> Report:
        """Count a judged document and write it, without what the flags and earlier warnings make superfluous.

        The report that is left is returned.
        """
        self._end_clean_lines()
        shown_document = self._show(judged_document)
        if not self._is_superfluous(shown_document):
            self._writer.add((self._writer.format(shown_document),))
        return shown_document.report

    def add_clean(self, file: str, line: int | None) -> None:
        """Count and write a document of which there is nothing to say."""
        # Several at once: a summary and a text of its own for each line would cost as much as the rest.
        if file != self._clean_file or len(self._clean_lines) >= _MOST_CLEAN_LINES:
            self._end_clean_lines()
            self._clean_file = file
            self._filter.note_file(file)
        self._clean_lines.append(line)

    def begin_part(self) -> PartialRun:
        """A run of the same flags for parts of one file, which another process judges one after the other."""
        from cannon_spec.cli.partial_run import PartialRun  # late: few runs have several processes

        return PartialRun(self._writer, self._filter, is_quiet=self._is_quiet)

    def add_part(self, file: str, part: Sequence[RunSegment | JudgedDocument]) -> None:
        """Count and write a part of a file that a PartialRun of this run prepared."""
        self._end_clean_lines()
        if part:  # a file without a document is not judged
            self._filter.note_file(file)
        for each in part:
            if isinstance(each, JudgedDocument):
                self.add(each)
                continue
            self._summary = self._summary.join(each.summary)
            self._filter.add_left_out(*each.left_out)
            self._writer.add(each.texts)

    def select_fixable(self, report: Report) -> Report:
        """The findings of a report that may be fixed."""
        return self._filter.select_fixable(report)

    def fail(self, file: str, problem: str, *, is_judged: bool = False) -> None:
        """Report that a file could not be judged, or not be written, which decides the exit status."""
        self._could_not_judge = True
        self._failed_files += not is_judged
        self._end_clean_lines()
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
        self._end_clean_lines()
        self._writer.finish(self.summary, {**extra_counts, **self.count_further()})
        self.note_once(self._filter.close(is_complete=not self._could_not_judge))
        if self._could_not_judge:
            return ExitStatus.COULD_NOT_JUDGE
        return ExitStatus.ERRORS_FOUND if self.summary.errors else ExitStatus.OK

    def count_further(self) -> dict[str, int]:
        """What is counted beside the summary: files that could not be judged, and findings that were left out."""
        failed = {FILES_NOT_JUDGED: self._failed_files} if self._failed_files else {}
        return {**self._filter.count_left_out(), **failed}

    def _end_clean_lines(self) -> None:
        lines, self._clean_lines = self._clean_lines, []
        self._summary = self._summary.plus_clean(len(lines))
        if lines and not self._is_quiet:
            self._writer.add((self._writer.format_clean(self._clean_file, lines),))

    def _show(self, judged_document: JudgedDocument) -> JudgedDocument:
        """Count a document, as it is shown: without what the flags and earlier warnings make superfluous."""
        findings = self._filter.apply(judged_document).findings
        report = Report(tuple(finding for finding in findings if not self._is_repeated_warning(finding)))
        shown_document = judged_document._replace(report=report)
        self._summary = self._summary.plus(shown_document)
        return shown_document

    def _is_superfluous(self, shown_document: JudgedDocument) -> bool:
        return self._is_quiet and not shown_document.report.findings and not shown_document.fixes

    def _is_repeated_warning(self, finding: Finding) -> bool:
        """Whether this is a warning that no input avoids, about an operation or model, which this run gave before.

        No user can change what it says, so once is enough.
        """
        return finding.rule in UNAVOIDABLE_RULES and not self._is_first(finding.message)

    def _is_first(self, text: str) -> bool:
        is_first = text not in self._unique_texts
        self._unique_texts.add(text)
        return is_first
