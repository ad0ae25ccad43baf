"""Tasks in the memory of one process (floor 4)."""

from __future__ import annotations

import heapq
from threading import Lock

from mock_server import credits
from mock_server.credits import Balance, Entry
from mock_server.stores import IdempotencyKey, KeyReused, NotEnoughCredits
from mock_server.tasks import Task


class MemoryStore:
    """A store that is gone with its process. A lock keeps the server's threads apart; ``max_tasks`` are kept.

    An account is forgotten with the last of its tasks.
    """

    def __init__(self, max_tasks: int) -> None:
        self._max_tasks = max_tasks
        self._lock = Lock()
        self._tasks: dict[str, Task] = {}
        self._assets: dict[str, str] = {}
        self._keys: dict[tuple[str, str], tuple[str, str]] = {}
        self._key_of: dict[str, tuple[str, str]] = {}
        self._balances: dict[str, Balance] = {}
        self._due: dict[str, list[tuple[int, str, Entry]]] = {}
        self._kept: dict[str, int] = {}

    def create(self, task: Task, key: IdempotencyKey | None, start: int) -> Task:
        """See Store."""
        with self._lock:
            earlier = self._earlier(task.account, key)
            if earlier is not None:
                return earlier
            self._hold(task, start)
            self._tasks[task.id] = task
            self._assets[task.asset_id] = task.id
            self._kept[task.account] = self._kept.get(task.account, 0) + 1
            if key is not None:
                self._key_of[task.id] = (task.account, key.key)
                self._keys[task.account, key.key] = (key.fingerprint, task.id)
            if len(self._tasks) > self._max_tasks:
                self._forget_oldest()
            return task

    def get(self, id_: str) -> Task | None:
        """See Store."""
        return self._tasks.get(id_)

    def get_by_asset(self, asset_id: str) -> Task | None:
        """See Store."""
        return self._tasks.get(self._assets.get(asset_id, ""))

    def balance(self, account: str, start: int, now_ms: int) -> Balance:
        """See Store."""
        with self._lock:
            return self._folded(account, start, now_ms)

    def _earlier(self, account: str, key: IdempotencyKey | None) -> Task | None:
        known = None if key is None else self._keys.get((account, key.key))
        if key is None or known is None:
            return None
        fingerprint, id_ = known
        if fingerprint != key.fingerprint:
            raise KeyReused(key.key)
        return self._tasks[id_]

    def _hold(self, task: Task, start: int) -> None:
        now_ms = task.timeline.created_ms
        before = self._folded(task.account, start, now_ms)
        if before.available < task.credits:
            raise NotEnoughCredits(before.available, task.credits)
        hold, end = credits.entries(task.timeline, task.credits)
        self._balances[task.account] = credits.fold(before, [hold], now_ms)
        heapq.heappush(self._due.setdefault(task.account, []), (end.at_ms, task.id, end))

    def _folded(self, account: str, start: int, now_ms: int) -> Balance:
        """The balance with all that fell due; entries once folded are dropped, as the clock never runs backwards."""
        due, fallen = self._due.get(account, []), []
        while due and due[0][0] <= now_ms:
            fallen.append(heapq.heappop(due)[2])
        balance = self._balances.get(account) or Balance(start)
        if fallen:
            balance = self._balances[account] = credits.fold(balance, fallen, now_ms)
        return balance

    def _forget_oldest(self) -> None:
        oldest = self._tasks.pop(next(iter(self._tasks)))
        del self._assets[oldest.asset_id]
        key = self._key_of.pop(oldest.id, None)
        if key is not None:
            del self._keys[key]
        self._kept[oldest.account] -= 1
        if not self._kept[oldest.account]:  # nothing is left of the account: it starts afresh
            for accounts in (self._kept, self._balances, self._due):
                del accounts[oldest.account]
