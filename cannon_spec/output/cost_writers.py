"""The formats in which the cost of bodies can be written: one writer a row (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cannon_spec.finding import Finding
from cannon_spec.output.cost_text import format_cost, format_totals
from cannon_spec.output.json_writer import JsonWriter
from cannon_spec.output.judged_document import JudgedDocument, Output, Summary, Writer
from cannon_spec.output.writers import OutputFormat
from cannon_spec.pricing.cost_totals import CostTotals


class CostTextWriter:
    """Write a line a body, then the totals."""

    def __init__(self, output: Output) -> None:
        self._write = output.write

    def format(self, judged_document: JudgedDocument) -> str:
        """What one body costs."""
        if judged_document.cost is None:
            return ""
        return format_cost(judged_document, judged_document.cost, _describe_errors(judged_document.report.errors))

    def format_clean(self, file: str, lines: Iterable[int | None]) -> str:  # noqa: ARG002 - these have no cost
        """Nothing: what has a cost is formatted one by one."""
        return ""

    def add(self, texts: Iterable[str]) -> None:
        """Write lines."""
        self._write("".join(texts))

    def add_failure(self, file: str, problem: str) -> None:
        """Write nothing: standard error has the line."""

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:  # noqa: ARG002 - only calls have them
        """Write the totals."""
        self._write(format_totals(summary.cost or CostTotals()))


def _describe_errors(errors: Sequence[Finding]) -> str:
    """The first error as the end of a sentence, and how many more there are; empty for none."""
    more = f"; and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f": {errors[0].message}{more}" if errors else ""


class CostJsonWriter(JsonWriter):
    """Write one JSON document of the costs, piece by piece."""

    def add_failure(self, file: str, problem: str) -> None:
        """Write a result without a cost that names the problem of a file."""
        self._add_result({"file": file, "line": None, "error": problem})

    def _build_result(self, judged_document: JudgedDocument) -> dict[str, Any]:
        cost = judged_document.cost
        assert cost is not None, "this command prices each document"
        return {
            "file": judged_document.file,
            "line": judged_document.line,
            "operation": cost.operation or None,
            **cost.to_dict(),
            "not_counted": cost.obstacle or None,
        }

    def _build_summary(self, summary: Summary, extra_counts: Mapping[str, int]) -> dict[str, Any]:
        return {**(summary.cost or CostTotals()).to_dict(), **extra_counts}


class TotalsWriter:
    """Write only the totals that another writer writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def format(self, judged_document: JudgedDocument) -> str:  # noqa: ARG002 - a method of each writer
        """Nothing of one body."""
        return ""

    def format_clean(self, file: str, lines: Iterable[int | None]) -> str:  # noqa: ARG002 - a method of each writer
        """Nothing of bodies."""
        return ""

    def add(self, texts: Iterable[str]) -> None:
        """Write nothing of bodies."""

    def add_failure(self, file: str, problem: str) -> None:
        """Write nothing of one file."""

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the totals."""
        self._writer.finish(summary, extra_counts)


COST_FORMATS: dict[str, OutputFormat] = {
    "text": OutputFormat("a line a body, for people", CostTextWriter),
    "json": OutputFormat("one JSON document, for programs", CostJsonWriter),
}
"""Each format by the name that ``--format`` takes; the first is the default."""
