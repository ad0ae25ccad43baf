"""The rows of a load with many clients as the cells of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.client_calls import CREATE, FETCH, POLL
from benchmarks.table import write_number

HEAD = (
    *("workers", "clients", "calls a second", "pictures a second"),
    *(f"{kind}, ms" for kind in (CREATE, POLL, FETCH)),
    *("failed", "mock", "Valkey", "locust", "others"),
)

COST_HEAD = ("processor's time of a call, ms", CREATE, POLL, FETCH)


def list_scale_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of one row, under ``HEAD``: times as median and 95 of 100, and processors that were used."""
    times = [" / ".join(f"{each:.0f}" for each in row["ms"][kind]) for kind in (CREATE, POLL, FETCH)]
    shares = [f"{row['shares'][name]:.2f}" for name in ("mock", "valkey", "locust", "others")]
    rates = [write_number(row[name]) for name in ("calls_per_s", "pictures_per_s")]
    return str(row["workers"]), str(row["users"]), *rates, *times, str(row["failures"]), *shares


def list_cost_cells(costs: Mapping[str, Mapping[str, float]]) -> list[tuple[str, ...]]:
    """The texts of the rows under ``COST_HEAD``, one for each store."""
    return [
        (f"store {store}", *(write_number(figures[kind]) for kind in (CREATE, POLL, FETCH)))
        for store, figures in costs.items()
    ]
