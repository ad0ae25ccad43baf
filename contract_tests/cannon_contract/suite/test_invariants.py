"""What holds of all requests at all times, whatever is created, repeated, polled and waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cannon_contract.client.api import OPERATION, Api
from cannon_contract.client.flows import create, new_key, poll
from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.client.receiver import RECEIVER_URL, Receiver
from cannon_spec.contract.lifecycle import is_terminal, may_follow
from cannon_spec.strategies import requests

_DAY_MS = 86_400_000
_WAITS_S = (0.001, 0.5, 1, 3, 10, 60, 3600, 86_400, 7 * 86_400)


@dataclass(slots=True, eq=False)
class _Made:
    """A request that was created, and how it was last seen."""

    reply: dict[str, Any]
    body: dict[str, Any]
    key: str
    scenario: str
    seen: list[dict[str, Any]] = field(default_factory=list)


def _demand(claim: str, kept: bool, seen: object) -> None:
    if not kept:
        raise ClaimBroken(str(seen)[:500], claim)


class _Lifecycle(RuleBasedStateMachine):
    """A client that creates, repeats and waits, and after each step looks at everything."""

    made = Bundle("made")

    def __init__(self, own: Callable[..., Api]) -> None:
        super().__init__()
        self.receiver = Receiver()
        self.api = own(send=self.receiver, seed="invariants", credits=1_000_000)
        self.start = self.api.read_credits()
        self.all: list[_Made] = []

    @rule(
        target=made,
        body=requests(OPERATION),
        scenario=st.sampled_from(["success", "failed-internal"]),
        hooked=st.booleans(),
    )
    def create(self, body: dict[str, Any], scenario: str, hooked: bool) -> _Made:
        """A new request."""
        body = {"operation": OPERATION, "input": body["input"], **({"webhook_url": RECEIVER_URL} if hooked else {})}
        key = new_key()
        made = _Made(create(self.api, body, key=key, x_mock_scenario=scenario), body, key, scenario)
        self.all.append(made)
        return made

    @rule(made=made)
    def repeat(self, made: _Made) -> None:
        """The same create with the same key, as long as that is known, is the same request."""
        if self._now_ms() - made.seen[0]["createdAtMs"] < _DAY_MS:
            reply = create(self.api, made.body, key=made.key, x_mock_scenario=made.scenario)
            _demand("create-idempotent", reply["id"] == made.reply["id"], reply)

    @rule(seconds=st.sampled_from(_WAITS_S))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.api.sleep(seconds)

    @invariant()
    def all_is_well(self) -> None:
        """Every request is where it may be, and the credits add up."""
        for made in self.all:
            self._look(made)
        charged = [made.seen[-1]["billableCredits"] for made in self.all if made.seen[-1]["status"] != "failed"]
        left = self.api.read_credits()
        _demand("credits-hold", left == self.start - sum(charged), f"{left} of {self.start}, charged {charged}")

    def _look(self, made: _Made) -> None:
        now, again = poll(self.api, made.reply), poll(self.api, made.reply)
        ended = is_terminal(self.api.catalog.lifecycle, now["status"])
        _demand("lifecycle-terminal" if ended else "lifecycle-order", now == again, f"a poll made {again} of {now}")
        made.seen = [*made.seen[-1:], now] if made.seen else [now]
        self._check_step(made)
        self._check_times(made)
        self._check_end(made, now)

    def _check_step(self, made: _Made) -> None:
        for before, now in pairwise(made.seen):
            step = before["status"], now["status"]
            if is_terminal(self.api.catalog.lifecycle, step[0]):
                kept = {name: value for name, value in now.items() if name != "requestLog"}
                was = {name: value for name, value in before.items() if name != "requestLog"}
                _demand("lifecycle-terminal", kept == was, f"{was} became {kept}")
            legal = step[0] == step[1] or may_follow(self.api.catalog.lifecycle, *step)
            _demand("lifecycle-order", legal, step)

    def _check_times(self, made: _Made) -> None:
        named = [[each[name] for name in ("createdAtMs", "startedAtMs", "completedAtMs")] for each in made.seen]
        for times in named:
            known = [time for time in times if time is not None]
            _demand("request-times-ms", known == sorted(known), times)
        for before, after in pairwise(named):
            kept = all(was in (None, now) for was, now in zip(before, after, strict=True))
            _demand("request-times-ms", kept, f"{before} became {after}")

    def _check_end(self, made: _Made, now: dict[str, Any]) -> None:
        failed, succeeded = now["status"] == "failed", now["status"] == "succeeded"
        _demand("lifecycle-message-on-failure", (now["errorMessage"] is not None) == failed, now)
        _demand("lifecycle-output-on-success", not succeeded or now["output"] is not None, now)
        _demand("request-failed-view", not failed or now["output"] is None, now)
        events = [event for event in self.receiver.events if event["data"]["id"] == now["id"]]
        hooked, ended = "webhook_url" in made.body, failed or succeeded
        _demand("webhook-both-ends", len(events) == (hooked and ended), f"{len(events)} webhooks of {now['status']}")
        if ended:
            kept = self._now_ms() <= now["requestLog"]["retainedUntilMs"]
            _demand("request-log-after-sweep", now["requestLog"]["available"] is kept, now["requestLog"])
            for event in events:
                same = all(event["data"][name] == now[name] for name in now if kept or name != "requestLog")
                _demand("webhook-event", same, f"{event['data']} is not {now}")

    def _now_ms(self) -> int:
        said = self.api.check_reply("status", self.api.get("/api/v1/status"))["serverTime"]
        return round(datetime.fromisoformat(said).timestamp() * 1000)


@pytest.mark.claim(
    *("lifecycle-order", "lifecycle-terminal", "lifecycle-message-on-failure", "lifecycle-output-on-success"),
    *("request-times-ms", "request-failed-view", "request-log-after-sweep", "create-idempotent"),
    *("webhook-both-ends", "webhook-event", "credits-hold"),
)
def test_all_is_well_at_all_times(own: Callable[..., Api]) -> None:
    """Steps, times, ends, logs, webhooks and credits are as promised, after anything that a client may do."""
    runs = settings(max_examples=12, stateful_step_count=15, derandomize=True, database=None, deadline=None)
    run_state_machine_as_test(lambda: _Lifecycle(own), settings=runs)  # type: ignore[arg-type]  # as documented
