"""The figures of many clients on one mock, for the page on shared mocks (``make tables`` writes them)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.scale_table import COST_HEAD, HEAD, list_cost_cells, list_scale_cells
from benchmarks.table import write_number
from cannon_spec.output.tables import render_markdown

_MARKS = re.compile(r"(<!-- figures:begin -->\n).*?(<!-- figures:end -->)", re.DOTALL)


def fill_scale_page(text: str, results: Mapping[str, Any]) -> str:
    """The page with the figures of ``benchmarks/scale.json`` between its marks."""
    figures = _render_figures(results["machine"], results["rows"])
    costs = render_markdown([COST_HEAD, *list_cost_cells(results["costs"])])
    return _MARKS.sub(lambda match: f"{match[1]}\n{figures}\n\n{costs}\n\n{match[2]}", text)


def _render_figures(machine: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    table = render_markdown([HEAD, *map(list_scale_cells, rows)])
    best_rows = [
        max((row for row in rows if row["workers"] == workers), key=lambda row: row["calls_per_s"])
        for workers in sorted({row["workers"] for row in rows})
    ]
    peaks = "\n".join(map(_describe_peak, best_rows))
    pictures, calls = (
        write_number(best_rows[-1][name] / best_rows[0][name]) for name in ("pictures_per_s", "calls_per_s")
    )
    gain = f"- That is {pictures} times as many pictures, and {calls} times as many calls, most of which are polls."
    return f"{table}\n\n{peaks}\n{gain}\n\n{_describe_machine(machine, rows)}"


def _describe_peak(row: Mapping[str, Any]) -> str:
    rates = f"{write_number(row['calls_per_s'])} calls and {write_number(row['pictures_per_s'])} pictures a second"
    workers = f"{row['workers']} worker{'s' if row['workers'] > 1 else ''}"
    return f"- {workers}: at most {rates}, of {row['users']} clients, with {row['shares']['mock']:.2f} processors."


def _describe_machine(machine: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    others = [row["shares"]["others"] for row in rows]
    names = ", ".join(f"{name} {text}" for name, text in machine.items())
    return (
        f"The machine was shared by clients, mock and Valkey, and by other processes, which used {min(others):.2f} to "
        f"{max(others):.2f} of its processors: {names}."
    )
