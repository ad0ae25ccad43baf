"""The webhook of a task as a value: when its next attempt is due and how each attempt ended (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

from cannon_mock.compact_json import read_json, write_json

State = Literal["pending", "delivered", "stopped", "failed", "lost", "not-sent"]

_NO_RESPONSE_YET = "no answer yet"

MOST_ATTEMPTS = 20
"""How many attempts of one delivery are kept, the last ones: each redelivery adds some."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver. ``status`` is that of the receiver's response; ``note`` says why there is none."""

    at_ms: int
    status: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The webhook of one task; while it is pending, its next attempt is due at ``due_ms``.

    Asset addresses in its body start with ``base_url``. ``redelivery_ms`` is when a redelivery was asked for that waits
    for the end of the attempt under way; None where none waits.
    """

    id: str
    task_id: str
    account: str
    url: str
    base_url: str
    due_ms: int
    state: State = "pending"
    attempts: tuple[Attempt, ...] = ()
    redelivery_ms: int | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether an attempt has started and has no response yet."""
        return bool(self.attempts) and self.attempts[-1].note == _NO_RESPONSE_YET


_ATTEMPTS = [each.name for each in fields(Delivery)].index("attempts")


@dataclass(frozen=True, slots=True)
class DeliveryResponse:
    """A receiver's response: its HTTP status, and after how many milliseconds it asks for another attempt, if it does.

    ``status`` is None, and ``note`` says why, where no response came.
    """

    status: int | None
    note: str = ""
    retry_after_ms: int | None = None


def start_attempt(delivery: Delivery, at_ms: int) -> Delivery:
    """The delivery with a new attempt, which has no response yet."""
    earlier_attempts = delivery.attempts[-(MOST_ATTEMPTS - 1) :]
    return replace(delivery, attempts=(*earlier_attempts, Attempt(at_ms, note=_NO_RESPONSE_YET)))


def request_redelivery(delivery: Delivery, now_ms: int) -> Delivery:
    """The delivery, whatever its state, due now; after the attempt under way where there is one."""
    if delivery.is_under_way:
        return replace(delivery, redelivery_ms=now_ms)
    return replace(delivery, state="pending", due_ms=now_ms)


def start_redelivery(delivery: Delivery) -> Delivery:
    """The delivery after an attempt has ended: due again where a redelivery waits for that."""
    if delivery.redelivery_ms is None:
        return delivery
    return replace(delivery, state="pending", due_ms=delivery.redelivery_ms, redelivery_ms=None)


def finish_attempt(delivery: Delivery, response: DeliveryResponse, retries_ms: Sequence[int], now_ms: int) -> Delivery:
    """The delivery after the response to its last attempt, with the time of the next attempt if there is one.

    ``retries_ms`` are the waits before each attempt, counted from the start of the attempt before it: the clock may be
    moved by days while a receiver hangs. 2xx is success, 410 stops. With 429 or 503 a receiver can ask for a later
    attempt, counted from its response, up to the longest of these waits: otherwise it could put it off for ever.
    """
    attempt = Attempt(delivery.attempts[-1].at_ms, response.status, response.note)
    delivery = replace(delivery, attempts=(*delivery.attempts[:-1], attempt))
    if response.status is not None and 200 <= response.status < 300:
        return replace(delivery, state="delivered")
    if response.status == 410:
        return replace(delivery, state="stopped")
    if len(delivery.attempts) >= len(retries_ms):
        return replace(delivery, state="failed")
    due_ms = attempt.at_ms + retries_ms[len(delivery.attempts)]
    if response.retry_after_ms is not None and response.status in (429, 503):
        due_ms = max(due_ms, now_ms + min(response.retry_after_ms, max(retries_ms)))
    return replace(delivery, due_ms=due_ms)


def encode(delivery: Delivery) -> str:
    """A delivery as text, for a store."""
    attempts = [[attempt.at_ms, attempt.status, attempt.note] for attempt in delivery.attempts]
    fixed_values = [delivery.id, delivery.task_id, delivery.account, delivery.url, delivery.base_url]
    values = [*fixed_values, delivery.due_ms, delivery.state, attempts]
    # Few deliveries have it, and stores of earlier versions have none.
    return write_json(values if delivery.redelivery_ms is None else [*values, delivery.redelivery_ms]).decode()


def decode(text: str) -> Delivery:
    """The delivery that was encoded."""
    values = read_json(text)
    values[_ATTEMPTS] = tuple(Attempt(*attempt) for attempt in values[_ATTEMPTS])
    return Delivery(*values)
