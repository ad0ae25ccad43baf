"""Findings as one JSON document for programs (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cannon_spec.output.judged_document import JudgedDocument, Output, Summary


class JsonWriter:
    """Write one JSON document piece by piece, so that memory stays flat however many documents are judged."""

    def __init__(self, output: Output) -> None:
        self._write = output.write
        self._is_empty = True

    def add(self, judged_document: JudgedDocument) -> None:
        """Write the result of one document."""
        entry, call, report = judged_document.entry, judged_document.call, judged_document.report
        result = {
            "file": judged_document.file,
            "line": judged_document.line,
            **({} if entry is None else {"entry": entry, "call": call}),
            "ok": report.ok,
            "findings": [finding.to_dict() for finding in report.findings],
        }
        self._write(('{"results": [\n' if self._is_empty else ",\n") + json.dumps(result))
        self._is_empty = False

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the summary and close the document."""
        opening = '{"results": [' if self._is_empty else "\n"
        self._write(f'{opening}], "summary": {json.dumps({**summary.to_dict(), **extra_counts})}}}\n')
