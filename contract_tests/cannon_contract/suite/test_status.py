"""The status endpoint."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.expectations import expect, expect_equal, expect_member, expect_status


@pytest.mark.claim("status-code")
def test_a_status_is_answered_with_200(api: Api) -> None:
    """The status of a valid key is answered with 200."""
    expect_status(api.get("/api/v1/status"), 200, "with a valid key")


@pytest.mark.claim("status-ok", "status-reply-shape")
def test_a_status_names_the_scopes_of_the_key(api: Api) -> None:
    """The status reply matches its schema, and names at least one scope of the key."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    scopes = expect_member(reply, "/apiKey/scopes", "the status reply")
    expect(bool(scopes), "apiKey.scopes of the status reply", "at least one scope", scopes)


@pytest.mark.claim("status-credits-agree")
def test_both_balances_are_equal(api: Api) -> None:
    """CreditsRemaining and credits.remaining are equal."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    credits, same_credits = (
        expect_member(reply, pointer, "the status reply") for pointer in ("/creditsRemaining", "/credits/remaining")
    )
    expect_equal(same_credits, credits, "credits.remaining of the status reply, compared with its creditsRemaining")


@pytest.mark.claim("status-free")
def test_a_status_costs_nothing(api: Api) -> None:
    """Status calls one after the other, and one after a pause, show the same balance."""
    use = api.account_use
    balances = use.watch(api.read_credits, api.sleep)
    what = f"creditsRemaining of {len(balances)} status calls one after the other"
    expect(not use.reading_cost, what, f"{balances[0]:g} each time", balances)
    if all(before != after for before, after in pairwise(balances)):
        use.check_quiet()  # no call was seen that took nothing


@pytest.mark.claim("status-account")
@pytest.mark.needs("mock")
def test_the_account_is_that_of_the_example(api: Api) -> None:
    """Account and key name are those of the vendor's example, whatever the key is."""
    reply, example = api.check_reply("status", api.get("/api/v1/status")), api.catalog.status_reply
    account, name = (expect_member(reply, pointer, "the status reply") for pointer in ("/account", "/apiKey/name"))
    expect_equal(account, example["account"], "account of the status reply")
    expect_equal(name, example["apiKey"]["name"], "apiKey.name of the status reply")


@pytest.mark.claim("credits-start")
@pytest.mark.needs("mock", "any key")
def test_an_account_starts_with_the_credits_of_the_example(api: Api) -> None:
    """A new key has 1250 credits, or as many as the mock was set to."""
    credits = api.with_key(api.key + "_new").read_credits()
    expect_equal(credits, api.read_switch("credits", 1250), "creditsRemaining of a new key")
