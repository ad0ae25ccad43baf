"""Findings as Markdown, for a summary of a CI step or a comment (floor 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from cannon_spec.contract.wording import format_count
from cannon_spec.output.finding_list import FindingLister, ListedFinding
from cannon_spec.output.judged_document import Output, Summary
from cannon_spec.output.text_writer import describe_counts
from cannon_spec.printable import escape_unprintable

MOST_BYTES = 900_000
"""The most that is written of findings: GitHub takes 1 MiB a step."""

_HEAD = "| place | severity | finding | what to do | known from | rule |\n| --- | --- | --- | --- | --- | --- |\n"
_SPECIAL = re.compile(r"([\\`*_\[\]#!|~$])|([<>&@])")


def escape_markdown(text: str) -> str:
    """A text that Markdown shows as it is: on one line, without a link, a mention, a picture or HTML."""
    return _SPECIAL.sub(_escape_sign, escape_unprintable(text))


def format_counts(summary: Summary, extra_counts: Mapping[str, int]) -> str:
    """The counts of a run, as the title of its findings."""
    return f"cannon-spec: {describe_counts(summary, extra_counts)}"


class MarkdownWriter(FindingLister):
    """Write the counts as a title, then a table of the findings, up to a size.

    All is kept until the end, since the counts come first.
    """

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write = output.write
        self._rows: list[str] = []
        self._size = 0
        self.left_out = 0
        """The findings that had no room."""

    def add(self, lists: Iterable[Iterable[ListedFinding]]) -> None:
        """Take findings."""
        for finding, _, _, _, place in chain.from_iterable(lists):
            evidence = finding.evidence
            known_from = f"{evidence.claim} ({evidence.strength}) {evidence.source}"
            self._add_row(place, finding.severity, finding.message, finding.hint, known_from, finding.rule)

    def add_failure(self, file: str, problem: str) -> None:
        """Take a file that could not be judged."""
        self._add_row(self._code_base.name_file(file), "could not judge", problem, "", "", "")

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the title and the table."""
        self._write(f"## {format_counts(summary, extra_counts)}\n")
        if self._rows:
            self._write("\n" + _HEAD + "".join(self._rows))
        if self.left_out:
            self._write(f"\n{format_count(self.left_out, 'more finding')}: `--format text` shows all.\n")

    def _add_row(self, *cells: str) -> None:
        row = "| " + " | ".join(map(escape_markdown, cells)) + " |\n"
        self._size += len(row.encode())
        if self._size > MOST_BYTES:
            self.left_out += 1
        else:
            self._rows.append(row)


def _escape_sign(match: re.Match[str]) -> str:
    # GitHub takes @ as a mention, and HTML as such, behind a backslash too.
    return f"\\{match[1]}" if match[1] else f"&#{ord(match[2])};"
