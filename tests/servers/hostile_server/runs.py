"""Runs of the contract tests against hostile servers, several side by side, so that their waits overlap."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cannon_contract.runner import command
from tests.servers.hostile_server.kinds import Kind
from tests.servers.hostile_server.server import serve_hostile
from tests.support.contract_runs import OPERATION
from tests.support.effort import PATIENCE_S
from tests.support.honest_servers import KEY
from tests.support.processes import environment

_SIDE_BY_SIDE = 6
_PRELOADED = ("cannon_contract.plugin", "pytest", "PIL.Image")
TESTS = "test_status or test_assets or test_lifecycle or refused or accepted"
FLAGS = ("-k", TESTS, "--call-timeout", "2", "--max-time", "20", "--assume-price", "100", "--allow-spend", "1000000")
"""What each run is told: a call may take two seconds, and the run twenty; it has tests of each route."""


@dataclass(frozen=True, slots=True)
class HostileRun:
    """A run: its exit status, the most memory that it took, what it printed, and the files that it left."""

    status: int
    peak_mib: float
    output: str
    files: dict[str, bytes]


def run_all(kinds: Sequence[Kind], folder: Path) -> list[HostileRun]:
    """Run the command against a server of each kind, each in a process of its own."""
    context = multiprocessing.get_context("forkserver")  # clean processes that have imported what a run needs
    context.set_forkserver_preload([__name__, *_PRELOADED])
    with ExitStack() as servers, _fork(context) as pool:
        futures = []
        for number, kind in enumerate(kinds):
            url = servers.enter_context(serve_hostile(kind.place, kind.send)).url
            futures.append(pool.submit(_run, url, folder / str(number)))
        return [each.result() for each in futures]


@contextmanager
def _fork(context: multiprocessing.context.BaseContext) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(_SIDE_BY_SIDE, context, max_tasks_per_child=1) as pool:
        yield pool


def _run(url: str, folder: Path) -> HostileRun:
    """Run the command in this process, which does nothing else, and ends where the run does not."""
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
    folder.mkdir()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment(CANNON_API_KEY=KEY))
    output = folder / "output"
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        status = command.main(("--target", url, "--operation", OPERATION, "--report", "report", *FLAGS))
        sys.stdout.flush()
        sys.stderr.flush()
    files = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return HostileRun(status, _read_peak_mib(), output.read_text(errors="surrogateescape"), files)


def _read_peak_mib() -> float:
    """The most memory that this process has had. Not ru_maxrss: it has the peak of the process that forked this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
