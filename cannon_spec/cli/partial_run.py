"""What a process prepares for a run that several processes share (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cannon_spec.cli.finding_filter import FindingFilter, LeftOut
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report
from cannon_spec.output.judged_document import Formatted, JudgedDocument, Summary, Writer


class RunSegment(NamedTuple):
    """Documents in a row that another process has judged: their texts for the writer, and what is counted of them."""

    texts: list[Formatted]
    summary: Summary
    left_out: LeftOut


class PartialRun(JudgeRun):
    """Judge parts of a file in another process, as far as what is written of a document depends on no other part.

    Each process judges its parts in the order of the file, and the run adds all of them in this order.
    """

    def __init__(self, writer: Writer, finding_filter: FindingFilter, *, is_quiet: bool) -> None:
        """Take the writer, the filter and the quietness of the run."""
        self._collector = _TextCollector(writer)
        super().__init__(self._collector, finding_filter.copy_for_part(), is_quiet=is_quiet)
        self._has_baseline = finding_filter.has_baseline
        self._handed_messages: set[str] = set()
        self._part: list[RunSegment | JudgedDocument] = []

    def add(self, judged_document: JudgedDocument) -> Report:
        """Prepare a judged document, or leave it to the run: its report is returned."""
        if not self._depends_on_run(judged_document):
            return super().add(judged_document)
        self._end_segment()
        self._handed_messages.update(each.message for each in judged_document.report.findings)
        self._show(judged_document)  # so that what is said once is known for the documents behind it
        self._summary, _ = Summary(), self._filter.take_left_out()  # the run counts it
        self._part.append(judged_document.detach())
        return judged_document.report

    def take_part(self) -> list[RunSegment | JudgedDocument]:
        """What was added since the last call, for ``add_part``."""
        self._end_segment()
        part, self._part = self._part, []
        return part

    def _depends_on_run(self, judged_document: JudgedDocument) -> bool:
        """Whether other processes may have reported a warning before that no input avoids, or used up a baseline."""
        return self._has_baseline or any(map(self._is_new_warning, judged_document.report.findings))

    def _is_new_warning(self, finding: Finding) -> bool:
        return finding.rule in UNAVOIDABLE_RULES and finding.message not in self._handed_messages

    def _end_segment(self) -> None:
        self._end_clean_lines()
        segment = RunSegment(self._collector.take_texts(), self._summary, self._filter.take_left_out())
        if segment.summary.documents:
            self._part.append(segment)
        self._summary = Summary()


class _TextCollector:
    """Keep the texts that a writer makes of documents, in place of writing them."""

    def __init__(self, writer: Writer) -> None:
        self.format, self.format_clean = writer.format, writer.format_clean
        self.add_failure, self.finish = writer.add_failure, writer.finish
        self._texts: list[Formatted] = []

    def add(self, texts: Iterable[Formatted]) -> None:
        """Keep texts."""
        self._texts += texts

    def take_texts(self) -> list[Formatted]:
        """The texts since the last call."""
        texts, self._texts = self._texts, []
        return texts
