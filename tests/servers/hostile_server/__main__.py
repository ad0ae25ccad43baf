"""Run many contract tests against each kind of hostile server, and print what each run took: ``make hostile``."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.servers.hostile_server.kinds import KINDS
from tests.servers.hostile_server.runs import HostileRun, run_all

_STOPPED = ("the run was stopped", "Interrupted")


def main(words: list[str]) -> int:
    """Run against the kinds whose names have one of the words, or against all. Returns 1 where a run has a problem."""
    kinds = [kind for kind in KINDS if not words or any(word in kind.name for word in words)]
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, run in zip(kinds, run_all(kinds, Path(folder), with_many_tests=True), strict=True):
            # How far a run comes in twenty seconds depends on the machine: then its status says that it was stopped.
            problems = run.find_problems(replace(kind, status=2) if _is_stopped(run) else kind)
            print(f"{run.status}  {run.peak_mib:4.0f} MiB  {kind.name}", *problems, sep="\n    ", flush=True)
            count += len(problems)
    print(f"{len(kinds)} kinds, {count} problems")
    return min(count, 1)


def _is_stopped(run: HostileRun) -> bool:
    return any(text in run.output for text in _STOPPED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
