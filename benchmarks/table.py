"""The rows of a run as a table in plain text, and of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

HEAD = ("row", "measure", "ours", "beside", "ratio", "aim", "met")
_MET = {True: "yes", False: "no", None: "-"}


def list_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of one row: the reason in place of figures where it could not be measured."""
    if "reason" in row:
        return row["row"], row["what"], "not measured", "-", "-", "-", "-"
    peer = "-" if row["peer"] is None else f"{row['peer_is']} {write_number(row['peer'])} {row['unit']}"
    ratio = "-" if row["ratio"] is None else f"{write_number(row['ratio'])} x"
    ours = f"{row['ours_is']} {write_number(row['ours'])} {row['unit']}"
    return row["row"], row["what"], ours, peer, ratio, row["aim"] or "-", _MET[row["is_met"]]


def render(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with aligned columns; the ratio is that of ours to the other."""
    lines = [HEAD, *map(list_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def write_number(value: float) -> str:
    """A number with three digits that count: ``4,960``, ``12.3``, ``0.25``."""
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2g}"
        if value < 0.1
        else f"{value:.2f}"
    )
