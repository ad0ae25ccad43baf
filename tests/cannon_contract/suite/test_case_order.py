"""The order of the cases of the suite, which the processes of a run with -n must agree on."""

from __future__ import annotations

import pytest

from tests.support.contract_runs import run_contract_process


@pytest.mark.extended
def test_the_order_of_the_cases_is_the_same_in_each_process() -> None:
    """Two processes whose sets have another order collect the same cases in the same order."""
    runs = (run_contract_process("--collect-only", "-q", PYTHONHASHSEED=seed) for seed in "12")
    first_cases, second_cases = ([line for line in run.stdout.splitlines() if "::" in line] for run in runs)
    assert first_cases
    assert first_cases == second_cases
