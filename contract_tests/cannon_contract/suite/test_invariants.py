"""What holds for all requests at all times, whatever a client creates, repeats, polls and waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect_count, expect_equal, expect_no_breach
from cannon_contract.client.flows import create, poll
from cannon_contract.client.receiver import RECEIVER_URL, Receiver
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import (
    LifecycleBreach,
    check_step,
    check_view,
    is_key_alive,
    is_terminal,
    must_keep_log,
)
from cannon_spec.strategies import requests

_WAITS_S = (0.001, 0.5, 1, 3, 10, 60, 3600, 86_400, 7 * 86_400)
_MOST_CREDITS = 50_000
"""The most that one request may cost: a drawn duration may be as large as a double, and so the cost of its seconds."""


@dataclass(slots=True, eq=False)
class _Request:
    """A request that was created, and its last view."""

    reply: dict[str, Any]
    body: dict[str, Any]
    key: str
    scenario: str
    view: dict[str, Any] = field(default_factory=dict)

    @property
    def has_webhook(self) -> bool:
        return "webhook_url" in self.body


class _Client(RuleBasedStateMachine):
    """A client that creates, repeats and waits, and looks at everything after each step."""

    requests = Bundle("requests")

    def __init__(self, make_own_mock: Callable[..., Api]) -> None:
        super().__init__()
        self.receiver = Receiver()
        self.api = make_own_mock(send=self.receiver, seed="invariants", credits=1_000_000)
        self.start_credits = self.api.read_credits()
        self.all_requests: list[_Request] = []

    @rule(
        target=requests,
        data=st.data(),
        scenario=st.sampled_from(["success", "failed-internal"]),
        has_webhook=st.booleans(),
    )
    def create(self, data: st.DataObject, scenario: str, has_webhook: bool) -> _Request:
        """Create a request with any body of one model that the contract allows."""
        operation, model = self.api.operation, self.api.default_input.get("model")
        input = data.draw(requests(operation, model))["input"]
        if self.api.catalog.operations[operation].find_cost(input).credits > _MOST_CREDITS:
            input = self.api.build_body()["input"]
        body = {"operation": operation, "input": input, **({"webhook_url": RECEIVER_URL} if has_webhook else {})}
        key = new_key()
        request = _Request(create(self.api, body, key=key, x_mock_scenario=scenario), body, key, scenario)
        self.all_requests.append(request)
        return request

    @rule(request=requests)
    def repeat(self, request: _Request) -> None:
        """Repeat a create with its key; as long as the key is alive the reply names the same request."""
        if is_key_alive(self.api.catalog.lifecycle, request.view["createdAtMs"], self._now_ms()):
            reply = create(self.api, request.body, key=request.key, x_mock_scenario=request.scenario)
            what = "the id in the reply to a repeat, compared with the first reply"
            expect_equal(reply["id"], request.reply["id"], what, claim_ids.CREATE_IDEMPOTENT)

    @rule(seconds=st.sampled_from(_WAITS_S))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.api.sleep(seconds)

    @invariant()
    def check_everything(self) -> None:
        """Check every request, and that the credits add up."""
        for request in self.all_requests:
            self._check_request(request)
        charges = [each.view["billableCredits"] for each in self.all_requests if each.view["status"] != "failed"]
        balance = self.api.read_credits()
        what = f"creditsRemaining after {len(charges)} charges of {show(charges)} from {self.start_credits:g} credits"
        expect_equal(balance, self.start_credits - sum(charges), what, claim_ids.CREDITS_HOLD)

    def _check_request(self, request: _Request) -> None:
        catalog, now_ms = self.api.catalog, self._now_ms()
        view, same_view = poll(self.api, request.reply), poll(self.api, request.reply)
        expect_no_breach(check_view(view), view, "a polled request object")
        for before, after in ((request.view or view, view), (view, same_view)):
            expect_no_breach(check_step(catalog, before, after, now_ms), after, "a later poll")
        expect_equal(same_view, view, "a second poll at the same time", claim_ids.LIFECYCLE_ORDER)
        request.view = view
        events = [event for event in self.receiver.events if event["data"]["id"] == view["id"]]
        has_ended = is_terminal(catalog.lifecycle, view["status"])
        expected_count = int(request.has_webhook and has_ended)
        expect_count(events, expected_count, f"webhooks of a {view['status']} request", claim_ids.WEBHOOK_BOTH_ENDS)
        if has_ended:
            self._check_log(view, now_ms)
            breaches = [each for event in events for each in _check_event(catalog, event, view, now_ms)]
            expect_no_breach(breaches, view, "the polled object, compared with its webhook")

    def _check_log(self, view: dict[str, Any], now_ms: int) -> None:
        log = view["requestLog"]
        is_kept = must_keep_log(view, now_ms) or now_ms == log["retainedUntilMs"]
        what = f"requestLog.available, {now_ms - log['retainedUntilMs']} ms after retainedUntilMs"
        expect_equal(log["available"], is_kept, what, claim_ids.REQUEST_LOG_AFTER_SWEEP)

    def _now_ms(self) -> int:
        server_time = self.api.check_reply("status", self.api.get("/api/v1/status"))["serverTime"]
        return round(datetime.fromisoformat(server_time).timestamp() * 1000)


def _check_event(catalog: Catalog, event: Any, view: dict[str, Any], now_ms: int) -> Iterable[LifecycleBreach]:
    """Where the data of a webhook differs from the request object that a poll shows now."""
    return (each._replace(claim=claim_ids.WEBHOOK_EVENT) for each in check_step(catalog, event["data"], view, now_ms))


@pytest.mark.claim(
    *("lifecycle-order", "lifecycle-terminal", "lifecycle-message-on-failure", "lifecycle-output-on-success"),
    *("request-failed-view", "request-log-after-sweep", "create-idempotent"),
    *("webhook-both-ends", "webhook-event", "credits-hold"),
)
def test_the_lifecycle_holds_whatever_a_client_does(make_own_mock: Callable[..., Api]) -> None:
    """Steps, times, ends, logs, webhooks and credits still behave as documented after any series of calls."""
    runs = settings(max_examples=8, stateful_step_count=15, derandomize=True, database=None, deadline=None)
    run_state_machine_as_test(lambda: _Client(make_own_mock), settings=runs)  # type: ignore[arg-type]  # as documented
