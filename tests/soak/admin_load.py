"""A client of the mock's own API, which looks at everything and moves the clock a little."""

from __future__ import annotations

import threading
from random import Random
from time import monotonic

from tests.soak.client import SoakClient

_LOOKS = {
    "health": "/__mock__/health",
    "ready": "/__mock__/ready",
    "version": "/__mock__/version",
    "assumptions": "/__mock__/assumptions",
    "scenarios": "/__mock__/scenarios",
    "journal": "/__mock__/journal?limit=20",
    "tasks": "/__mock__/tasks?limit=20",
    "webhooks": "/__mock__/webhooks?limit=20",
    "clock": "/__mock__/clock",
}
_FAILING = {"text": "fails", "outcome": "failed", "message": "a soak"}
_LONGEST_STEP_MS = 3000
"""In all, the clock must move by less than a day in a cycle: idempotency keys are kept that long."""


class AdminClient:
    """Makes calls to the admin API."""

    def __init__(self, name: str, seed: str, client: SoakClient) -> None:
        self._account = f"cs_soak_{name}"
        self._random = Random(f"{seed}/{name}")
        self._client = client

    def run(self, stop: threading.Event, calls_a_second: float) -> None:
        """Make calls at that pace until it is stopped."""
        actions = {self._look: 12, self._move_clock: 2, self._rule: 2, self._put_scenario: 1, self._reset_journal: 1}
        next_s = monotonic()
        while not stop.wait(max(0, next_s - monotonic())):
            next_s = max(next_s + 1 / calls_a_second, monotonic() - 1)
            (action,) = self._random.choices(list(actions), weights=list(actions.values()))
            action()
        self._client.close()

    def _look(self) -> None:
        name = self._random.choice(list(_LOOKS))
        self._client.call(name, "GET", _LOOKS[name])

    def _move_clock(self) -> None:
        step_ms = self._random.randrange(_LONGEST_STEP_MS)
        self._client.call("clock", "POST", "/__mock__/clock", json={"advance_ms": step_ms})

    def _rule(self) -> None:
        """Add a rule for an account that nobody uses, and remove it."""
        rule = {"scenario": "failed-internal", "match": {"key": self._account}, "times": 1}
        reply = self._client.call("rule-add", "POST", "/__mock__/scenarios", json=rule)
        if reply is not None and reply.status_code == 201:
            self._client.call("rule-remove", "DELETE", f"/__mock__/scenarios/{reply.json()['id']}")

    def _put_scenario(self) -> None:
        path = f"/__mock__/scenarios/soak-{self._random.randrange(5)}"
        self._client.call("scenario-put", "PUT", path, json=_FAILING)

    def _reset_journal(self) -> None:
        self._client.call("journal-reset", "POST", "/__mock__/reset", json={"what": "journal"})
