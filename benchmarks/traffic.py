"""Requests a second, and the slowest of a hundred answers, by wrk with 16 connections."""

from __future__ import annotations

import json
import re
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.measure import Measurement, NotMeasured, Pair, interleave
from benchmarks.process import Server, get_output
from benchmarks.row import Aim, Row
from benchmarks.schema import PATH

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_PATIENCE_S = 60
KEY = "cs_live_bench"
_CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s*([\d.]+)")
_LATE = re.compile(r"99%\s+([\d.]+)(us|ms|s)\b")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_POST = str(Path(__file__).with_name("post.lua"))


class Load(NamedTuple):
    """What wrk measured: requests a second, and the seconds within which 99 of 100 were answered."""

    rate: float
    p99_s: float


def compare_creates(bench: Bench) -> Pair:
    """Creates a second."""
    ours, peer = (_post(bench, server) for server in (bench.mock, bench.peer))
    return interleave(ours, peer, rounds=bench.size.rounds)


def compare_polls(bench: Bench) -> Pair:
    """Polls a second of a task that has ended."""
    ours, peer = (measure_polls(bench, server) for server in (bench.mock, bench.peer))
    return interleave(ours, peer, rounds=bench.size.rounds)


def compare_late_polls(bench: Bench) -> Pair:
    """The seconds within which 99 of 100 polls are answered."""
    ours, peer = (measure_polls(bench, server, "p99_s") for server in (bench.mock, bench.peer))
    return interleave(ours, peer, rounds=bench.size.rounds)


def compare_workers(bench: Bench, place: str, *, is_create: bool) -> Pair:
    """Requests a second of two workers beside one, each on the store ``place``, in which ``{}`` is their number."""
    servers = [
        bench.start_mock("--store", place.replace("{}", str(workers)), "--workers", str(workers)) for workers in (2, 1)
    ]
    ours, peer = (_post(bench, each) if is_create else measure_polls(bench, each) for each in servers)
    return interleave(ours, peer, rounds=bench.size.rounds)


def _post(bench: Bench, server: Server) -> Measurement:
    return lambda: run_wrk(bench.size.traffic_s, "--script", _POST, server.url + PATH, "--", bench.body).rate


def measure_polls(bench: Bench, server: Server, figure: str = "rate") -> Measurement:
    """A measurement of the polls of a task that has ended: their ``rate``, or ``p99_s``."""
    task = create_task(server, bench.body)
    return lambda: float(getattr(run_wrk(bench.size.traffic_s, task), figure))


def create_task(server: Server, body: str) -> str:
    """The address of a task that has ended."""
    task = f"{server.url}{PATH}/{call(server.url + PATH, body)['id']}"
    await_end(task)
    return task


def run_wrk(seconds: int, *arguments: str) -> Load:
    """Send requests for some seconds. Raises NotMeasured where wrk is missing, or one answer is none of success."""
    if shutil.which("wrk") is None:
        raise NotMeasured("wrk is not installed (Debian: apt install wrk)")
    flags = ("--threads", "1", "--connections", str(_CONNECTIONS), "--duration", f"{seconds}s", "--latency")
    output = get_output("wrk", *flags, "--header", f"x-api-key: {KEY}", *arguments)
    rate, late = _RATE.search(output), _LATE.search(output)
    if rate is None or late is None or "Non-2xx" in output or "Socket errors" in output:
        raise NotMeasured(f"wrk printed: {' '.join(output.split())}")
    return Load(float(rate[1]), float(late[1]) * _SECONDS[late[2]])


def await_end(task: str) -> Any:
    """The reply of a poll that shows the end of a task."""
    deadline = time.monotonic() + _PATIENCE_S
    while (reply := call(task))["status"] not in ("succeeded", "failed"):
        if time.monotonic() > deadline:
            raise NotMeasured(f"the task did not end within {_PATIENCE_S} seconds")
        time.sleep(0.1)
    return reply


def call(url: str, body: str | None = None, **headers: str) -> Any:
    """The JSON of one answer. Raises NotMeasured where it is an error."""
    headers = {"x-api-key": KEY, "Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, body.encode() if body else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise NotMeasured(f"{url}: {error.code} {error.read(300)!r}") from None
    except OSError as error:
        raise NotMeasured(f"{url}: {error}") from None


def expect_refusal(server: str, body: str) -> None:
    """Raises NotMeasured where a server accepts a bad body: it would be fast because it does less."""
    try:
        call(server + PATH, body)
    except NotMeasured as error:
        if ": 4" in str(error):
            return
        raise
    raise NotMeasured(f"{server} accepts a bad body")


_MS = 1e3

ROWS = (
    Row(
        "creates",
        "creates, 16 connections, one worker",
        "cannon-mock",
        "Prism",
        "/s",
        compare_creates,
        "Creates by wrk over 16 connections that stay open. "
        "Prism validates each body by the schemas of its operation, and answers the same reply each time.",
        aims=(Aim("ratio", "at least", 1.0),),
        remark="by py-spy on the server, the create in the process takes two thirds of the time, see the row on it, "
        "and the system's call that sends the reply most of the rest.",
        has_npm_peer=True,
    ),
    Row(
        "polls",
        "polls, 16 connections, one worker",
        "cannon-mock",
        "Prism",
        "/s",
        compare_polls,
        "Polls of a task that has ended, likewise.",
        aims=(Aim("ratio", "at least", 1.0),),
        has_npm_peer=True,
    ),
    Row(
        "poll-p99",
        "p99 of a poll under that load",
        "cannon-mock",
        "Prism",
        "ms",
        compare_late_polls,
        "The time within which 99 of 100 of these polls are answered.",
        _MS,
        (Aim("ours", "at most", 10), Aim("ratio", "at most", 1.0)),
        has_npm_peer=True,
    ),
)
