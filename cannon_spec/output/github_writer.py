"""Findings as annotations of GitHub Actions (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from cannon_spec.output.finding_list import FindingLister, ListedFinding, describe_finding
from cannon_spec.output.github_annotations import GithubAnnotations
from cannon_spec.output.judged_document import Output, Summary
from cannon_spec.output.markdown_writer import MarkdownWriter, format_counts
from cannon_spec.printable import escape_unprintable


class GithubWriter(FindingLister):
    """Write the first findings of each severity as annotations, and a table of them to the summary of the step."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write = output.write
        self._write_summary = output.write_summary
        self._summary_pieces: list[str] = []
        self._summary_writer = MarkdownWriter(output._replace(write=self._summary_pieces.append))
        self._annotations = GithubAnnotations(output.write, "cannon-spec")

    def add(self, lists: Iterable[Iterable[ListedFinding]]) -> None:
        """Write findings as annotations, as far as there are some left."""
        findings = list(chain.from_iterable(lists))
        self._summary_writer.add([findings])
        for finding, file, position, _, place in findings:
            columns = {} if position is None else {"line": str(position.line), "col": str(position.column)}
            text = f"{place}: {describe_finding(finding)} ({escape_unprintable(finding.rule)})"
            self._annotations.add(finding.severity, text, {"file": file, **columns})

    def add_failure(self, file: str, problem: str) -> None:
        """Write that a file could not be judged as an error."""
        self._summary_writer.add_failure(file, problem)
        name = self._code_base.name_file(file)
        self._annotations.add("error", escape_unprintable(f"{name}: {problem}"), {"file": name})

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write how many more findings there are, the counts, and the summary of the step."""
        has_all = self._write_summary is not None and not self._summary_writer.left_out
        self._annotations.finish("the summary of this step has all" if has_all else "--format text shows all")
        self._summary_writer.finish(summary, extra_counts)
        self._write(f"{format_counts(summary, extra_counts)}\n")
        if self._write_summary is not None:
            self._write_summary("".join(self._summary_pieces))
