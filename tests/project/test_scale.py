"""The load of many clients: its clients call as a user's do, and its figures are those that locust counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.call_costs import AppSession, measure_costs
from benchmarks.client_calls import UnexpectedReply, make_picture
from benchmarks.measure import NotMeasured
from benchmarks.process import ROOT
from benchmarks.scale import main, summarize
from tests.support.mocks import KEY, POLL_MS, Driver
from tests.support.processes import environment

PYTHON = ROOT / ".load/bin/python"
"""Locust is not in the environment of the tests, where its plugin of pytest would run too."""


def test_a_client_polls_to_the_end_and_fetches(mock: Driver) -> None:
    """A client creates once, polls as often as it is told until the end, and fetches the picture, without its key."""
    session, pauses_s = AppSession(mock.client.application), []

    def sleep(seconds: float) -> None:
        pauses_s.append(seconds)
        mock.clock.advance(round(seconds * 1000))

    assert make_picture(session, KEY, "A lighthouse in fog", sleep)["status"] == "succeeded"
    assert session.counts["create"] == session.counts["fetch"] == 1
    assert session.counts["poll"] == len(pauses_s) > 1
    assert set(pauses_s) == {POLL_MS / 1000}


def test_a_client_names_a_reply_that_it_cannot_use(make_mock: Callable[..., Driver]) -> None:
    """A client whose create is refused, as without credits, stops with the status."""
    session = AppSession(make_mock(credits=0).client.application)
    with pytest.raises(UnexpectedReply, match=r"^expected the status 202, got 402$"):
        make_picture(session, KEY, "A lighthouse in fog", lambda _: None)


def test_each_kind_of_call_has_its_cost() -> None:
    """The costs name each kind of call once, and each takes some time."""
    costs = measure_costs("memory", 1)
    assert costs.keys() == {"create", "poll", "fetch"}
    assert min(costs.values()) > 0


def _count(name: str, times: dict[str, int], failures: int = 0) -> dict[str, Any]:
    clock = {"start_time": 100.0, "last_request_timestamp": 110.0}
    return {
        "name": name,
        "num_requests": sum(times.values()),
        "num_failures": failures,
        "response_times": times,
        **clock,
    }


def test_a_summary_is_what_was_counted() -> None:
    """Rates are the calls by the seconds from the first to the last, and times those of 50 and 95 of a hundred."""
    counts = [
        _count("create", {"10": 9, "9": 10, "200": 1}, failures=1),
        _count("poll", {"5": 70}),
        _count("fetch", {"7": 10}),
    ]
    assert summarize(counts) == {
        "calls_per_s": 10.0,
        "pictures_per_s": 1.0,
        "failures": 1,
        "ms": {"create": [9.0, 10.0], "poll": [5.0, 5.0], "fetch": [7.0, 7.0]},
    }
    with pytest.raises(NotMeasured, match=r"^no client got a picture$"):
        summarize(counts[:2])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without locust the command says what to install, with status 2."""
    monkeypatch.setattr("benchmarks.scale.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["scale"])
    assert main() == 2
    assert capsys.readouterr().err == "not measured: locust and psutil not installed; make scale installs both\n"


@pytest.mark.extended
@pytest.mark.skipif(not PYTHON.exists(), reason="locust is not installed (make scale installs it)")
def test_locust_loads_one_and_two_workers() -> None:
    """Real clients of locust get pictures from one and from two workers on a Valkey server, and no call fails."""
    command = [str(PYTHON), "-m", "benchmarks.scale", "--short"]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    rows = [line.split() for line in run.stdout.splitlines()[2:4]]
    assert [(row[0], row[1], row[-5]) for row in rows] == [("1", "2", "0"), ("2", "2", "0")]
