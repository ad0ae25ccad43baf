"""Findings as annotations of GitHub Actions (floor 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from cannon_spec.contract.wording import format_count
from cannon_spec.output.finding_list import FindingLister, ListedFinding, describe_finding
from cannon_spec.output.judged_document import Output, Summary
from cannon_spec.output.markdown_writer import MarkdownWriter, format_counts
from cannon_spec.printable import escape_unprintable

MOST_ANNOTATIONS = 9
"""The most of a severity: GitHub shows ten a step, and the tenth says how many more there are."""


class GithubWriter(FindingLister):
    """Write the first findings of each severity as annotations, and all of them to the summary of the step.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write = output.write
        self._write_summary = output.write_summary
        self._summary_pieces: list[str] = []
        self._summary_writer = MarkdownWriter(output._replace(write=self._summary_pieces.append))
        self._counts: Counter[str] = Counter()

    def add(self, lists: Iterable[Iterable[ListedFinding]]) -> None:
        """Write findings as annotations, as far as there are some left."""
        findings = list(chain.from_iterable(lists))
        self._summary_writer.add([findings])
        for finding, file, position, _, place in findings:
            columns = {} if position is None else {"line": str(position.line), "col": str(position.column)}
            text = f"{place}: {describe_finding(finding)} ({escape_unprintable(finding.rule)})"
            self._count(finding.severity, text, {"file": file, **columns})

    def add_failure(self, file: str, problem: str) -> None:
        """Write that a file could not be judged as an error."""
        self._summary_writer.add_failure(file, problem)
        name = self._code_base.name_file(file)
        self._count("error", escape_unprintable(f"{name}: {problem}"), {"file": name})

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write how many more findings there are, the counts, and the summary of the step."""
        place = "--format text shows all" if self._write_summary is None else "the summary of this step has all"
        for severity, count in self._counts.items():
            if count > MOST_ANNOTATIONS:
                number = format_count(count - MOST_ANNOTATIONS, f"more {severity}")
                self._annotate(severity, f"{number}; {place}", {})
        self._summary_writer.finish(summary, extra_counts)
        self._write(f"{format_counts(summary, extra_counts)}\n")
        if self._write_summary is not None:
            self._write_summary("".join(self._summary_pieces))

    def _count(self, severity: str, text: str, properties: Mapping[str, str]) -> None:
        """Count a finding, and annotate its file, unless there are enough annotations of its severity."""
        self._counts[severity] += 1
        if self._counts[severity] <= MOST_ANNOTATIONS:
            self._annotate(severity, text, properties)

    def _annotate(self, severity: str, text: str, properties: Mapping[str, str]) -> None:
        parts = {"title": "cannon-spec", **properties}
        words = ",".join(f"{name}={_escape_property(value)}" for name, value in parts.items())
        self._write(f"::{severity} {words}::{_escape_data(text)}\n")


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
