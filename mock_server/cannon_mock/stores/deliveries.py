"""Deliveries of webhooks in a store (floor 4). An attempt is claimed by one process, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cannon_mock.model import deliveries
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.stores.records import Records, Transaction
from cannon_mock.stores.tasks import WEBHOOKS
from cannon_spec.contract.lifecycle import FOREVER_MS

_UNDER_WAY = "webhooks-under-way"
"""Claimed attempts, by the real time at which whoever claimed them must be dead."""


class DeliveryStore:
    """Deliveries by the id of their task."""

    def __init__(self, records: Records, retries_ms: Sequence[int], patience_ms: int) -> None:
        self._records = records
        self._retries_ms = retries_ms
        self._patience_ms = patience_ms

    def get(self, task_id: str) -> Delivery | None:
        """The delivery of a task."""
        text = self._records.get(f"hook:{task_id}")
        return None if text is None else deliveries.decode(text)

    def find_next_due_ms(self) -> int | None:
        """When the next attempt is due."""
        first = self._records.earliest(WEBHOOKS, FOREVER_MS, 1)
        return first[0][0] if first and first[0][0] < FOREVER_MS else None

    def has_attempt_under_way(self) -> bool:
        """Whether an attempt is being made by somebody."""
        return bool(self._records.earliest(_UNDER_WAY, FOREVER_MS, 1))

    def claim(self, until_ms: int) -> Delivery | None:
        """The attempt that is due first, by ``until_ms``: nobody else gets it. None where nothing is due."""
        self.fail_dead_attempts(until_ms)
        while True:
            first = self._records.earliest(WEBHOOKS, until_ms, 1)
            if not first:
                return None
            ((due_ms, id_),) = first
            claimed = self._claim(due_ms, id_, until_ms)
            if claimed is not None:
                return claimed

    def finish(self, delivery: Delivery, answer: DeliveryResponse, now_ms: int) -> None:
        """Write down what became of an attempt that was claimed, and when the next one is due."""
        names = (WEBHOOKS, _UNDER_WAY, f"hook:{delivery.task_id}")

        def work(t: Transaction) -> None:
            text = t.get(names[2])
            known = None if text is None else deliveries.decode(text)
            if known is None:  # forgotten meanwhile
                _no_longer(t, delivery.task_id)
                return
            if len(known.attempts) != len(delivery.attempts):
                return  # given up as dead before it was finished
            _put(t, known, deliveries.finish_attempt(known, answer, self._retries_ms, now_ms))

        self._records.transact(names, work)

    def cancel(self, delivery: Delivery, state: deliveries.State, note: str) -> None:
        """Write down that a claimed attempt was not made, and that none will be."""
        attempts = (*delivery.attempts[:-1], replace(delivery.attempts[-1], note=note))
        names = (WEBHOOKS, _UNDER_WAY, f"hook:{delivery.task_id}")

        def work(t: Transaction) -> None:
            _put(t, delivery, replace(delivery, state=state, attempts=attempts))

        self._records.transact(names, work)

    def redeliver(self, task_id: str, now_ms: int) -> Delivery | None:
        """Make a delivery due now, whatever became of it. None where the task has no webhook."""
        name = f"hook:{task_id}"

        def work(t: Transaction) -> Delivery | None:
            text = t.get(name)
            if text is None:
                return None
            known = deliveries.decode(text)
            anew = replace(known, state="pending", due_ms=now_ms)
            _queue(t, known, anew)
            return anew

        return self._records.transact((WEBHOOKS, name), work)

    def _claim(self, due_ms: int, id_: str, now_ms: int) -> Delivery | None:
        name = f"hook:{id_}"
        deadline_ms = self._records.now_ms() + self._patience_ms

        def work(t: Transaction) -> Delivery | None:
            text = t.get(name)
            known = None if text is None else deliveries.decode(text)
            if (due_ms, id_) not in t.earliest(WEBHOOKS, due_ms, 1000):
                return None  # somebody else was faster
            t.remove(WEBHOOKS, due_ms, id_)
            if known is None or known.due_ms != due_ms or known.state != "pending":
                return None
            t.add(_UNDER_WAY, deadline_ms, id_)
            claimed = deliveries.start_attempt(known, now_ms)
            t.put(name, deliveries.encode(claimed))
            return claimed

        return self._records.transact((WEBHOOKS, _UNDER_WAY, name), work)

    def fail_dead_attempts(self, now_ms: int) -> None:
        """An attempt whose process must be dead has failed; the next one follows by the schedule."""
        for _, id_ in self._records.earliest(_UNDER_WAY, self._records.now_ms(), 100):
            delivery = self.get(id_)
            if delivery is None:
                self._records.transact((_UNDER_WAY,), lambda t, id_=id_: _no_longer(t, id_))  # type: ignore[misc]
            else:
                self.finish(delivery, DeliveryResponse(None, "the process that made this attempt has ended"), now_ms)


def _no_longer(t: Transaction, task_id: str) -> None:
    """The attempt of a task is not under way any more."""
    for deadline_ms, id_ in t.earliest(_UNDER_WAY, FOREVER_MS, 1000):
        if id_ == task_id:
            t.remove(_UNDER_WAY, deadline_ms, id_)


def _put(t: Transaction, before: Delivery, after: Delivery) -> None:
    """Write down a delivery whose attempt is over."""
    _no_longer(t, after.task_id)
    _queue(t, before, after)


def _queue(t: Transaction, before: Delivery, after: Delivery) -> None:
    t.put(f"hook:{after.task_id}", deliveries.encode(after))
    t.remove(WEBHOOKS, before.due_ms, after.task_id)
    if after.state == "pending":
        t.add(WEBHOOKS, after.due_ms, after.task_id)
