"""The contract tests end in time, with the right status, against any server, and show no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.hostile_server.kinds import KINDS
from tests.servers.hostile_server.runs import HostileRun, list_flags, run_all
from tests.servers.hostile_server.server import serve_hostile
from tests.support.contract_runs import run_contract
from tests.support.honest_servers import KEY

_SAMPLE = ("all: a header byte by byte", "status: the key as a protocol")


@pytest.mark.extended
@pytest.mark.parametrize("part", range(2))
def test_a_run_stands_any_server(part: int, tmp_path: Path) -> None:
    """Each kind of hostile server is told with the right status, in bounded time and memory, and without the key (H5).

    A run that did not end would be ended after its patience, and fail.
    """
    kinds = KINDS[part::2]
    runs = run_all(kinds, tmp_path)
    assert [problem for kind, run in zip(kinds, runs, strict=True) for problem in run.find_problems(kind)] == []


@pytest.mark.parametrize("name", _SAMPLE)
def test_a_run_stands_a_slow_server_and_one_that_sends_the_key(name: str) -> None:
    """A server that sends a byte now and then ends a run by the deadline of a call; a key in no reply is shown."""
    kind = next(each for each in KINDS if each.name == name)
    with serve_hostile(kind.place, kind.send) as server:
        run = run_contract("--target", server.url, *list_flags(kind), CANNON_API_KEY=KEY)
    assert HostileRun(run.returncode, 0, run.output, {"output": run.output.encode()}).find_problems(kind) == []
