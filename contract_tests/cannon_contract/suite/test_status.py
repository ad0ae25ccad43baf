"""The status endpoint."""

from __future__ import annotations

import pytest

from cannon_contract.client.api import Api


@pytest.mark.claim("status-code")
def test_a_status_is_answered_with_200(api: Api) -> None:
    """The status of a valid key is answered with 200."""
    assert api.get("/api/v1/status").status_code == 200


@pytest.mark.claim("status-ok", "status-reply-shape")
def test_a_status_names_the_scopes_of_the_key(api: Api) -> None:
    """The status reply matches its schema, and names at least one scope of the key."""
    assert api.check_reply("status", api.get("/api/v1/status"))["apiKey"]["scopes"]


@pytest.mark.claim("status-credits-agree")
def test_both_balances_are_equal(api: Api) -> None:
    """CreditsRemaining and credits.remaining are equal."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    assert reply["creditsRemaining"] == reply["credits"]["remaining"]


@pytest.mark.claim("status-free")
def test_a_status_costs_nothing(api: Api) -> None:
    """A second status reply has the same balance."""
    assert api.read_credits() == api.read_credits()


@pytest.mark.claim("status-account")
@pytest.mark.needs("mock")
def test_the_account_is_that_of_the_example(api: Api) -> None:
    """Account and key name are those of the vendor's example, whatever the key is."""
    reply, example = api.check_reply("status", api.get("/api/v1/status")), api.catalog.status_reply
    assert (reply["account"], reply["apiKey"]["name"]) == (example["account"], example["apiKey"]["name"])


@pytest.mark.claim("credits-start")
@pytest.mark.needs("mock", "any key")
def test_an_account_starts_with_the_credits_of_the_example(api: Api) -> None:
    """A new key has 1250 credits, or as many as the mock was set to."""
    assert api.with_key(api.key + "_new").read_credits() == api.read_switch("credits", 1250)
