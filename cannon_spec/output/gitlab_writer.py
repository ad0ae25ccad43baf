"""Findings as a code quality report of GitLab (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from cannon_spec.output.baseline_file import BaselineEntry
from cannon_spec.output.finding_list import UNJUDGED_RULE, FindingLister, ListedFinding, describe_finding
from cannon_spec.output.fingerprints import Fingerprints
from cannon_spec.output.json_writer import write_json
from cannon_spec.output.judged_document import Output, Summary
from cannon_spec.printable import escape_unprintable

_SEVERITIES = {"error": "major", "warning": "minor"}


class GitlabWriter(FindingLister):
    """Write one JSON array, an object a finding: https://docs.gitlab.com/ci/testing/code_quality/."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write = output.write
        self._fingerprints = Fingerprints()
        self._separator = "[\n"

    def add(self, lists: Iterable[Iterable[ListedFinding]]) -> None:
        """Write findings."""
        for each in chain.from_iterable(lists):
            finding = each.finding
            entry = "" if each.entry is None else f"{each.place}: "
            self._add_degradation(
                f"{entry}{describe_finding(finding)}",
                finding.severity,
                BaselineEntry.describe(each.entry, finding, each.file),
                1 if each.position is None else each.position.line,
            )

    def add_failure(self, file: str, problem: str) -> None:
        """Write that a file could not be judged as a finding at its start."""
        entry = BaselineEntry(self._code_base.name_file(file), "", UNJUDGED_RULE, "")
        self._add_degradation(escape_unprintable(problem), "error", entry, 1)

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:  # noqa: ARG002 - the form has no counts
        """Close the array."""
        self._write("[]\n" if self._separator == "[\n" else "\n]\n")

    def _add_degradation(self, description: str, severity: str, entry: BaselineEntry, line: int) -> None:
        degradation = {
            "description": description,
            "check_name": entry.rule,
            "fingerprint": self._fingerprints.add(entry),
            "severity": _SEVERITIES[severity],
            "location": {"path": entry.file, "lines": {"begin": line}},
        }
        self._write(self._separator + write_json(degradation))
        self._separator = ",\n"
