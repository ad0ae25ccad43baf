"""How a run judges a test by the way it ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Deviation, MalformedReply, Notes
from cannon_contract.client.bounded_reading import LargeReply
from cannon_contract.client.outcomes import ClaimBroken, MemberMissing
from cannon_contract.client.recording import Exchange
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult, read_result
from cannon_contract.runner.run import Run
from cannon_contract.runner.suite_items import APIS
from cannon_contract.runner.targets import Target
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from tests.support.payloads import CATALOG

_EXCHANGE = Exchange("GET http://x/a", {}, "", 200, {}, "reply")


def _judge(run: Run, error: Exception | None, tbstyle: str = "line", **notes: Any) -> tuple[TestResult, Any]:
    """The result of a test of the claim status-ok that ended with this error, and pytest's report of it."""

    def hold_law() -> None:
        """The status is good."""

    mark = pytest.mark.claim("status-ok").mark
    item: Any = SimpleNamespace(
        nodeid="test_a",
        name="test_a",
        function=hold_law,
        stash={APIS: [SimpleNamespace(notes=Notes(exchanges=[_EXCHANGE], **notes))]},
        config=SimpleNamespace(option=SimpleNamespace(tbstyle=tbstyle)),
        iter_markers=lambda name=None: [mark] if name == "claim" else [],
    )
    call: Any = SimpleNamespace(excinfo=error and SimpleNamespace(value=error))
    report: Any = SimpleNamespace(
        passed=error is None, skipped=False, outcome="failed", longrepr="a traceback", location=("a", 1, "")
    )
    return run.judge_test(item, call, report), report


def _run() -> Run:
    return Run(CATALOG, Options(), Budget(0, PriceList((), None)))


def test_a_failure_without_claims_of_its_own_breaks_those_of_its_test() -> None:
    """A failure that names no claim breaks the claims that its test is marked with."""
    assert _judge(_run(), ClaimBroken("a"))[0].blamed_claims == ("status-ok",)
    assert _judge(_run(), ClaimBroken("a", "status-free"))[0].blamed_claims == ("status-free",)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ReadTimeout("no whole reply after 30 s"), "no whole reply after 30 s"),
        (LargeReply("more than 8 MiB"), "more than 8 MiB"),
        (httpx.RemoteProtocolError("a text of the target"), "RemoteProtocolError"),
    ],
)
def test_a_reply_that_is_not_read_is_no_answer(error: httpx.TransportError, words: str) -> None:
    """A test that gets no whole reply shows nothing, and says why no more of it was read."""
    run = _run()
    run.target = Target("http://x", False, False, False, {})
    result, _ = _judge(run, error)
    assert (result.outcome, result.is_silent, result.why) == ("not tested", True, f"no answer: {words}")


def test_a_plain_failure_is_described_by_the_law_of_its_test() -> None:
    """The sentence of a plain assert begins with the law, and takes the place of a traceback of one line."""
    sentence = "The status is good: expected 200, got 401 (last call: GET http://x/a, answered with 200)"
    result, report = _judge(_run(), AssertionError("assert expected 200, got 401"))
    assert (result.why, result.law, report.longrepr) == (sentence, "The status is good", sentence)
    assert _judge(_run(), AssertionError(), tbstyle="long")[1].longrepr == "a traceback"


def test_a_missing_member_has_one_cause() -> None:
    """Where a reply lacks a member of its schema, a test that reads it shows nothing else; another test is judged."""
    reply = MalformedReply(("status-reply-shape",), "GET answered 200: /a is missing", _EXCHANGE)
    result, _ = _judge(_run(), MemberMissing("the reply: expected the member a", "a"), malformed_replies=[reply])
    assert (result.outcome, result.breaks("status-ok"), result.breaks("status-reply-shape")) == (
        "not tested",
        False,
        True,
    )
    other, _ = _judge(_run(), MemberMissing("expected the member size", "size"), malformed_replies=[reply])
    assert (other.outcome, other.breaks("status-ok")) == ("broken", True)


def test_each_claim_keeps_the_exchanges_of_one_test() -> None:
    """Only the first test that shows a claim keeps its exchanges, and each difference is noted once in a test."""
    run = _run()
    first, second = (_judge(run, ClaimBroken("a"))[0] for _ in range(2))
    assert (first.exchanges, second.exchanges) == ((_EXCHANGE,), ())
    deviation = Deviation("credits-hold", "another balance", _EXCHANGE)
    third, fourth = (_judge(run, None, deviations=[deviation] * 9)[0] for _ in range(2))
    assert [each.exchange for each in third.deviations] == [_EXCHANGE]
    assert [each.exchange for each in fourth.deviations] == [None]
    assert third.exchanges == ()
    assert read_result(third.to_dict()) == third
    assert read_result(fourth.to_dict()) == fourth


@pytest.mark.parametrize(("is_mock", "outcome"), [(True, "broken"), (False, "not tested")])
def test_a_reply_that_a_test_cannot_read_breaks_a_claim_of_our_mock_only(is_mock: bool, outcome: str) -> None:
    """An error in reading a reply that matches its schema says nothing about another's server."""
    run = _run()
    run.target = Target("http://x", is_mock, may_charge=False, accepts_any_key=False, switches={})
    assert _judge(run, KeyError("id"))[0].outcome == outcome


def test_an_error_of_a_test_breaks_no_claim() -> None:
    """An error that no reply can raise is one of the test: it is told, and pytest's report stays a failure."""
    result, report = _judge(_run(), RecursionError("too deep"))
    assert (result.outcome, report.outcome) == ("not tested", "failed")
    assert result.why == "the test itself failed: RecursionError: too deep; please report it"
