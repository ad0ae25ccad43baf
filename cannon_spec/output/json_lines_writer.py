"""Findings as JSON, a result a line, for programs that read lines (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cannon_spec.output.json_writer import JsonWriter, write_json
from cannon_spec.output.judged_document import Summary


class JsonLinesWriter(JsonWriter):
    """Write each result of the JSON document as a line, and the summary as the last one."""

    _separator = "\n"

    def add(self, texts: Iterable[str]) -> None:
        """Write results."""
        self._write("".join([f"{text}\n" for text in texts if text]))

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the line of the summary."""
        self.add((write_json({"summary": self._build_summary(summary, extra_counts)}),))
