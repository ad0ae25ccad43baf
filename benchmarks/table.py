"""The rows of a run as the cells of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = ("row", "measure", "ours", "beside", "ratio", "aim", "met")
_MET = {True: "yes", False: "no", None: "-"}
_NOTHING = "-"


def list_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of one row, under ``HEAD``; the ratio is that of ours to the other."""
    if "reason" in row:
        return (row["row"], row["what"], "not measured", *[_NOTHING] * 4)
    unit = row["unit"]
    ours = f"{row['ours_is']}: {write_number(row['ours'])} {unit}"
    peer = _NOTHING if row["peer"] is None else f"{row['peer_is']}: {write_number(row['peer'])} {unit}"
    ratio = _NOTHING if row["ratio"] is None else f"{write_number(row['ratio'])} x"
    return row["row"], row["what"], ours, peer, ratio, " and ".join(row["aims"]) or _NOTHING, _MET[row["is_met"]]


def write_number(value: float) -> str:
    """A number with about three digits that count: ``4,960``, ``12.3``, ``0.25``."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
