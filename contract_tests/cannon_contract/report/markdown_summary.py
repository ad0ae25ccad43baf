"""What a run showed as Markdown, for the summary of a CI step and the text of an issue (floor 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cannon_spec.contract.wording import format_count
from cannon_spec.output.markdown_writer import escape_markdown

MOST_BYTES = 60_000
"""The most that is written of claims: an issue of GitHub has at most 65,536 characters."""

_HEAD = "| claim | outcome | strength | expected | seen | test |\n| --- | --- | --- | --- | --- | --- |\n"
_SHOWN = ("broken", "observed")
_LONGEST_CELL = 600
_LONGEST_LINE = 2000


def render_summary(report: dict[str, Any]) -> str:
    """Render the value of report.json as counts, and a table of what is broken and then of what is observed."""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in report["counts"].items())
    lines = [f"## cannon-contract: {counts}", *_describe_run(report)]
    rows = list(_write_rows(report))
    shown_rows = _take_rows(rows)
    if shown_rows:
        lines.append(_HEAD + "".join(shown_rows))
    if len(rows) > len(shown_rows):
        lines.append(f"{format_count(len(rows) - len(shown_rows), 'more claim')}: report.json has all.\n")
    return "\n\n".join(lines).rstrip("\n") + "\n"


def has_all_claims(report: dict[str, Any]) -> bool:
    """Whether the table has room for each claim that is broken or observed."""
    rows = list(_write_rows(report))
    return len(_take_rows(rows)) == len(rows)


def _describe_run(report: dict[str, Any]) -> Iterator[str]:
    target = f"{report['target']}, {report['began_at']} to {report['ended_at']}"
    yield escape_markdown(target[:_LONGEST_LINE])
    if report["stopped"]:
        yield escape_markdown(f"The run was stopped: {report['stopped']}"[:_LONGEST_LINE])
    spending = report["spending"]
    if spending["may_charge"]:
        yield f"{spending['spent']:g} of {spending['allowed']:g} credits were spent."


def _write_rows(report: dict[str, Any]) -> Iterator[str]:
    for outcome in _SHOWN:
        for claim in report["claims"]:
            if claim["outcome"] == outcome:
                test = claim["showing_tests"][0] if claim["showing_tests"] else ""
                cells = (claim["id"], outcome, claim["strength"], claim["text"], "; ".join(claim["why"]), test)
                yield "| " + " | ".join(escape_markdown(_cut(each)) for each in cells) + " |\n"


def _take_rows(rows: list[str]) -> list[str]:
    """The first rows that have room."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row.encode(errors="backslashreplace"))
        if size > MOST_BYTES:
            return rows[:number]
    return rows


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"
