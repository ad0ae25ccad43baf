"""The rows of the table, in its order."""

from __future__ import annotations

from benchmarks import exchange, fixture, judge, lines, media, start, stores, traffic, waiting

ROWS = (
    *judge.ROWS,
    *lines.ROWS,
    *exchange.ROWS,
    *traffic.ROWS,
    *stores.WORKER_ROWS,
    *waiting.ROWS,
    *start.ROWS,
    *fixture.ROWS,
    *stores.ROWS,
    *media.ROWS,
)
