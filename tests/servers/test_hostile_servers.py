"""The contract tests end in time, with the right status, against any server, and show no key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.servers.hostile_server.kinds import KINDS, Kind
from tests.servers.hostile_server.runs import FLAGS, HostileRun, run_all
from tests.servers.hostile_server.server import serve_hostile
from tests.support.contract_runs import run_contract
from tests.support.honest_servers import KEY

_MOST_MIB = 300
_BAD_TEXTS = ("Traceback", "please report", "INTERNALERROR")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]|^\s*(?:::|##\[)", re.MULTILINE)
"""A sign that a terminal obeys, or a command of a CI service."""
_SAMPLE = ("all: a header byte by byte", "status: the key as a protocol")


def find_problems(kind: Kind, run: HostileRun) -> list[str]:
    """Say what a run should not have done."""
    is_stopped = "the run was stopped" in run.output or "Interrupted" in run.output
    problems = {
        f"status {run.status}": run.status != (2 if is_stopped else kind.status),
        f"{run.peak_mib:.0f} MiB": run.peak_mib > _MOST_MIB,
        "a control sign": _CONTROL.search(run.output),
        **{f"the key in {name}": KEY.encode() in content for name, content in run.files.items()},
        **{text: text in run.output for text in _BAD_TEXTS},
    }
    return [f"{kind.name}: {problem}" for problem, is_there in problems.items() if is_there]


@pytest.mark.extended
@pytest.mark.parametrize("part", range(4))
def test_a_run_stands_any_server(part: int, tmp_path: Path) -> None:
    """Each kind of hostile server is told with the right status, in bounded time and memory, and without the key (H5).

    A run that did not end would be ended after its patience, and fail.
    """
    kinds = KINDS[part::4]
    runs = run_all(kinds, tmp_path)
    assert [problem for kind, run in zip(kinds, runs, strict=True) for problem in find_problems(kind, run)] == []


@pytest.mark.parametrize("name", _SAMPLE)
def test_a_run_stands_a_slow_server_and_one_that_sends_the_key(name: str) -> None:
    """A server that sends a byte now and then ends a run by the deadline of a call; a key in no reply is shown."""
    kind = next(each for each in KINDS if each.name == name)
    with serve_hostile(kind.place, kind.send) as server:
        run = run_contract("--target", server.url, *FLAGS, "--call-timeout", "0.3", CANNON_API_KEY=KEY)
    assert find_problems(kind, HostileRun(run.returncode, 0, run.output, {"output": run.output.encode()})) == []
