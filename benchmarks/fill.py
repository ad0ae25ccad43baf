"""Create many tasks in a store and poll some: ``fill.py PLACE NUMBER`` prints what it took, as JSON.

A process of its own, so that the memory it takes is that of the tasks.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import payloads
from cannon_mock import media
from cannon_mock.model import scenarios, task_view, tasks
from cannon_mock.model.tasks import Pace, TaskRequest
from cannon_mock.stores import Store, open_records
from cannon_spec import Catalog, load_catalog

_THOUSAND = 1000
_ROUNDS = 5
_DAY_MS = 86_400_000
_CREDITS = 10**12
_MOST_BYTES = 2**40


def main(place: str, number: int) -> dict[str, float]:
    """Seconds of a create, seconds of a poll of the first and of the last thousand tasks, and bytes of a task."""
    records, catalog = open_records(place, _MOST_BYTES), load_catalog()
    records.clear()
    store = Store(records, 2 * number, [0], 1000)
    drawn = _plan_task(catalog)
    gc.collect()
    before, began = _get_bytes(place), perf_counter()
    for now_ms in range(number):  # a task a millisecond, so that ends are folded on the way
        line = replace(drawn.planned_timeline, created_ms=now_ms, started_ms=now_ms + 1000, ended_ms=now_ms + 6000)
        store.tasks.create(drawn._replace(id=_name(now_ms), planned_timeline=line), None, _CREDITS, now_ms)
    create_s = (perf_counter() - began) / number
    bytes_a_task = (_get_bytes(place) - before) / number
    last = max(0, number - _THOUSAND)
    first_s, last_s = (_time_polls(store, catalog, range(start, number)[:_THOUSAND]) for start in (0, last))
    records.close()
    return {"create_s": create_s, "first_s": first_s, "last_s": last_s, "bytes": bytes_a_task}


def _plan_task(catalog: Catalog) -> tasks.Task:
    body = payloads.build_good_bodies(catalog)[0]
    operation, input = catalog.operations[body["operation"]], body["input"]
    request = TaskRequest("acct_bench", operation, input, input, (), media.describe(catalog, operation, input))
    success = scenarios.read_scenarios(catalog.scenarios["scenarios"])["success"]
    return tasks.plan_task(catalog, request, success, Pace(), 0, "bench")


def _time_polls(store: Store, catalog: Catalog, numbers: Iterable[int]) -> float:
    """Seconds of a poll, the median of some rounds over these tasks."""
    ids = [_name(number) for number in numbers]
    rounds = []
    for _ in range(_ROUNDS):
        began = perf_counter()
        for id_ in ids:
            task = store.tasks.get(id_)
            assert task is not None
            task_view.build_view(catalog, task, _DAY_MS, "http://mock")
        rounds.append((perf_counter() - began) / len(ids))
    return median(rounds)


def _name(number: int) -> str:
    return f"req_{number:016x}"


def _get_bytes(place: str) -> int:
    """Bytes that a store takes: of this process, of its files, or as the server says."""
    if place == "memory":
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    if place.startswith("sqlite:"):
        file = place.removeprefix("sqlite:")
        return sum(each.stat().st_size for each in map(Path, (file, f"{file}-wal")) if each.exists())
    import redis

    with redis.Redis.from_url(place) as client:
        return int(client.info("memory")["used_memory"])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
