"""Room for new tasks: what is forgotten for them, and when a store is full (floor 4)."""

from __future__ import annotations

from itertools import count
from typing import Literal

from cannon_mock.compact_json import read_json, write_text
from cannon_mock.model import deliveries, tasks
from cannon_mock.model.tasks import Task
from cannon_mock.real_time import read_monotonic_s
from cannon_mock.stores import record_names as names
from cannon_mock.stores.records import Reading, Records, Transaction
from cannon_spec.contract.lifecycle import FOREVER_MS

_ALL = 1_000_000
_PURGE_EVERY = 16
_MOST_PURGED = 4 * _PURGE_EVERY
_MOST_FORGOTTEN = 50
"""How many tasks one create forgets where a store has more than it may, as after a start with a lower ``max_tasks``."""

_MOST_PROCESSES = 128
_SHARE_S = 0.1
"""How long a process may create within its share of what is free: afterwards others may have filled the store."""

_GROWTH_NAME = "growth"
_BYTES_OF_POLL = 64
_BYTES_OF_WEBHOOK = 256 * deliveries.MOST_ATTEMPTS
_BYTES_OF_NAMES = 2048
"""More than the names, places and counts of a task take, but for its idempotency key."""


Limit = Literal["tasks", "bytes", "bytes of one"]
"""What a task would exceed: the number of tasks, the bytes that are kept, or these by itself."""


