"""Results as text for people and as JSON for programs, written one by one (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from cannon_spec import document
from cannon_spec.contract import wording
from cannon_spec.finding import Finding, Report

_STYLES = {"error": "31", "warning": "33", "ok": "32", "quiet": "2"}
_NOTHING: Mapping[str, int] = MappingProxyType({})

Write = Callable[[str], object]


class JudgedDocument(NamedTuple):
    """One judged document: its file, its line (None for a file that is one document), its text and its report.

    An exchange of recorded traffic has no text, but the number of its entry and its call, as POST /api/v1/requests.
    """

    file: str
    line: int | None
    text: str
    report: Report
    entry: int | None = None
    call: str = ""


class Summary(NamedTuple):
    """Counts over all documents judged so far."""

    judged: int = 0
    ok: int = 0
    errors: int = 0
    warnings: int = 0

    def plus(self, report: Report) -> Summary:
        """The counts with one document more."""
        return Summary(
            self.judged + 1,
            self.ok + report.ok,
            self.errors + len(report.errors),
            self.warnings + len(report.warnings),
        )


class Writer(Protocol):
    """How results are written: each as it comes, the summary at the end."""

    def add(self, result: JudgedDocument) -> None:
        """Write one result."""

    def finish(self, summary: Summary, more: Mapping[str, int] = _NOTHING) -> None:
        """Write what comes last: the counts, and ``more`` of them by their names."""


class TextWriter:
    """Findings for people: place, what is wrong, what would be legal, how it is known."""

    def __init__(self, write: Write, *, color: bool) -> None:
        self._write = write
        self._color = color

    def add(self, result: JudgedDocument) -> None:
        """Write the findings of one document; nothing for one that has none."""
        for finding in result.report.findings:
            self._write(self._finding(result, finding))

    def finish(self, summary: Summary, more: Mapping[str, int] = _NOTHING) -> None:
        """Write the counts."""
        counts = (
            f"{summary.judged} judged, {summary.ok} ok, "
            f"{_plural(summary.errors, 'error')}, {_plural(summary.warnings, 'warning')}"
        )
        counts += "".join(f", {number} {name.replace('_', ' ')}" for name, number in more.items())
        self._write(self._styled(counts, "error" if summary.errors else "ok") + "\n")

    def _finding(self, result: JudgedDocument, finding: Finding) -> str:
        evidence = finding.evidence
        known = f"{evidence.claim} ({evidence.strength}) {evidence.source}"
        return (
            f"{_place(result, finding)}: {self._styled(finding.severity, finding.severity)}"
            f" at {wording.escape_unprintable(finding.path) or 'the document'}\n"
            f"  {finding.message}\n"
            f"  {finding.hint}\n"
            f"  {self._styled('known from: ' + known, 'quiet')}\n"
            f"  {self._styled('rule: ' + finding.rule, 'quiet')}\n"
        )

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color else text


class JsonWriter:
    """One JSON document, written as it grows, so that memory stays flat on a file of any length."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._first = True

    def add(self, result: JudgedDocument) -> None:
        """Write one result."""
        entry = {
            "file": result.file,
            "line": result.line,
            **({} if result.entry is None else {"entry": result.entry, "call": result.call}),
            "ok": result.report.ok,
            "findings": [finding.to_dict() for finding in result.report.findings],
        }
        self._write(('{"results": [\n' if self._first else ",\n") + json.dumps(entry))
        self._first = False

    def finish(self, summary: Summary, more: Mapping[str, int] = _NOTHING) -> None:
        """Write the summary and close the document."""
        opening = '{"results": [' if self._first else "\n"
        self._write(f'{opening}], "summary": {json.dumps({**summary._asdict(), **more})}}}\n')


def _place(result: JudgedDocument, finding: Finding) -> str:
    if result.entry is not None:
        return f"{result.file}: entry {result.entry} ({wording.escape_unprintable(result.call)})"
    located = None if finding.rule == "json" else document.locate(result.text, finding.path)
    if located is None:
        return result.file if result.line is None else f"{result.file}:{result.line}"
    line, column = located
    return f"{result.file}:{line if result.line is None else result.line}:{column}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
