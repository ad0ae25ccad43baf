"""What the formats have in common that list findings, each with its place in a code base (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cannon_spec.finding import Finding
from cannon_spec.json_positions import Position
from cannon_spec.output.code_place import CodeBase
from cannon_spec.output.judged_document import JudgedDocument, Output
from cannon_spec.printable import escape_unprintable

UNJUDGED_RULE = "could-not-judge"
"""What stands for a rule where a file could not be judged."""


def describe_finding(finding: Finding) -> str:
    """What is wrong and what to do instead, on one line that is safe to print: an overlay may word it."""
    return escape_unprintable(f"{finding.message}; {finding.hint}")


class ListedFinding(NamedTuple):
    """A finding, the file that it is in, relative to the code base, and its place there.

    In recorded traffic the place is the number of the entry and its call, as POST /api/v1/requests.
    """

    finding: Finding
    file: str
    position: Position | None
    entry: int | None
    place: str


class FindingLister:
    """Take documents apart into findings. A format that needs nothing of documents without findings builds on it."""

    def __init__(self, output: Output) -> None:
        self._code_base = CodeBase(output.code_folder)

    def format(self, judged_document: JudgedDocument) -> list[ListedFinding]:
        """The findings of one document."""
        file = self._code_base.name_file(judged_document.file)
        findings = []
        for finding in judged_document.report.findings:
            position = judged_document.find_position(finding)
            place = judged_document.format_place(position, file)
            findings.append(ListedFinding(finding, file, position, judged_document.entry, place))
        return findings

    def format_clean(self, file: str, lines: Iterable[int | None]) -> list[ListedFinding]:  # noqa: ARG002 - as above
        """No finding."""
        return []
