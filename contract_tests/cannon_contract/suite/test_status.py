"""The status endpoint."""

from __future__ import annotations

import pytest

from cannon_contract.client.api import Api


@pytest.mark.claim("status-code")
def test_a_healthy_status_is_200(api: Api) -> None:
    """A good key's status has the HTTP status 200."""
    assert api.get("/api/v1/status").status_code == 200


@pytest.mark.claim("status-ok", "status-reply-shape")
def test_a_good_key_is_told_so(api: Api) -> None:
    """The status reply has the documented keys."""
    assert api.check_reply("status", api.get("/api/v1/status"))["apiKey"]["scopes"]


@pytest.mark.claim("status-credits-agree")
def test_the_two_balances_agree(api: Api) -> None:
    """The two numbers creditsRemaining and credits.remaining are the same."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    assert reply["creditsRemaining"] == reply["credits"]["remaining"]


@pytest.mark.claim("status-free")
def test_asking_costs_nothing(api: Api) -> None:
    """Asking for the status again shows the same balance."""
    assert api.read_credits() == api.read_credits()


@pytest.mark.claim("status-account")
@pytest.mark.needs("mock")
def test_the_account_is_that_of_the_example(api: Api) -> None:
    """Account and key of any key are those of the vendor's example."""
    reply, said = api.check_reply("status", api.get("/api/v1/status")), api.catalog.status_reply
    assert (reply["account"], reply["apiKey"]["name"]) == (said["account"], said["apiKey"]["name"])


@pytest.mark.claim("credits-start")
@pytest.mark.needs("mock", "any key")
def test_an_account_starts_with_the_credits_of_the_example(api: Api) -> None:
    """A key that was never used has 1250 credits, or what the mock was told."""
    assert api.with_key(api.key + "_new").read_credits() == api.read_switch("credits", 1250)
