"""The status endpoint."""

from __future__ import annotations

import pytest

from contract_tests.target import Api


@pytest.mark.claim("status-ok", "status-reply-shape")
def test_a_good_key_is_told_so(api: Api) -> None:
    """The status reply has the documented keys."""
    reply = api.held("status", api.get("/api/v1/status"))
    assert reply["ok"] is True
    assert reply["apiKey"]["scopes"]


@pytest.mark.claim("status-credits-agree")
def test_the_two_balances_agree(api: Api) -> None:
    """The two numbers creditsRemaining and credits.remaining are the same."""
    reply = api.held("status", api.get("/api/v1/status"))
    assert reply["creditsRemaining"] == reply["credits"]["remaining"]


@pytest.mark.claim("status-free")
def test_asking_costs_nothing(api: Api) -> None:
    """Asking for the status again shows the same balance."""
    assert api.credits() == api.credits()
