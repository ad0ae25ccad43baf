"""Which findings of a document a run shows and counts (floor 2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report, Strictness
from cannon_spec.output.judged_document import JudgedDocument

if TYPE_CHECKING:
    from cannon_spec.cli.baseline import Baseline


class LeftOut(NamedTuple):
    """How many findings were left out: of ignored rules, and accepted by the baseline."""

    ignored_count: int = 0
    accepted_count: int = 0


class FindingFilter:
    """Leave out findings of ignored rules, then those of the baseline, and apply the strictness to the others."""

    def __init__(
        self,
        strictness: Strictness = "normal",
        ignored_rules: Collection[str] = (),
        baseline: Baseline | None = None,
    ) -> None:
        self._strictness = strictness
        self._ignored_rules = ignored_rules
        self._baseline = baseline
        self._left_out = LeftOut()
        self._counted_messages: set[str] = set()

    def copy_for_part(self) -> FindingFilter:
        """A filter with the same flags and without a baseline, which has met no finding yet."""
        return FindingFilter(self._strictness, self._ignored_rules)

    @property
    def has_baseline(self) -> bool:
        """Whether what is shown of a document depends on all documents before it."""
        return self._baseline is not None

    def note_file(self, file: str) -> None:
        """Note that a file is judged, whether it has findings or not."""
        if self._baseline is not None:
            self._baseline.note_file(file)

    def apply(self, judged_document: JudgedDocument) -> Report:
        """The report on a document, with the findings that are shown."""
        self.note_file(judged_document.file)
        findings = judged_document.report.findings
        report = Report(tuple(each for each in findings if self._is_shown(judged_document, each)))
        return report.with_strictness(self._strictness)

    def select_fixable(self, report: Report) -> Report:
        """The findings that may be fixed: those of the baseline too, for what is fixed needs no baseline."""
        findings = tuple(each for each in report.findings if each.rule not in self._ignored_rules)
        return Report(findings).with_strictness(self._strictness)

    def count_left_out(self) -> dict[str, int]:
        """How many findings were left out, by the reason; only for the reasons that this run has."""
        ignored = {"ignored_findings": self._left_out.ignored_count} if self._ignored_rules else {}
        return ignored if self._baseline is None else {**ignored, "baseline": self._left_out.accepted_count}

    def take_left_out(self) -> LeftOut:
        """How many findings were left out, which are counted from 0 again."""
        left_out, self._left_out = self._left_out, LeftOut()
        return left_out

    def add_left_out(self, ignored_count: int, accepted_count: int = 0) -> None:
        """Count findings that were left out."""
        total = self._left_out
        self._left_out = LeftOut(total.ignored_count + ignored_count, total.accepted_count + accepted_count)

    def close(self, *, is_complete: bool) -> str:
        """End the run, and write the baseline where that is asked for. What to say of the baseline is returned.

        ``is_complete`` says whether all files could be judged. Raises BadBaseline where the file cannot be written.
        """
        return "" if self._baseline is None else self._baseline.close(is_complete=is_complete)

    def _is_shown(self, judged_document: JudgedDocument, finding: Finding) -> bool:
        if finding.rule in self._ignored_rules:
            self.add_left_out(self._counts(finding))
            return False
        if self._baseline is not None and self._baseline.accepts(judged_document, finding):
            self.add_left_out(0, self._counts(finding))
            return False
        return True

    def _counts(self, finding: Finding) -> bool:
        """Whether a finding that is left out counts: a warning that no input avoids does once a run, as it is shown."""
        if finding.rule not in UNAVOIDABLE_RULES:
            return True
        is_first = finding.message not in self._counted_messages
        self._counted_messages.add(finding.message)
        return is_first
