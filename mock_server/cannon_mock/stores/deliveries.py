"""Deliveries of webhooks in a store (floor 4). One process claims an attempt, and no other makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cannon_mock.model import deliveries
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.stores.record_names import WEBHOOKS, build_delivery_name
from cannon_mock.stores.records import Reading, Records, Transaction
from cannon_spec.contract.lifecycle import FOREVER_MS

_UNDER_WAY = "webhooks-under-way"
"""The queue of claimed attempts, by the real time at which the process that claimed one must have ended."""


class DeliveryStore:
    """Deliveries by the id of their task."""

    def __init__(self, records: Records, retries_ms: Sequence[int], patience_ms: int) -> None:
        self._records = records
        self._retries_ms = retries_ms
        self._patience_ms = patience_ms

    @property
    def shortest_retry_ms(self) -> int:
        """An attempt that fails is not due again before this time has passed."""
        return min(self._retries_ms[1:], default=FOREVER_MS)

    def get(self, task_id: str) -> Delivery | None:
        """The delivery of a task."""
        return _get(self._records, task_id)

    def find_next_due_ms(self) -> int | None:
        """When the next attempt is due; None where none is."""
        first = self._records.earliest(WEBHOOKS, FOREVER_MS, 1)
        return first[0][0] if first and first[0][0] < FOREVER_MS else None

    def count_attempts_under_way(self) -> int:
        """The number of attempts that threads and processes are making, at most 1000."""
        return len(self._records.earliest(_UNDER_WAY, FOREVER_MS, 1000))

    def claim(self, until_ms: int, since_ms: int | None = None) -> Delivery | None:
        """Claim the attempt that is due first, by ``until_ms``; None where none is due.

        It begins at ``until_ms``, or with ``since_ms`` when it was due, if that is later.
        """
        self.fail_dead_attempts(until_ms)
        while True:
            first = self._records.earliest(WEBHOOKS, until_ms, 1)
            if not first:
                return None
            ((due_ms, task_id),) = first
            at_ms = until_ms if since_ms is None else max(due_ms, since_ms)
            delivery = self._claim(due_ms, task_id, at_ms)
            if delivery is not None:
                return delivery

    def is_under_way(self, delivery: Delivery) -> bool:
        """Whether an attempt that was claimed still waits for its response."""
        current = self.get(delivery.task_id)
        return current is not None and current.attempts == delivery.attempts

    def finish(self, delivery: Delivery, response: DeliveryResponse, now_ms: int) -> None:
        """Store the response to an attempt that was claimed, and when the next one is due."""
        names = (WEBHOOKS, _UNDER_WAY, build_delivery_name(delivery.task_id))

        def work(transaction: Transaction) -> None:
            current = _get(transaction, delivery.task_id)
            if current is None:  # a reset forgot it while the attempt was made
                _end_attempt(transaction, delivery.task_id)
                return
            if current.attempts != delivery.attempts:
                return  # it counted as dead and failed before its response came; the next attempt may be under way
            _put_after_attempt(
                transaction, current, deliveries.finish_attempt(current, response, self._retries_ms, now_ms)
            )

        self._records.transact(names, work)

    def cancel(self, delivery: Delivery, state: deliveries.State, note: str) -> None:
        """Store that a claimed attempt was not made, and that there will be no other."""
        attempts = (*delivery.attempts[:-1], replace(delivery.attempts[-1], note=note))
        names = (WEBHOOKS, _UNDER_WAY, build_delivery_name(delivery.task_id))

        def work(transaction: Transaction) -> None:
            current = _get(transaction, delivery.task_id)
            if current is None:  # its task was forgotten, and a delivery alone would never be
                _end_attempt(transaction, delivery.task_id)
            elif current.attempts == delivery.attempts:
                _put_after_attempt(transaction, current, replace(current, state=state, attempts=attempts))

        self._records.transact(names, work)

    def redeliver(self, task_id: str, now_ms: int) -> Delivery | None:
        """Make a delivery due now, whatever its state; after the attempt under way where there is one.

        None where the task has no webhook.
        """

        def work(transaction: Transaction) -> Delivery | None:
            current = _get(transaction, task_id)
            if current is None:
                return None
            after = deliveries.request_redelivery(current, now_ms)
            _put(transaction, current, after)
            return after

        return self._records.transact((WEBHOOKS, build_delivery_name(task_id)), work)

    def fail_dead_attempts(self, now_ms: int) -> None:
        """Fail each attempt whose process must have ended; the next attempt is due as after any failure."""
        for _, task_id in self._records.earliest(_UNDER_WAY, self._records.now_ms(), 100):
            delivery = self.get(task_id)
            if delivery is None:
                self._records.transact((_UNDER_WAY,), lambda transaction, id_=task_id: _end_attempt(transaction, id_))  # type: ignore[misc]
            else:
                self.finish(delivery, DeliveryResponse(None, "the process that made this attempt has ended"), now_ms)

    def _claim(self, due_ms: int, task_id: str, at_ms: int) -> Delivery | None:
        deadline_ms = self._records.now_ms() + self._patience_ms

        def work(transaction: Transaction) -> Delivery | None:
            current = _get(transaction, task_id)
            if (due_ms, task_id) not in transaction.earliest(WEBHOOKS, due_ms, 1000):
                return None  # another process claimed it since it was found
            # Leave the queue even where the record disagrees: otherwise each later claim would find this place again.
            transaction.remove(WEBHOOKS, due_ms, task_id)
            if current is None or current.due_ms != due_ms or current.state != "pending":
                return None
            # The deadline is in real time: the mock's clock may be stopped, or moved by days while an attempt is made.
            transaction.add(_UNDER_WAY, deadline_ms, task_id)
            delivery = deliveries.start_attempt(current, at_ms)
            transaction.put(build_delivery_name(task_id), deliveries.encode(delivery))
            return delivery

        return self._records.transact((WEBHOOKS, _UNDER_WAY, build_delivery_name(task_id)), work)


def _get(reading: Reading, task_id: str) -> Delivery | None:
    text = reading.get(build_delivery_name(task_id))
    return None if text is None else deliveries.decode(text)


def _end_attempt(transaction: Transaction, task_id: str) -> None:
    """Take a task's attempt out of those under way, at whatever deadline it has there."""
    for deadline_ms, id_ in transaction.earliest(_UNDER_WAY, FOREVER_MS, 1000):
        if id_ == task_id:
            transaction.remove(_UNDER_WAY, deadline_ms, id_)


def _put_after_attempt(transaction: Transaction, before: Delivery, after: Delivery) -> None:
    _end_attempt(transaction, after.task_id)
    _put(transaction, before, deliveries.start_redelivery(after))


def _put(transaction: Transaction, before: Delivery, after: Delivery) -> None:
    """Store a delivery, and move it in the queue from where it was due before."""
    transaction.put(build_delivery_name(after.task_id), deliveries.encode(after))
    # Removed before it is added: where both times are the same, the other order would leave it out of the queue.
    transaction.remove(WEBHOOKS, before.due_ms, after.task_id)
    if after.state == "pending" and not after.is_under_way:
        transaction.add(WEBHOOKS, after.due_ms, after.task_id)
