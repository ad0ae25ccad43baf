"""The ledger of all requests."""

import secrets
import threading

from .account import Account
from .asset import Vault
from .clock import Clock
from .order import Order
from .refusal import Refusal
from .task import QUEUE_SECONDS, Task


class Ledger:
    """Accepts orders and finds requests."""

    def __init__(self, vault: Vault, clock: Clock, pace: float) -> None:
        self._vault = vault
        self._clock = clock
        self._pace = pace
        self._tasks: dict[str, Task] = {}
        self._repeatable: dict[tuple[Account, str], Task] = {}
        self._lock = threading.Lock()

    def accept(self, account: Account, order: Order, idempotency_key: str | None) -> tuple[Task, bool]:
        """Accept an order and charge it; the flag tells a new request from the repeat of an earlier one."""
        with self._lock:
            earlier = self._earlier(account, order, idempotency_key)
            return (earlier, False) if earlier else (self._create(account, order, idempotency_key), True)

    def find(self, account: Account, id: str) -> Task:
        """Find a request of an account."""
        task = self._tasks.get(id)
        if task is None or task.account is not account:
            raise Refusal(404, "Request not found")
        return task

    def _earlier(self, account: Account, order: Order, key: str | None) -> Task | None:
        task = self._repeatable.get((account, key)) if key else None
        if task and task.order.fingerprint != order.fingerprint:
            raise Refusal(409, "Idempotency key was used with another body")
        return task

    def _create(self, account: Account, order: Order, key: str | None) -> Task:
        price = order.kind.credits(order.input)
        account.charge(price)
        task = self._begin(account, order, price)
        self._tasks[task.id] = task
        if key:
            self._repeatable[account, key] = task
        return task

    def _begin(self, account: Account, order: Order, price: int) -> Task:
        kind, now = order.kind, self._clock.now()
        started_at = now + QUEUE_SECONDS / self._pace
        pixels = kind.pixels(order.input)
        return Task(
            id=f"req_{secrets.token_hex(12)}",
            account=account,
            order=order,
            task_id=f"{kind.prefix}_{secrets.token_hex(8)}",
            price=price,
            assets={label: self._vault.keep(extension, pixels) for label, extension in kind.files.items()},
            created_at=now,
            started_at=started_at,
            completed_at=started_at + kind.seconds / self._pace,
        )
