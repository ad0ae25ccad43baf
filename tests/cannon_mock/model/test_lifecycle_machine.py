"""Many requests, in any order of calls, compared with a model of a few dictionaries."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from cannon_spec.contract.lifecycle import is_terminal, may_follow
from tests.support.mocks import FAILURE, PRICE, RETENTION_MS, Driver, body, driven, refusal, spotless
from tests.support.payloads import CATALOG

START = 4 * PRICE + 10
KEY_MS = 24 * 60 * 60 * 1000
ACCOUNTS = ("cs_a", "cs_b", "cs_c")
BODIES = (body(), body(prompt="another"), {**body(), "webhook_url": "https://example.com/hook"})
PAUSES = (0, 1, 450, 900, 1300, 2000, 4900, 10_300, 86_400_000, RETENTION_MS, RETENTION_MS + 1)

accounts = st.sampled_from(ACCOUNTS)


@dataclass
class Known:
    """What the model knows of one request: whose it is, when it was created, and how it was last seen."""

    account: str
    created_ms: int
    seen: dict[str, Any] | None = None


class Lifecycle(RuleBasedStateMachine):
    """Creates, polls, pauses and status calls of three accounts, in any order."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.known: dict[str, Known] = {}
        self.keys: dict[tuple[str, str], tuple[Any, str, int]] = {}

    @initialize(immediate=st.booleans(), speed=st.sampled_from((0.5, 1.0, 20.0)))
    def start(self, immediate: bool, speed: float) -> None:
        """Start a mock."""
        progression = "immediate" if immediate else "time"
        self.mock: Driver = driven(credits=START, progression=progression, speed=speed, send=lambda *_: None)

    def teardown(self) -> None:
        """Stop the mock."""
        self.stack.close()

    @rule(target=requests, account=accounts, payload=st.sampled_from(BODIES), fails=st.booleans())
    def create(self, account: str, payload: Any, fails: bool) -> Any:
        """A create without key is a new request, as long as the credits last."""
        return self._created(account, payload, FAILURE if fails else {})

    @rule(
        target=requests, account=accounts, payload=st.sampled_from(BODIES), key=st.text("xyz", min_size=1, max_size=1)
    )
    def create_with_key(self, account: str, payload: Any, key: str) -> Any:
        """A key that is known stands for its first body and no other; one not known, or expired, makes a new one."""
        headers = {"x-idempotency-key": key}
        first, id_, expires_ms = self.keys.get((account, key), (None, "", 0))
        if expires_ms <= self.mock.clock.now_ms():
            made = self._created(account, payload, headers)
            if isinstance(made, str):
                self.keys[account, key] = (payload, made, self.mock.clock.now_ms() + KEY_MS)
            return made
        reply = self.mock.create(payload, account, headers)
        if payload == first:
            assert (reply.status_code, spotless("accepted", reply)["id"]) == (202, id_)
        else:
            assert refusal(reply) == (422, "idempotency_key_reused")
        return multiple()

    def _created(self, account: str, payload: Any, headers: dict[str, str]) -> Any:
        left = self._balance(account)
        reply = self.mock.create(payload, account, headers)
        if left < PRICE:
            assert refusal(reply) == (402, "insufficient_credits")
            return multiple()
        id_ = spotless("accepted", reply)["id"]
        assert id_ not in self.known
        self.known[id_] = Known(account, self.mock.clock.now_ms())
        return id_

    @rule(pause=st.sampled_from(PAUSES) | st.integers(0, 12_000))
    def wait(self, pause: int) -> None:
        """Time passes."""
        self.mock.clock.advance(pause)

    @rule(id_=requests)
    def poll(self, id_: str) -> None:
        """A poll sees what may follow the last one: times that stay once set, an end that stays whole."""
        known = self.known[id_]
        seen = spotless("request", self.mock.get(f"/api/v1/requests/{id_}", known.account))
        before, known.seen = known.seen, seen
        times = [seen[name] for name in ("createdAtMs", "startedAtMs", "completedAtMs") if seen[name] is not None]
        assert times == sorted(times)
        assert times[0] == known.created_ms
        assert times[-1] <= self.mock.clock.now_ms()
        if before is not None:
            self._follows(before, seen)

    def _follows(self, before: dict[str, Any], seen: dict[str, Any]) -> None:
        assert may_follow(CATALOG.lifecycle, before["status"], seen["status"])
        for name in ("startedAtMs", "completedAtMs"):
            assert before[name] in (None, seen[name])
        if is_terminal(CATALOG.lifecycle, before["status"]):
            swept = self.mock.clock.now_ms() > seen["completedAtMs"] + RETENTION_MS
            assert seen["requestLog"]["available"] is not swept
            assert {**seen, "requestLog": None} == {**before, "requestLog": None}
            assert swept or seen == before

    @rule(id_=requests, account=accounts)
    def poll_as(self, id_: str, account: str) -> None:
        """A request is there for its own account and for no other."""
        expected = 200 if account == self.known[id_].account else 404
        assert self.mock.get(f"/api/v1/requests/{id_}", account).status_code == expected

    @rule(account=accounts)
    def status(self, account: str) -> None:
        """An account has its start less the price of every request that has not failed."""
        reply = self.mock.get("/api/v1/status", account)
        assert spotless("status", reply)["creditsRemaining"] == self._balance(account)

    def _balance(self, account: str) -> int:
        own = [self.mock.poll(id_, account) for id_, known in self.known.items() if known.account == account]
        return START - PRICE * [seen["status"] != "failed" for seen in own].count(True)


class TestLifecycle(Lifecycle.TestCase):  # type: ignore[valid-type, misc]
    """Whatever is called in whatever order, the mock does what the model does."""

    settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
