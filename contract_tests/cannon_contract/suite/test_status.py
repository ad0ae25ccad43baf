"""The status endpoint."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect, expect_equal, expect_member, expect_status
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.durations import CLOCK_TOLERANCE_S
from cannon_spec.times import parse_time, show_time


@pytest.mark.claim("status-code")
def test_a_status_is_answered_with_200(api: Api) -> None:
    """The status of a valid key is answered with 200."""
    expect_status(api.get("/api/v1/status"), 200, "with a valid key")


@pytest.mark.claim("status-ok", "status-reply-shape")
def test_a_status_names_the_scopes_of_the_key(api: Api) -> None:
    """The status reply matches its schema, and names at least one scope of the key."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    scopes = expect_member(reply, "/apiKey/scopes", "the status reply")
    expect(bool(scopes), "apiKey.scopes of the status reply", "at least one scope", scopes, claim_ids.STATUS_OK)


@pytest.mark.claim("status-credits-agree")
def test_both_balances_are_equal(api: Api) -> None:
    """CreditsRemaining and credits.remaining are equal."""
    reply = api.check_reply("status", api.get("/api/v1/status"))
    credits, same_credits = (
        expect_member(reply, pointer, "the status reply") for pointer in ("/creditsRemaining", "/credits/remaining")
    )
    expect_equal(same_credits, credits, "credits.remaining of the status reply, compared with its creditsRemaining")


@pytest.mark.claim("status-server-time")
def test_the_server_time_is_the_present(api: Api) -> None:
    """ServerTime is between the times at which the call was sent and answered, to five minutes."""
    if api.is_mock and not api.may_move_clock:
        raise NotTested("this mock has a clock of its own, which its user may have moved")
    sent_s = _read_clock(api)
    response = api.get("/api/v1/status")
    answered_s, server_time = _read_clock(api), api.check_reply("status", response).get("serverTime")
    is_present = _is_between(server_time, sent_s, answered_s)
    _check_own_clock(response, server_time, sent_s, answered_s)
    expected = f"a time near {show_time(datetime.fromtimestamp(answered_s, UTC))}, when it was read"
    expect(is_present, "serverTime of the status reply", expected, server_time)


def _read_clock(api: Api) -> float:
    """The time in seconds since 1970, on the clock of the mock where the target is one in this process."""
    return api.now_s() if api.may_move_clock else time.time()


def _is_between(server_time: Any, first_s: float, last_s: float) -> bool:
    """Whether a time is between two others, or as near as clocks may differ."""
    try:
        seconds = parse_time(str(server_time)).timestamp()
    except (ValueError, OverflowError):
        return False
    return first_s - CLOCK_TOLERANCE_S <= seconds <= last_s + CLOCK_TOLERANCE_S


def _check_own_clock(response: httpx.Response, server_time: Any, sent_s: float, answered_s: float) -> None:
    """Raise NotTested where serverTime agrees with the Date of the reply, and this machine with neither."""
    date = response.headers.get("date")
    try:
        date_s = parsedate_to_datetime(date).timestamp() if date else answered_s
    except ValueError:
        return
    is_present, is_at_date = _is_between(server_time, sent_s, answered_s), _is_between(server_time, date_s, date_s)
    if is_at_date and not is_present:
        raise NotTested(f"the clock of this machine differs from the Date of the reply, {show(date)}: one is wrong")


@pytest.mark.claim("status-free")
def test_a_status_costs_nothing(api: Api) -> None:
    """Status calls one after the other, and one after a pause, show the same balance."""
    use = api.account_use
    balances = use.watch(api.read_credits, api.sleep)
    what = f"creditsRemaining of {len(balances)} status calls one after the other"
    credits = [int(each) if each.is_integer() else each for each in balances]
    expect(not use.reading_cost, what, f"{balances[0]:g} each time", credits)
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
