"""An account that is also used from elsewhere, while the contract tests create requests with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.servers.defects.defect import FAST_SETTINGS
from tests.support.contract_runs import run_contract
from tests.support.honest_servers import KEY, serve_plain


@pytest.mark.extended
def test_a_busy_account_ends_no_run() -> None:
    """The run says that the account is used from elsewhere, takes its falls for no overrun, and breaks no claim."""
    with serve_plain(replace(FAST_SETTINGS, busy_ms=2, balance=1_000_000)) as address:
        flags = ("--allow-spend", "1000", "--assume-price", "100", "-k", "test_credits and not price or test_status")
        run = run_contract("--target", address, *flags, CANNON_API_KEY=KEY)
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout
    assert "the account is also used from elsewhere: its balance fell by" in run.stdout
    assert "overrun" not in run.stdout
