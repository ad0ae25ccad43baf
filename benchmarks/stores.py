"""What each store costs: many tasks created and polled, their memory, and requests a second with one and two workers.

A run of its own (``make bench-stores``), as a million tasks take their time. The number of tasks can be given:
``stores.py 100000``.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import payloads
import traffic
from measure import NotMeasured
from process import script, serving

from cannon_mock import media
from cannon_mock.model import scenarios, tasks
from cannon_mock.model.tasks import Pace, TaskRequest
from cannon_mock.stores import Store, open_records
from cannon_spec import load_catalog
from tests.support.valkey import running

_MANY = 1_000_000
_THOUSAND = 1000
_SLOW_STORES = {"redis": 10}
"""How many times fewer tasks a store gets that answers over a socket, so that it ends the same day."""

_KEY_MS = 86_400_000
_CREDITS = 10**12


def main() -> int:
    """Print one table for the tasks, one for the requests a second."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else _MANY
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        places = {"memory": "memory", "sqlite": f"sqlite:{folder}/bench.db", "redis": server.url}
        print("store   tasks      create us  poll us: first 1000, last 1000, ratio  bytes a task", flush=True)
        for name, place in places.items():
            print(_tasks(name, place, many // _SLOW_STORES.get(name, 1)), flush=True)
        print("\nstore   workers    POST/s     GET/s", flush=True)
        for name, workers in (("memory", 1), ("sqlite", 1), ("sqlite", 2), ("redis", 1), ("redis", 2)):
            place = places[name].replace("bench.db", f"traffic{workers}.db")
            try:
                print(_requests(name, place, workers), flush=True)
            except NotMeasured as reason:
                print(f"{name}: not measured: {reason}", flush=True)
    return 0


def _tasks(name: str, place: str, many: int) -> str:
    records, catalog = open_records(place), load_catalog()
    records.clear()
    store = Store(records, 2 * many, [0], 1000)
    body = payloads.good(catalog)[0]
    operation, input = catalog.operations[body["operation"]], body["input"]
    request = TaskRequest("acct_bench", operation, input, input, media.describe(catalog, operation, input))
    success = scenarios.read_scenarios(catalog.scenarios["scenarios"])["success"]
    drawn = tasks.plan_task(catalog, request, success, Pace(), 0, "bench")
    gc.collect()
    before, began = _size(name, place), perf_counter()
    for number in range(many):
        now_ms = number  # a task a millisecond, so that ends are folded on the way
        line = replace(drawn.planned_timeline, created_ms=now_ms, started_ms=now_ms + 1000, ended_ms=now_ms + 6000)
        store.tasks.create(replace(drawn, id=_id(number), planned_timeline=line), None, _CREDITS, now_ms)
    created_us = (perf_counter() - began) / many * 1e6
    taken = (_size(name, place) - before) / many
    first, last = (_polls(store, catalog, start) for start in (0, many - _THOUSAND))
    records.close()
    shown = f"{first:10.1f} {last:10.1f} {last / first:6.2f}"
    return f"{name:7} {many:9,}  {created_us:9.1f} {shown:>38} {taken:13.0f}"


def _polls(store: Store, catalog: object, start: int) -> float:
    """Microseconds of a poll, the median of five rounds over a thousand tasks."""
    rounds = []
    for _ in range(5):
        began = perf_counter()
        for number in range(start, start + _THOUSAND):
            task = store.tasks.get(_id(number))
            if task is None:
                raise NotMeasured(f"task {number} is not there")
            tasks.build_view(catalog, task, _KEY_MS, "http://mock")  # type: ignore[arg-type]
        rounds.append((perf_counter() - began) / _THOUSAND * 1e6)
    return sorted(rounds)[2]


def _id(number: int) -> str:
    return f"req_{number:016x}"


def _size(name: str, place: str) -> int:
    """Bytes that a store takes: of this process, of its files, or as the server says."""
    if name == "memory":
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    if name == "sqlite":
        file = place.removeprefix("sqlite:")
        return sum(each.stat().st_size for each in map(Path, (file, f"{file}-wal")) if each.exists())
    import redis

    with redis.Redis.from_url(place) as client:
        return int(client.info("memory")["used_memory"])


@contextmanager
def _mock(place: str, workers: int) -> Iterator[str]:
    flags = ["--port", "0", "--credits", str(10**9), "--store", place, "--workers", str(workers), "--speed", "50"]
    with serving([script("cannon-mock"), *flags]) as url:
        yield url


def _requests(name: str, place: str, workers: int) -> str:
    """The median of three runs each, POST and GET in turns."""
    body = json.dumps(payloads.good(load_catalog())[0])
    with ExitStack() as stack:
        url = stack.enter_context(_mock(place, workers))
        task = url + traffic.PATH + "/" + traffic.call(url + traffic.PATH, body)["id"]
        traffic.await_end(task)
        posts, gets = traffic.posting(url, body), traffic.rate(task)
        measured = [(posts(), gets()) for _ in range(3)]
    post, get = (sorted(column)[1] for column in zip(*measured, strict=True))
    return f"{name:7} {workers:7}  {post:8.0f}  {get:8.0f}"


if __name__ == "__main__":
    sys.exit(main())
