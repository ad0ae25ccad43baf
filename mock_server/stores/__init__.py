"""Where tasks are kept: the protocol that every store fulfils (floor 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mock_server.credits import Balance
from mock_server.tasks import Task


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one create, and the fingerprint of the body that came with it."""

    key: str
    fingerprint: str


class KeyReused(Exception):
    """The idempotency key is known with another body; nothing was stored."""


class NotEnoughCredits(Exception):
    """The account has fewer credits than the task costs; nothing was stored."""

    def __init__(self, available: int, needed: int) -> None:
        super().__init__(available, needed)
        self.available = available
        self.needed = needed


class Store(Protocol):
    """Tasks, idempotency keys and credits. ``create`` is atomic: it stores everything or nothing."""

    def create(self, task: Task, key: IdempotencyKey | None, start: int) -> Task:
        """Store a task and hold its credits; the earlier task where the key is known with the same body.

        ``start`` is the balance that an account begins with. Raises KeyReused and NotEnoughCredits.
        """

    def get(self, id_: str) -> Task | None:
        """The task of that request id."""

    def get_by_asset(self, asset_id: str) -> Task | None:
        """The task that made that asset."""

    def balance(self, account: str, start: int, now_ms: int) -> Balance:
        """The credits of an account at ``now_ms``."""
