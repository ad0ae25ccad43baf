"""Whether calls that wait in slow scenarios hold others: polls beside them, and the slowest answer of ``/health``."""

from __future__ import annotations

import http.client
import json
import resource
import selectors
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks import traffic
from benchmarks.measure import NotMeasured, Pair, compare, interleave
from benchmarks.row import Aim, Row
from benchmarks.schema import PATH

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_PATIENCE_S = 600
_SPARE_FILES = 100
_PAUSE_S = 0.02
_LONGEST_MS = 60_000
_SCENARIO = {"faults": [{"on": "create", "latency_ms": _LONGEST_MS}], "text": "a create waits for a minute"}
_HEAD = """\
POST {path} HTTP/1.1
Host: {host}
x-api-key: {key}
x-mock-scenario: {scenario}
Content-Type: application/json
Content-Length: {length}
Connection: close

"""


def compare_polls(bench: Bench) -> Pair:
    """Polls a second beside creates that wait, and without them, on a mock each."""
    scenarios = bench.write("waiting.json", {"scenarios": {"waiting": _SCENARIO}})
    busy, idle = (bench.start_mock("--scenarios", scenarios) for _ in range(2))
    polls = [traffic.measure_polls(bench, server) for server in (busy, idle)]
    with ExitStack() as stack:
        waiting = [
            stack.enter_context(_send_create(busy.url, bench.body, "waiting")) for _ in _allow_files(bench.size.waiting)
        ]
        pair = interleave(*polls, rounds=min(bench.size.rounds, 5))
        with selectors.DefaultSelector() as selector:
            for each in waiting:
                selector.register(each, selectors.EVENT_READ)
            if selector.select(0):
                raise NotMeasured("a create that should wait has been answered")
    return pair


def compare_health(bench: Bench) -> Pair:
    """The slowest answer of ``/health`` while creates that take 1.5 seconds arrive at once, beside the median one."""
    server = bench.start_mock()
    # The creates come from a process of their own, so that its work is not in the times of /health.
    with ProcessPoolExecutor(1) as pool:
        pool.submit(perf_counter).result()
        creates = pool.submit(time_creates, server.url, bench.body, bench.size.creates)
        health_s = list(_time_health(server.url, creates))
        creates.result()
    return compare(max(health_s), median(health_s))


def compare_creates(bench: Bench) -> Pair:
    """The seconds until many creates that take 1.5 seconds, sent at once, are answered, beside one such create."""
    server = bench.start_mock()
    time_creates(server.url, bench.body, 1)
    return compare(*(time_creates(server.url, bench.body, number) for number in (bench.size.creates, 1)))


def time_creates(url: str, body: str, number: int) -> float:
    """The seconds until the last of so many slow creates is answered. Raises NotMeasured for a refusal."""
    began = perf_counter()
    with ExitStack() as stack:
        calls = [stack.enter_context(_send_create(url, body, "latency")) for _ in _allow_files(number)]
        replies = [call.makefile("rb").read() for call in calls]
    if any(not reply.startswith(b"HTTP/1.1 202") for reply in replies):
        raise NotMeasured("a create was not accepted")
    return perf_counter() - began


def _allow_files(number: int) -> range:
    """The numbers of so many connections; this process may have them open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < number + _SPARE_FILES:
        raise NotMeasured(f"a process may open {most} files, and {number} connections are needed (ulimit -n)")
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(number + _SPARE_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), most)
    )
    return range(number)


def _send_create(url: str, body: str, scenario: str) -> socket.socket:
    """A connection on which a create is sent, without a client, which would take more time than the mock."""
    address = urlsplit(url)
    call = socket.create_connection((address.hostname or "", address.port or 0), timeout=_PATIENCE_S)
    content = body.encode()
    head = _HEAD.format(path=PATH, host=address.netloc, key=traffic.KEY, scenario=scenario, length=len(content))
    call.sendall(head.replace("\n", "\r\n").encode() + content)
    return call


def _time_health(url: str, creates: Future[float]) -> Iterator[float]:
    """The seconds of one call of /health after the other, until the creates are answered."""
    while not creates.done():
        began = perf_counter()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_S)
        connection.request("GET", "/__mock__/health")
        json.load(connection.getresponse())
        connection.close()
        yield perf_counter() - began
        sleep(_PAUSE_S)


_MS = 1e3

ROWS = (
    Row(
        "waiting",
        "polls beside 900 connections that wait",
        "beside them",
        "alone",
        "/s",
        compare_polls,
        "900 creates wait for a minute in a slow scenario, and 16 connections poll; "
        "beside a mock on which nothing waits.",
        aims=(Aim("ratio", "at least", 0.9),),
    ),
    Row(
        "slow-creates",
        "200 creates of 1.5 s at once, all answered",
        "200 at once",
        "one alone",
        "s",
        compare_creates,
        "The time until the last of 200 creates is answered that a scenario delays by 1.5 seconds.",
        aims=(Aim("ours", "at most", 3),),
    ),
    Row(
        "health",
        "slowest /health while these creates arrive",
        "slowest",
        "median",
        "ms",
        compare_health,
        "One call of /health after the other while 200 such creates arrive at once and wait.",
        _MS,
        (Aim("ours", "at most", 50),),
    ),
)
