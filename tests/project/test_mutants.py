"""The contract tests fail when they should: each mutant of the mock is caught by a test of the claim that it breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cannon_contract.runner.mock_target import MockWrapper
from cannon_spec import load_catalog
from tests.mutants import __main__ as command
from tests.mutants.mutant import Mutant
from tests.mutants.runner import run_mutants
from tests.mutants.table import MUTANTS, SAMPLE
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
MUTANTS_COMMAND = [sys.executable, "-m", "tests.mutants"]


def make_harmless(claim: str) -> Mutant:
    """A mutant that changes nothing."""
    return Mutant(claim, "nothing", "reply", MockWrapper())


def test_a_mutant_of_each_kind_is_caught() -> None:
    """Of each kind of change one mutant is caught by a test of its claim."""
    results = run_mutants(SAMPLE)
    assert (results.survivors, results.errors) == ([], [])
    assert {mutant.kind for mutant in SAMPLE} == {mutant.kind for mutant in MUTANTS}


def test_each_operation_has_a_mutant_of_its_output() -> None:
    """Whatever an operation produces, a text or two files, some mutant breaks the output of just that operation."""
    broken_ids = {mutant.description.partition(": ")[0] for mutant in MUTANTS}
    assert {each.id for each in load_catalog().operations.values() if each.is_covered} <= broken_ids


@pytest.mark.extended
def test_every_mutant_is_caught_and_every_claim_has_one() -> None:
    """No mutant survives, and each claim on behaviour has one."""
    run = subprocess.run(MUTANTS_COMMAND, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(MUTANTS)} caught, 0 survived" in run.stdout


@pytest.mark.extended
def test_a_mutant_that_changes_nothing_survives() -> None:
    """No test fails against the plain mock, so a mutant is caught for what it breaks."""
    harmless = [make_harmless(claim) for claim in sorted({mutant.claim for mutant in MUTANTS})[::8]]
    results = run_mutants(harmless)
    assert set(results.survivors) == set(harmless)
    assert all(results.test_counts.values())


@pytest.mark.extended
def test_the_command_fails_for_a_survivor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names a survivor with the number of tests that it passed, and each claim that no mutant breaks."""
    monkeypatch.setattr(command, "MUTANTS", [make_harmless("status-code")])
    assert command.main() == 1
    output = capsys.readouterr().out
    assert "SURVIVED 1 tests" in output
    assert "no mutant breaks create-idempotent" in output
