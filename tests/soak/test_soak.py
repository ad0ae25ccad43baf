"""A soak runs, and what it finds decides its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.extended
def test_a_short_soak_runs_both_cycles() -> None:
    """Law: a soak of seconds on a mock in memory tells its seed, shows both cycles, and finds no broken law."""
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.1", "--stores", "memory", "--seed", "short"]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("seed short")
    assert "growth is not judged: a cycle has 3 s of load" in run.stdout
    rows = [line.split()[:3] for line in run.stdout.splitlines() if line.startswith("memory ")]
    assert "done to memory with 1 workers in cycle 2: nothing" in run.stdout
    assert rows == [["memory", "1", "1"], ["memory", "1", "2"]]
