"""Whether late replies hold others: 200 creates of 1.5 seconds at once, and the slowest answer of /health meanwhile.

``late.py [COMMAND]``; the command is that of another checkout, if not ``cannon-mock`` of this one.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from time import perf_counter, sleep
from urllib.parse import SplitResult, urlsplit

import payloads
import traffic
from process import script, serving

from cannon_spec import load_catalog

_CREATES = 200
_LATEST_S = 3.0
_SLOWEST_HEALTH_S = 0.05
_PATIENCE_S = 600
_HEAD = """\
POST {path} HTTP/1.1
Host: {host}
x-api-key: cs_live_bench
x-mock-scenario: latency
Content-Length: {length}
Connection: close

"""


def main() -> int:
    """Print both figures with what they aim at. The exit status is 0 whether they are met or not: speed is no test."""
    command = sys.argv[1] if len(sys.argv) > 1 else script("cannon-mock")
    body = json.dumps(payloads.good(load_catalog())[0])
    # The creates come from a process of their own, so that its work is not in the times of /health.
    with serving([command, "--port", "0", "--credits", str(10**9)]) as url, ProcessPoolExecutor(1) as pool:
        pool.submit(perf_counter).result()
        creates = pool.submit(_time_creates, url, body)
        health_s = list(_time_health(url, creates))
        end_s = creates.result()
    print(f"{_CREATES} creates of 1.5 s at once: all answered after {end_s:.2f} s (aim: {_LATEST_S:g} s)")
    slowest = f"slowest of {len(health_s)} answers of /health meanwhile: {max(health_s) * 1000:.1f} ms"
    middle = sorted(health_s)[len(health_s) // 2]
    print(f"{slowest} (aim: {_SLOWEST_HEALTH_S * 1000:g} ms), median {middle * 1000:.1f} ms")
    return 0


def _time_health(url: str, creates: Future[float]) -> Iterator[float]:
    """The seconds of one call of /health after the other, until the creates are answered."""
    while not creates.done():
        began = perf_counter()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_S)
        connection.request("GET", "/__mock__/health")
        connection.getresponse().read()
        connection.close()
        yield perf_counter() - began
        sleep(0.02)


def _time_creates(url: str, body: str) -> float:
    """The seconds until the last of the creates is answered."""
    return asyncio.run(_send_creates(urlsplit(url), body.encode()))


async def _send_creates(url: SplitResult, body: bytes) -> float:
    began = perf_counter()
    statuses = set(await asyncio.gather(*(_send_create(url, body) for _ in range(_CREATES))))
    assert statuses == {202}, statuses
    return perf_counter() - began


async def _send_create(url: SplitResult, body: bytes) -> int:
    """The status of a create, sent without a client, which would take more time than the mock."""
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = _HEAD.format(path=traffic.PATH, host=url.netloc, length=len(body))
    writer.write(head.replace("\n", "\r\n").encode() + body)
    async with asyncio.timeout(_PATIENCE_S):
        reply = await reader.read()
    writer.close()
    return int(reply.split(b" ", 2)[1])


if __name__ == "__main__":
    sys.exit(main())
