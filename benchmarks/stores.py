"""What each store costs: the bytes of a task, polls among many tasks, and two workers beside one."""

from __future__ import annotations

import json
import sys
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import traffic
from benchmarks.measure import NotMeasured, Pair, compare
from benchmarks.process import get_output
from benchmarks.row import Aim, Row

if TYPE_CHECKING:
    from benchmarks.bench import Bench

STORES = ("memory", "sqlite", "redis")
_SHARED_STORES = ("sqlite", "redis")
_SLOW = {"sqlite": 10, "redis": 10}
"""How many times fewer tasks a store gets that writes to a disk or a socket, so that a run ends the same day."""


def measure_bytes(bench: Bench, store: str) -> Pair:
    """Bytes of a task."""
    return Pair(_fill(bench, store)["bytes"])


def compare_polls(bench: Bench, store: str) -> Pair:
    """The seconds of a poll among many tasks: of the last thousand, beside those of the first."""
    figures = _fill(bench, store)
    return compare(figures["last_s"], figures["first_s"])


def compare_worker_creates(bench: Bench, store: str) -> Pair:
    """Creates a second by two workers beside one."""
    return traffic.compare_workers(bench, _find_place(bench, store, "creates{}", "{}"), is_create=True)


def compare_worker_polls(bench: Bench, store: str) -> Pair:
    """Polls a second by two workers beside one."""
    return traffic.compare_workers(bench, _find_place(bench, store, "polls{}", "1{}"), is_create=False)


@cache
def _fill(bench: Bench, store: str) -> dict[str, float]:
    number = bench.size.tasks // _SLOW.get(store, 1)
    command = (sys.executable, "-m", "benchmarks.fill", _find_place(bench, store, "tasks", "0"), str(number))
    figures: dict[str, float] = json.loads(get_output(*command))
    return figures


def _find_place(bench: Bench, store: str, name: str, database: str) -> str:
    if store == "sqlite":
        return f"sqlite:{bench.folder}/{name}.db"
    return "memory" if store == "memory" else f"{_start_valkey(bench)}/{database}"


@cache
def _start_valkey(bench: Bench) -> str:
    """The address of a Valkey server that runs as long as the bench."""
    try:
        from tests.support.valkey import running
    except ImportError as error:
        raise NotMeasured(f"there is no Valkey server: {error}") from None
    folder = Path(bench.folder, "valkey")
    folder.mkdir()
    return str(bench.stack.enter_context(running(folder)).url).rsplit("/", 1)[0]


_US = 1e6

_NUMBERS = {"memory": "a million", "sqlite": "100,000", "redis": "100,000"}

ROWS = tuple(
    row
    for store in STORES
    for row in (
        Row(
            f"task-bytes-{store}",
            f"{_NUMBERS[store]} tasks in {store}",
            store,
            None,
            "bytes a task",
            partial(measure_bytes, store=store),
            f"The memory, or the size of the files, that {_NUMBERS[store]} tasks take, divided by their number.",
            aims=(Aim("ours", "at most", 2000),) if store == "memory" else (),
        ),
        Row(
            f"task-polls-{store}",
            f"poll among {_NUMBERS[store]} tasks in {store}",
            "the last 1000",
            "the first 1000",
            "µs",
            partial(compare_polls, store=store),
            "A poll without a server, of the last thousand tasks that were created and of the first.",
            _US,
            (Aim("ratio", "at most", 1.2),),
        ),
    )
)

WORKER_ROWS = (
    *(
        Row(
            f"creates-{store}",
            f"creates, 16 connections, two workers on {store}",
            "two workers",
            "one worker",
            "/s",
            partial(compare_worker_creates, store=store),
            f"Creates by two processes that share a store ({store}), beside one process on such a store.",
            aims=(Aim("ratio", "at least", 1.0),),
        )
        for store in _SHARED_STORES
    ),
    *(
        Row(
            f"polls-{store}",
            f"polls, 16 connections, two workers on {store}",
            "two workers",
            "one worker",
            "/s",
            partial(compare_worker_polls, store=store),
            "Polls likewise.",
            aims=(Aim("ratio", "at least", 1.0),),
        )
        for store in _SHARED_STORES
    ),
)
