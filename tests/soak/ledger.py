"""What was sent and acknowledged, and what receivers of webhooks got, noted while the load runs."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from time import monotonic
from typing import NamedTuple

from cannon_spec import load_catalog
from tests.soak.breach import Breach

_STATES = load_catalog().lifecycle
_LONGEST_TEXT = 1000


class Create(NamedTuple):
    """A create as it was sent: with which API key, idempotency key and body, and for which receiver of webhooks."""

    account: str
    key: str | None
    body: str
    receiver: str


class Receipt(NamedTuple):
    """A webhook that arrived: at which receiver, of which request, and what it said."""

    receiver: str
    task_id: str
    event: str


class Ledger:
    """The notes of one cycle. Threads may write them at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.accepted: dict[str, Create] = {}
        self.possible: Counter[tuple[str, str | None]] = Counter()
        """Creates by account and idempotency key that may have been stored, though none was acknowledged."""
        self.receipts: defaultdict[str, list[Receipt]] = defaultdict(list)
        self.redelivered: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int | None]] = Counter()
        self.breaches: list[Breach] = []
        self._began_s = monotonic()
        self._event = "start"
        self.disturbances: list[str] = []
        self._ids_by_key: dict[tuple[str, str], str] = {}
        self._states: dict[str, str] = {}

    def begin(self, event: str) -> None:
        """Note what happens from now on; breaches tell it."""
        self._event = event

    def accept(self, id_: str, create: Create) -> None:
        """Note a create that was answered with 202. A key that has another request already is a breach."""
        with self._lock:
            self.accepted[id_] = create
            if create.key is not None:
                first_id = self._ids_by_key.setdefault((create.account, create.key), id_)
                if first_id != id_:
                    self._add("doubled", f"idempotency key {create.key} made {first_id} and {id_}")

    def note_possible(self, create: Create) -> None:
        """Note a create of which nobody knows whether it was stored."""
        with self._lock:
            self.possible[create.account, create.key] += 1

    def find_state(self, id_: str) -> str | None:
        """The last state of a request that was seen; None where it was not polled yet."""
        return self._states.get(id_)

    def see_state(self, id_: str, earlier_state: str | None, state: str) -> None:
        """Note the state that a poll showed; ``earlier_state`` is the last one seen before the poll was sent."""
        with self._lock:
            steps = _STATES["steps"]
            if state not in steps:
                self._add("lost", f"{id_} is in the state {state}, which is none of the lifecycle")
            elif earlier_state is not None and state != earlier_state and state not in steps[earlier_state]:
                self._add("lost", f"{id_} went from {earlier_state} to {state}")
            else:
                self._states[id_] = state

    def receive(self, event_id: str, receipt: Receipt) -> None:
        """Note a webhook. One whose id has been another event is a breach."""
        with self._lock:
            receipts = self.receipts[event_id]
            if receipts and receipts[0].event != receipt.event:
                self._add("doubled", f"webhook {event_id} was two events: {receipts[0].event} and {receipt.event}")
            receipts.append(receipt)

    def note_redelivery(self, task_id: str) -> None:
        """Note that one more attempt was asked for than the webhook needs."""
        with self._lock:
            self.redelivered[task_id] += 1

    def count_answer(self, call: str, status: int | None) -> None:
        """Count an answer to a call; None for one that broke off."""
        with self._lock:
            self.answers[call, status] += 1

    def count_calls(self) -> int:
        """The number of calls so far."""
        with self._lock:
            return self.answers.total()

    def report(self, *breaches: Breach) -> None:
        """Note breaches of laws."""
        with self._lock:
            for breach in breaches:
                self._add(breach.law, breach.text)

    def _add(self, law: str, text: str) -> None:
        moment = f"{monotonic() - self._began_s:.0f} s after the start of the cycle, during or after: {self._event}"
        self.breaches.append(Breach(law, text[:_LONGEST_TEXT], moment))
