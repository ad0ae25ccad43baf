"""What the contract tests of assets take for a refusal of a key."""

from __future__ import annotations

import pytest

from tests.mutants.wsgi import change_status
from tests.support.contract_runs import run_contract
from tests.support.serving import serve_mock


@pytest.mark.parametrize(("status", "is_refusal"), [(401, True), (403, True), (404, False)])
def test_a_key_is_refused_in_one_of_several_ways(status: int, is_refusal: bool) -> None:
    """Storage services refuse with 401 or 403 what the mock refuses with 400."""
    with serve_mock(change_status("GET asset", 400, status)) as served:
        run = run_contract("--target", served.url, "-k", "test_an_asset_is_refused_to_authorization")
    assert run.returncode == (0 if is_refusal else 1), run.output
