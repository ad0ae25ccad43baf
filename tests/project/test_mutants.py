"""The contract tests bite: each mutant of the mock is caught by a test of the very claim that it breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cannon_contract.runner.mock_target import MockWrapper
from tests.mutants import __main__ as command
from tests.mutants.runner import hunt
from tests.mutants.table import MUTANTS, Mutant
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
MUTANTS_COMMAND = [sys.executable, "-m", "tests.mutants"]


def test_every_mutant_is_caught_and_every_claim_has_one() -> None:
    """The table of all mutants has no survivor, and no claim on behaviour is without a mutant."""
    run = subprocess.run(MUTANTS_COMMAND, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(MUTANTS)} caught, 0 survived" in run.stdout


def test_a_mutant_that_breaks_nothing_survives() -> None:
    """Around the unbroken mock no test fails: what the mutants are caught by is their defect."""
    claims = sorted({mutant.claim for mutant in MUTANTS})[::8]
    harmless = [Mutant(claim, "nothing", MockWrapper()) for claim in claims]
    found = hunt(harmless)
    assert set(found.run) == set(harmless)
    assert all(found.run.values())
    assert not any(found.caught.values())


def test_the_command_fails_on_a_survivor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A survivor is named with the number of tests it passed, and so is a claim that no mutant breaks."""
    monkeypatch.setattr(command, "MUTANTS", [Mutant("status-code", "nothing", MockWrapper())])
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "SURVIVED 1 tests" in said
    assert "no mutant breaks create-idempotent" in said
