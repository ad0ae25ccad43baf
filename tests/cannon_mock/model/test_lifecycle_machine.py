"""Many requests, in any order of calls, compared with a model of a few dictionaries."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from cannon_spec.contract.lifecycle import is_terminal, may_follow
from tests.support.mocks import FAILURE, PRICE, RETENTION_MS, Driver, body, build_driver, read_clean_reply, read_error
from tests.support.payloads import CATALOG

START = 4 * PRICE + 10
KEY_MS = 24 * 60 * 60 * 1000
ACCOUNTS = ("cs_a", "cs_b", "cs_c")
REFUSED_LATE = body(aspect_ratio="1:8")
"""What only the provider refuses."""
BODIES = (body(), body(prompt="another"), {**body(), "webhook_url": "https://example.com/hook"}, REFUSED_LATE)
PAUSES = (0, 1, 450, 900, 1300, 2000, 4900, 10_300, 86_400_000, RETENTION_MS, RETENTION_MS + 1)

accounts = st.sampled_from(ACCOUNTS)


@dataclass
class KnownRequest:
    """What the model knows of one request: its account, when it was created, its end, and the view of the last poll."""

    account: str
    created_ms: int
    end: str
    last_view: dict[str, Any] | None = None


class Lifecycle(RuleBasedStateMachine):
    """Creates, polls, pauses and status calls of three accounts, in any order."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.known_requests: dict[str, KnownRequest] = {}
        self.keys: dict[tuple[str, str], tuple[Any, str, int]] = {}

    @initialize(immediate=st.booleans(), speed=st.sampled_from((0.5, 1.0, 20.0)), fails_late=st.booleans())
    def start(self, immediate: bool, speed: float, fails_late: bool) -> None:
        """Start a mock."""
        self.fails_late = fails_late
        self.mock: Driver = build_driver(
            credits=START,
            progression="immediate" if immediate else "time",
            speed=speed,
            upstream_violations="fail-late" if fails_late else "warn",
            send=lambda *_: None,
        )

    def teardown(self) -> None:
        """Stop the mock."""
        self.stack.close()

    @rule(target=requests, account=accounts, payload=st.sampled_from(BODIES), fails=st.booleans())
    def create(self, account: str, payload: Any, fails: bool) -> Any:
        """A create without key is a new request, as long as the credits last."""
        return self._create(account, payload, FAILURE if fails else {})

    @rule(
        target=requests, account=accounts, payload=st.sampled_from(BODIES), key=st.text("xyz", min_size=1, max_size=1)
    )
    def create_with_key(self, account: str, payload: Any, key: str) -> Any:
        """A key that is known stands for its first body and no other; one not known, or expired, makes a new one."""
        headers = {"x-idempotency-key": key}
        first, id_, expires_ms = self.keys.get((account, key), (None, "", 0))
        if expires_ms <= self.mock.clock.now_ms():
            new_id = self._create(account, payload, headers)
            if isinstance(new_id, str):
                self.keys[account, key] = (payload, new_id, self.mock.clock.now_ms() + KEY_MS)
            return new_id
        reply = self.mock.create(payload, account, headers)
        if payload == first:
            assert (reply.status_code, read_clean_reply("accepted", reply)["id"]) == (202, id_)
        else:
            assert read_error(reply) == (422, "idempotency_key_reused")
        return multiple()

    def _create(self, account: str, payload: Any, headers: dict[str, str]) -> Any:
        available = self._balance(account)
        reply = self.mock.create(payload, account, headers)
        if available < PRICE:
            assert read_error(reply) == (402, "insufficient_credits")
            return multiple()
        id_ = read_clean_reply("accepted", reply)["id"]
        assert id_ not in self.known_requests
        fails = headers == FAILURE or (self.fails_late and payload == REFUSED_LATE)
        self.known_requests[id_] = KnownRequest(account, self.mock.clock.now_ms(), "failed" if fails else "succeeded")
        return id_

    @rule(pause=st.sampled_from(PAUSES) | st.integers(0, 12_000))
    def wait(self, pause: int) -> None:
        """Time passes."""
        self.mock.clock.advance(pause)

    @rule(id_=requests)
    def poll(self, id_: str) -> None:
        """A poll sees what may follow the last one: times that stay once set, the right end, which stays whole."""
        request = self.known_requests[id_]
        view = read_clean_reply("request", self.mock.get(f"/api/v1/requests/{id_}", request.account))
        before, request.last_view = request.last_view, view
        times = [view[name] for name in ("createdAtMs", "startedAtMs", "completedAtMs") if view[name] is not None]
        assert times == sorted(times)
        assert times[0] == request.created_ms
        assert times[-1] <= self.mock.clock.now_ms()
        assert not is_terminal(CATALOG.lifecycle, view["status"]) or view["status"] == request.end
        if before is not None:
            self._follows(before, view)

    def _follows(self, before: dict[str, Any], view: dict[str, Any]) -> None:
        assert may_follow(CATALOG.lifecycle, before["status"], view["status"])
        for name in ("startedAtMs", "completedAtMs"):
            assert before[name] in (None, view[name])
        if is_terminal(CATALOG.lifecycle, before["status"]):
            is_empty_log = self.mock.clock.now_ms() > view["completedAtMs"] + RETENTION_MS
            assert view["requestLog"]["available"] is not is_empty_log
            assert {**view, "requestLog": None} == {**before, "requestLog": None}
            assert is_empty_log or view == before

    @rule(id_=requests, account=accounts)
    def poll_as(self, id_: str, account: str) -> None:
        """A request is there for its own account and for no other."""
        status = 200 if account == self.known_requests[id_].account else 404
        assert self.mock.get(f"/api/v1/requests/{id_}", account).status_code == status

    @rule(account=accounts)
    def status(self, account: str) -> None:
        """An account has its start less the price of every request that has not failed."""
        reply = self.mock.get("/api/v1/status", account)
        assert read_clean_reply("status", reply)["creditsRemaining"] == self._balance(account)

    def _balance(self, account: str) -> int:
        ids = [id_ for id_, request in self.known_requests.items() if request.account == account]
        return START - PRICE * [self.mock.poll(id_, account)["status"] != "failed" for id_ in ids].count(True)


class TestLifecycle(Lifecycle.TestCase):  # type: ignore[valid-type, misc]
    """Whatever is called in whatever order, the mock does what the model does."""

    settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
