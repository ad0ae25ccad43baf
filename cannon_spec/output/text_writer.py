"""Findings as text for people (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cannon_spec.contract import wording
from cannon_spec.finding import Finding
from cannon_spec.json_positions import Position
from cannon_spec.output.fix_text import describe_fix
from cannon_spec.output.judged_document import FILES_NOT_JUDGED, AppliedFix, JudgedDocument, Output, Summary
from cannon_spec.printable import escape_unprintable

_COUNT_NAMES = {"ignored_findings": "left out by --ignore", "baseline": "in the baseline"}
_STYLES = {"error": "31", "warning": "33", "ok": "32", "quiet": "2"}


class TextWriter:
    """Write each finding on some lines: place, what is wrong, what is legal instead, its fix, evidence, rule."""

    def __init__(self, output: Output) -> None:
        self._write, self._has_color = output.write, output.has_color

    def format(self, judged_document: JudgedDocument) -> str:
        """What was fixed in one document, its findings, and its cost if that is asked for."""
        texts = [self._format_fix(judged_document, fix) for fix in judged_document.fixes or ()]
        texts += [self._format_finding(judged_document, finding) for finding in judged_document.report.findings]
        if judged_document.cost is not None:
            from cannon_spec.output.cost_text import format_cost  # late: few runs ask for costs

            texts.append(format_cost(judged_document, judged_document.cost))
        return "".join(texts)

    def format_clean(self, file: str, lines: Iterable[int | None]) -> str:  # noqa: ARG002 - other formats name them
        """Nothing: only the counts tell of documents without findings."""
        return ""

    def add(self, texts: Iterable[str]) -> None:
        """Write texts."""
        self._write("".join(texts))

    def add_failure(self, file: str, problem: str) -> None:
        """Write nothing: standard error has the line."""

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the counts on one line, and the cost, if that is asked for, on lines of its own."""
        counts = (
            f"{summary.documents} judged, {summary.ok} ok, "
            f"{wording.format_count(summary.errors, 'error')}, {wording.format_count(summary.warnings, 'warning')}"
        )
        counts = ", ".join((counts, *_list_counts(extra_counts)))
        is_ok = not summary.errors and FILES_NOT_JUDGED not in extra_counts
        self._write(self._color("ok" if is_ok else "error", counts) + "\n")
        if summary.fixable:
            self._write(f"{wording.format_count(summary.fixable, 'finding')} can be fixed with --fix\n")
        if summary.cost is not None:
            from cannon_spec.output.cost_text import format_totals  # late, as above

            self._write(format_totals(summary.cost))

    def _format_fix(self, judged_document: JudgedDocument, fix: AppliedFix) -> str:
        place, word = _format_place(judged_document, fix.position), self._color("ok", "fixed")
        return f"{place}: {word}: {escape_unprintable(f'{fix.description} ({fix.finding.rule})')}\n"

    def _format_finding(self, judged_document: JudgedDocument, finding: Finding) -> str:
        evidence = finding.evidence
        source = escape_unprintable(f"{evidence.claim} ({evidence.strength}) {evidence.source}")
        place = _format_place(judged_document, judged_document.find_position(finding))
        return (
            f"{place}: {self._color(finding.severity, finding.severity)}"
            f" at {escape_unprintable(finding.path) or 'the document'}\n"
            f"  {escape_unprintable(finding.message)}\n"
            f"  {escape_unprintable(finding.hint)}\n"
            f"{self._format_possible_fix(judged_document, finding)}"
            f"  {self._color('quiet', 'known from: ' + source)}\n"
            f"  {self._color('quiet', 'rule: ' + escape_unprintable(finding.rule))}\n"
        )

    def _format_possible_fix(self, judged_document: JudgedDocument, finding: Finding) -> str:
        """The line on a fix that could be applied; nothing where there is none."""
        if judged_document.value is None or finding.fix is None:
            return ""
        return f"  fix: {describe_fix(finding.fix, judged_document.value)}\n"

    def _color(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._has_color else text


def describe_counts(summary: Summary, extra_counts: Mapping[str, int]) -> str:
    """The counts of a run, as a title of its findings: ``1 error, 2 warnings in 3 documents``."""
    others = dict(extra_counts)
    failed = others.pop(FILES_NOT_JUDGED, 0)
    numbers = [wording.format_count(summary.errors, "error"), wording.format_count(summary.warnings, "warning")]
    counts = f"{', '.join([*numbers, *_list_counts(others)])} in {wording.format_count(summary.documents, 'document')}"
    return f"{counts}, {_describe_failed(failed)}" if failed else counts


def _list_counts(counts: Mapping[str, int]) -> list[str]:
    """Counts of calls, of findings that were left out, and of files that could not be judged, each in words."""
    return [_describe_count(*each) for each in counts.items()]


def _describe_count(name: str, number: int) -> str:
    if name == FILES_NOT_JUDGED:
        return _describe_failed(number)
    return f"{number} {_COUNT_NAMES.get(name, name.replace('_', ' '))}"


def _describe_failed(number: int) -> str:
    return f"{wording.format_count(number, 'file')} not judged"


def _format_place(judged_document: JudgedDocument, position: Position | None) -> str:
    return judged_document.format_place(position, escape_unprintable(judged_document.file))
