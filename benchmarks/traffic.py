"""How many requests a second the mock answers, beside a bare Flask application on the same server."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import payloads
from measure import Measurement, NotMeasured, interleaved
from process import output, script, serving
from table import Aim, Row, rendered

from cannon_spec import load_catalog

_HERE = Path(__file__).parent
_ROUNDS = 5
_PATIENCE = 60
_AIM = Aim("at most", 1.5)
_KEY = "cs_live_bench"
_WRK = ("wrk", "--threads", "1", "--connections", "16", "--duration", "2s", "--header", f"x-api-key: {_KEY}")
_RATE = re.compile(r"Requests/sec:\s*([\d.]+)")
PATH = "/api/v1/requests"


def tables() -> Iterator[str]:
    """The table of requests a second. Raises NotMeasured where wrk is not installed."""
    if shutil.which("wrk") is None:
        raise NotMeasured("wrk is not installed (Debian: apt install wrk)")
    body = json.dumps(payloads.good(load_catalog())[0])
    with ExitStack() as servers:
        bare = servers.enter_context(serving([sys.executable, str(_HERE / "bare.py")]))
        mock = servers.enter_context(serving([script("cannon-mock"), "--port", "0", "--credits", "1000000000"]))
        task = f"{PATH}/{call(mock + PATH, body)['id']}"
        posts = interleaved("traffic: POST", posting(bare, body), posting(mock, body), rounds=_ROUNDS)
        await_end(mock + task)
        gets = interleaved("traffic: GET", rate(bare + task), rate(mock + task), rounds=_ROUNDS)
    yield rendered(
        "4. Requests a second, 16 connections",
        "bare Flask",
        "mock",
        [
            Row("POST, a good body", posts, "/s", aim=_AIM),
            Row("GET, a task that has ended", gets, "/s", aim=_AIM),
        ],
    )


def posting(server: str, body: str) -> Measurement:
    """A measurement of creates a second."""
    return rate("--script", str(_HERE / "post.lua"), server + PATH, "--", body)


def rate(*arguments: str) -> Measurement:
    """A measurement of requests a second; an answer that refuses one is a failure."""

    def run() -> float:
        said = output(*_WRK, *arguments)
        found = _RATE.search(said)
        if found is None or "Non-2xx" in said:
            raise NotMeasured(f"wrk said: {' '.join(said.split())}")
        return float(found[1])

    return run


def await_end(task: str) -> None:
    """Come back when a task has ended."""
    deadline = time.monotonic() + _PATIENCE
    while call(task)["status"] not in ("succeeded", "failed"):
        if time.monotonic() > deadline:
            raise NotMeasured(f"the task did not end within {_PATIENCE} seconds")
        time.sleep(0.2)


def call(url: str, body: str | None = None) -> Any:
    """The JSON of one answer."""
    headers = {"x-api-key": _KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body.encode() if body else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:
            return json.load(reply)
    except OSError as error:
        raise NotMeasured(f"{url}: {error}") from None