class StoreFull(Exception):
    """Nothing that has ended is left to forget, and there is no room for another task; nothing was stored."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Room:
    """Room for ``max_tasks`` tasks, and for the bytes that the records may keep.

    Tasks that have ended are forgotten for new ones, the one that ended first first; others never are. A part of the
    bytes stays free of new tasks, for what comes without a create: counts, rules, scenarios and the journal. Of creates
    that reach a Redis server at the same time each may be one task too many.
    """

    def __init__(self, records: Records, max_tasks: int) -> None:
        self._records = records
        self._max_tasks = max_tasks
        self._most_bytes = None if records.max_bytes is None else records.max_bytes - records.max_bytes // 8
        self._free_creates = 0
        self._share_end_s = 0.0
        self._creates_with_key = count()

    def has_task(self, reading: Reading) -> bool:
        """Whether one task more may be stored."""
        now_s = read_monotonic_s()
        if self._free_creates > 0 and now_s < self._share_end_s:
            self._free_creates -= 1
            return True
        free_count = self._max_tasks - reading.count(names.TASKS)
        # While much is free a store is not asked at each create: processes take a share each of what is free. Threads
        # that count down at once lose a count, which the rest makes up for.
        self._free_creates, self._share_end_s = max(0, free_count) // _MOST_PROCESSES, now_s + _SHARE_S
        return free_count > 0

    def has_bytes(self, reading: Reading, size: int) -> bool:
        """Whether so many bytes more may be stored with a task."""
        if self._most_bytes is None:
            return True
        return reading.count_bytes() + int(reading.get(_GROWTH_NAME) or 0) + size <= self._most_bytes

    def reserve(self, transaction: Transaction, task: Task) -> None:
        """Keep room for what a new task will become without another create."""
        if task.polls or task.webhook_url is not None:
            self._add_growth(transaction, _find_growth(task))

    def make(self, account: str, size: int, now_ms: int) -> bool:
        """Forget tasks that have ended by ``now_ms`` until one of so many bytes may be stored.

        ``account`` is that of the new task. Returns whether there are still too many, but fewer than before even with
        the new one. Raises StoreFull where nothing is left to forget.
        """
        if self._most_bytes is not None and size > self._most_bytes:
            raise StoreFull("bytes of one")
        forgotten_count, is_emptied = 0, False
        while limit := self._find_limit(size):
            if limit == "tasks" and forgotten_count == _MOST_FORGOTTEN:
                return True
            first = self._records.earliest(names.TASKS, now_ms, 1)
            if first:
                is_emptied |= self._forget(*first[0], account)
                forgotten_count += 1
            elif self._find_limit(size):  # others may have forgotten the last ones meanwhile
                if is_emptied:
                    self._forget_idle_account(account)
                raise StoreFull(limit)
        return False

    def _find_limit(self, size: int) -> Limit | None:
        """What a task of so many bytes would exceed."""
        if not self.has_bytes(self._records, size):
            return "bytes"
        return None if self._records.count(names.TASKS) < self._max_tasks else "tasks"

    def forget_expired_keys(self, now_ms: int) -> None:
        """Forget idempotency keys that have expired; to be called with each create that has one."""
        # More in one call than come in between, and not with each create: a shared store is asked once more for it.
        if next(self._creates_with_key) % _PURGE_EVERY:
            return
        for expires_ms, name in self._records.earliest(names.KEYS, now_ms, _MOST_PURGED):
            self._forget_key(expires_ms, name)

    def _forget_key(self, expires_ms: int, name: str) -> None:
        def work(transaction: Transaction) -> None:
            text = transaction.get(name)
            if text is not None and read_json(text)[2] == expires_ms:  # else it was used again since
                transaction.drop(name)
            transaction.remove(names.KEYS, expires_ms, name)

        self._records.transact((name,), work)

    def _forget(self, ended_ms: int, id_: str, account: str) -> bool:
        """Forget a task; whether it was the last one of ``account``, whose credits stay."""
        text = self._records.get(names.build_task_name(id_))
        task = None if text is None else tasks.decode(text)
        changed_names = [names.build_task_name(id_), names.build_delivery_name(id_), names.FORGOTTEN_COUNT]
        if task is not None:
            changed_names += [names.build_account_name(task.account), names.build_due_name(task.account)]
            changed_names.append(names.build_key_name(task.account, task.idempotency_key or ""))

        def work(transaction: Transaction) -> bool:
            is_gone = task is None or transaction.get(names.build_task_name(id_)) is None
            transaction.remove(names.TASKS, ended_ms, id_)
            if task is None or is_gone:  # another thread or process has forgotten it
                return False
            is_kept = task.account == account
            task_count = _forget_of_account(transaction, task.account, is_kept=is_kept)
            _forget_task(transaction, task)
            self._add_growth(transaction, -_find_growth(task))
            return is_kept and not task_count

        return self._records.transact(changed_names, work)

    def _add_growth(self, transaction: Transaction, growth: int) -> None:
        if growth and self._most_bytes is not None:
            transaction.put(_GROWTH_NAME, str(int(transaction.get(_GROWTH_NAME) or 0) + growth))

    def _forget_idle_account(self, account: str) -> None:
        """Forget an account whose last task was forgotten for one that was not stored."""
        name = names.build_account_name(account)

        def work(transaction: Transaction) -> None:
            text = transaction.get(name)
            if text is not None and read_json(text)[-1] == 0:
                _drop_account(transaction, account)

        self._records.transact((name, names.build_due_name(account)), work)


def measure_task(task_text: str, key: str | None, delivery_text: str) -> int:
    """At most as many bytes as a new task takes with all that belongs to it."""
    return len(task_text) + 3 * len(key or "") + 2 * len(delivery_text) + _BYTES_OF_NAMES


def _find_growth(task: Task) -> int:
    """The bytes by which a task can grow: the polls that it counts, and the attempts of its webhook."""
    return 2 * task.polls * _BYTES_OF_POLL + (0 if task.webhook_url is None else _BYTES_OF_WEBHOOK)


def _forget_task(transaction: Transaction, task: Task) -> None:
    transaction.drop(names.build_task_name(task.id))
    forgotten_count = int(transaction.get(names.FORGOTTEN_COUNT) or 0)
    transaction.put(names.FORGOTTEN_COUNT, str(forgotten_count + 1))
    key_name = names.build_key_name(task.account, task.idempotency_key or "")
    text = transaction.get(key_name)
    if text is not None and read_json(text)[1] == task.id:  # else the key has expired, and a later task used it again
        transaction.drop(key_name)
        transaction.remove(names.KEYS, read_json(text)[2], key_name)
    delivery_name = names.build_delivery_name(task.id)
    text = transaction.get(delivery_name)
    if text is not None:
        transaction.remove(names.WEBHOOKS, deliveries.decode(text).due_ms, task.id)
        transaction.drop(delivery_name)


def _forget_of_account(transaction: Transaction, account: str, *, is_kept: bool) -> int:
    """Count one task less and return how many there are; the account goes with the last, unless it is kept."""
    text = transaction.get(names.build_account_name(account))
    *amounts, task_count = read_json(text) if text is not None else (0, 0, 0, 1)
    remaining_count = max(0, task_count - 1)
    if remaining_count or is_kept:
        transaction.put(names.build_account_name(account), write_text([*amounts, remaining_count]))
    else:
        _drop_account(transaction, account)
    return remaining_count


def _drop_account(transaction: Transaction, account: str) -> None:
    transaction.drop(names.build_account_name(account))
    # Remove the ends that are not settled yet, too: otherwise they would count for an account of the same key later.
    for place in transaction.earliest(names.build_due_name(account), FOREVER_MS, _ALL):
        transaction.remove(names.build_due_name(account), *place)
