"""Findings as one JSON document for programs (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cannon_spec.finding import Finding, Report
from cannon_spec.json_positions import Position
from cannon_spec.output.judged_document import JudgedDocument, Output, Summary
from cannon_spec.printable import escape_lines


class JsonWriter:
    """Write one JSON document piece by piece, so that memory stays flat however many documents are judged."""

    _separator = ",\n"

    def __init__(self, output: Output) -> None:
        self._write = output.write
        self._is_empty = True
        self._clean_file: str | None = None
        self._clean_texts = ("", "")

    def format(self, judged_document: JudgedDocument) -> str:
        """The result of one document."""
        return write_json(self._build_result(judged_document))

    def format_clean(self, file: str, lines: Iterable[int | None]) -> str:
        """The results of documents without findings, whose texts differ by the line only."""
        start, end = self._prepare_clean(file)
        return self._separator.join([f"{start}{'null' if line is None else line}{end}" for line in lines])

    def add(self, texts: Iterable[str]) -> None:
        """Write results."""
        results = self._separator.join(filter(None, texts))
        if results:
            self._write(('{"results": [\n' if self._is_empty else self._separator) + results)
            self._is_empty = False

    def add_failure(self, file: str, problem: str) -> None:
        """Write a result without findings that names the problem of a file."""
        self._add_result({"file": file, "line": None, "ok": False, "error": problem, "findings": []})

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the summary and close the document."""
        counts = json.dumps(self._build_summary(summary, extra_counts))
        opening = '{"results": [' if self._is_empty else "\n"
        self._write(f'{opening}], "summary": {counts}}}\n')

    def _add_result(self, result: Mapping[str, Any]) -> None:
        self.add((write_json(result),))

    def _prepare_clean(self, file: str) -> tuple[str, str]:
        """The text of a result without findings before and behind its line."""
        if file != self._clean_file:
            # A quote in the name of the file is escaped, so that what is looked for is the member.
            text = write_json(self._build_result(JudgedDocument(file, None, Report())))
            start, name, end = text.partition('"line": ')
            self._clean_file, self._clean_texts = file, (start + name, end.removeprefix("null"))
        return self._clean_texts

    def _build_result(self, judged_document: JudgedDocument) -> dict[str, Any]:
        entry, report, cost = judged_document.entry, judged_document.report, judged_document.cost
        fixes = judged_document.fixes
        return {
            "file": judged_document.file,
            "line": judged_document.line,
            **({} if entry is None else {"entry": entry, "call": judged_document.call}),
            "ok": report.ok,
            **({} if cost is None else cost.to_dict()),
            "findings": [_place(each, judged_document.find_position(each)) for each in report.findings],
            **({} if fixes is None else {"fixed": [_place(each.finding, each.position) for each in fixes]}),
        }

    def _build_summary(self, summary: Summary, extra_counts: Mapping[str, int]) -> dict[str, Any]:
        return {**summary.to_dict(), **extra_counts}


def _place(finding: Finding, position: Position | None) -> dict[str, Any]:
    """A finding, with its line and column in the file; both are null where there is none."""
    line, column = (None, None) if position is None else position
    return {**finding.to_dict(), "line": line, "column": column}


def write_json(value: Mapping[str, Any]) -> str:
    """A value as JSON on one line that is safe to print."""
    return escape_lines(json.dumps(value))
