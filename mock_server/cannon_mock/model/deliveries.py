"""A webhook on its way: when it is due, what became of each attempt (floor 3, pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["pending", "delivered", "stopped", "failed", "lost", "not-sent"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver. ``status`` is the receiver's answer; ``note`` says what happened where there was none."""

    at_ms: int
    status: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The webhook of one task: to be tried at ``due_ms`` while it is pending.

    Asset addresses in its body start with ``base_url``.
    """

    id: str
    task_id: str
    account: str
    url: str
    base_url: str
    due_ms: int
    state: State = "pending"
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryResponse:
    """What a receiver said: HTTP status, and in how many milliseconds it asks to be called again, if it does."""

    status: int | None
    note: str = ""
    retry_after_ms: int | None = None


def start_attempt(delivery: Delivery, now_ms: int) -> Delivery:
    """The delivery with a new attempt, whose outcome is not known yet."""
    return replace(delivery, attempts=(*delivery.attempts, Attempt(now_ms, note="no answer yet")))


def finish_attempt(delivery: Delivery, answer: DeliveryResponse, retries_ms: Sequence[int], now_ms: int) -> Delivery:
    """The delivery after its last attempt was answered, with the time of the next attempt if there is to be one.

    ``retries_ms`` are the waits before each attempt, from the one before it. 2xx is success, 410 stops; a wait that
    the receiver asks for with 429 or 503 is kept, where it is the longer one.
    """
    last = Attempt(delivery.attempts[-1].at_ms, answer.status, answer.note)
    tried = replace(delivery, attempts=(*delivery.attempts[:-1], last))
    if answer.status is not None and 200 <= answer.status < 300:
        return replace(tried, state="delivered")
    if answer.status == 410:
        return replace(tried, state="stopped")
    if len(tried.attempts) >= len(retries_ms):
        return replace(tried, state="failed")
    asked = answer.retry_after_ms if answer.status in (429, 503) else None
    return replace(tried, due_ms=now_ms + max(retries_ms[len(tried.attempts)], asked or 0))


def encode(delivery: Delivery) -> str:
    """A delivery as text, for a store."""
    attempts = [[attempt.at_ms, attempt.status, attempt.note] for attempt in delivery.attempts]
    plain = [delivery.id, delivery.task_id, delivery.account, delivery.url]
    state = [delivery.base_url, delivery.due_ms, delivery.state]
    return json.dumps([*plain, *state, attempts], separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> Delivery:
    """The delivery that was encoded."""
    id_, task_id, account, url, base_url, due_ms, state, attempts = json.loads(text)
    tried = tuple(Attempt(*attempt) for attempt in attempts)
    return Delivery(id_, task_id, account, url, base_url, due_ms, state, tried)
