"""Runs of the contract tests against hostile servers, several side by side, so that their waits overlap."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cannon_contract.runner import command
from tests.servers.hostile_server.kinds import Kind
from tests.servers.hostile_server.server import serve_hostile
from tests.support.contract_runs import OPERATION
from tests.support.effort import PATIENCE_S
from tests.support.honest_servers import KEY
from tests.support.processes import environment

_SIDE_BY_SIDE = 4
_MOST_MIB = 300
_BAD_TEXTS = ("Traceback", "please report", "INTERNALERROR")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]|^\s*(?:::|##\[)", re.MULTILINE)
"""A sign that a terminal obeys, or a command of a CI service."""
_SUMMARY = "= claims ="
"""A line of each run that has begun."""
_ALL_ARGUMENTS = command.pytest_arguments()
_SPENDING = ("--assume-price", "100", "--allow-spend", "1000000")
_MANY_TESTS = "test_status or test_assets or test_lifecycle or refused or accepted"
_LIMITS_OF_MANY = ("--call-timeout", "2", "--max-time", "20")


@dataclass(frozen=True, slots=True)
class HostileRun:
    """A run: its exit status, the most memory that it took, what it printed, and the files that it left."""

    status: int
    peak_mib: float
    output: str
    files: dict[str, bytes]

    def find_problems(self, kind: Kind) -> list[str]:
        """Say what a run against a kind should not have done."""
        problems = {
            f"status {self.status} in place of {kind.status}": self.status != kind.status,
            f"{self.peak_mib:.0f} MiB": self.peak_mib > _MOST_MIB,
            "no summary": _SUMMARY not in self.output,
            "a control sign": _CONTROL.search(self.output),
            **{f"the key in {name}": KEY.encode() in content for name, content in self.files.items()},
            **{text: text in self.output for text in _BAD_TEXTS},
        }
        return [f"{kind.name}: {problem}" for problem, is_there in problems.items() if is_there]


def list_flags(kind: Kind) -> tuple[str, ...]:
    """List what a run of the tests of a kind alone is told."""
    return (*_SPENDING, "--call-timeout", str(kind.call_timeout_s), "--max-time", str(kind.max_time_s))


def run_all(kinds: Sequence[Kind], folder: Path, *, with_many_tests: bool = False) -> Iterator[HostileRun]:
    """Run the command against a server of each kind, each in a process of its own, with the tests of the kind.

    With many tests a run has tests of each route, ends after twenty seconds, and may have status 2 for that.
    """
    context = multiprocessing.get_context("forkserver")  # processes that have imported and collected what a run needs
    context.set_forkserver_preload([f"{__package__}.warm_up"])
    with (
        ProcessPoolExecutor(_SIDE_BY_SIDE, context, max_tasks_per_child=1) as processes,
        ThreadPoolExecutor(_SIDE_BY_SIDE) as threads,
    ):
        run = partial(_serve_and_run, processes, folder, with_many_tests)
        yield from threads.map(run, range(len(kinds)), kinds)


def _serve_and_run(
    processes: ProcessPoolExecutor, folder: Path, with_many_tests: bool, number: int, kind: Kind
) -> HostileRun:
    tests = () if with_many_tests else kind.tests
    flags = (*_SPENDING, "-k", _MANY_TESTS, *_LIMITS_OF_MANY) if with_many_tests else list_flags(kind)
    with serve_hostile(kind.place, kind.send) as server:
        return processes.submit(_run, server.url, folder / str(number), tests, flags).result()


def _run(url: str, folder: Path, tests: Sequence[str], flags: Sequence[str]) -> HostileRun:
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
        status = run_tests(tests, "--target", url, "--report", "report", *flags)
        sys.stdout.flush()
        sys.stderr.flush()
    files = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return HostileRun(status, _read_peak_mib(), output.read_text(errors="surrogateescape"), files)


def run_tests(tests: Sequence[str], *flags: str) -> int:
    """Run the command with these tests of the suite alone, or with all: to collect all takes longer than to run one."""
    package, *arguments = _ALL_ARGUMENTS
    paths = [f"{package}/suite/{each}" for each in tests] or [package]
    command.pytest_arguments = lambda: [*paths, *arguments]
    return command.main(("--operation", OPERATION, *flags))


def _read_peak_mib() -> float:
    """The most memory that this process has had. Not ru_maxrss: it has the peak of the process that forked this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
