"""Tasks, idempotency keys and credits in a store (floor 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from cannon_mock.compact_json import read_json, write_text
from cannon_mock.model import credits, deliveries, tasks
from cannon_mock.model.credits import Balance, Entry
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.tasks import Task
from cannon_mock.stores.records import Reading, Records, Transaction
from cannon_spec.contract.lifecycle import FOREVER_MS

WEBHOOKS = "webhooks"
"""The queue of deliveries, by the time they are due."""

_TASKS = "tasks"
"""The queue of tasks, by the time they end."""

_TASK_COUNT = "kept"
_FORGOTTEN_COUNT = "forgotten"
_PAGE = 500
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one create, the fingerprint of the body that came with it, and when it expires.

    Until ``busy_until_ms`` the create is still under way.
    """

    key: str
    fingerprint: str
    expires_ms: int
    busy_until_ms: int = 0


class KeyReused(Exception):
    """The idempotency key belongs to another body; nothing was stored."""


class KeyBusy(Exception):
    """The create that the idempotency key belongs to is under way for ``wait_ms`` more."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(wait_ms)
        self.wait_ms = wait_ms


class NotEnoughCredits(Exception):
    """The account has fewer credits than the task costs; nothing was stored."""

    def __init__(self, available: int, cost: int) -> None:
        super().__init__(available, cost)
        self.available = available
        self.cost = cost


class _PageDue(Exception):
    """An account has a page of entries due, and may have more."""


class _AccountRecord(NamedTuple):
    balance: Balance
    task_count: int


class TaskStore:
    """Tasks by id. With ``max_tasks`` the oldest are forgotten, those that have ended first.

    An account is forgotten with the last of its tasks.
    """

    def __init__(self, records: Records, max_tasks: int | None) -> None:
        self._records = records
        self._max_tasks = max_tasks

    def create(
        self, task: Task, key: IdempotencyKey | None, start: int, now_ms: int, delivery: Delivery | None = None
    ) -> Task:
        """Store a task and hold its credits; the earlier task where the key is known with the same body.

        All or nothing. ``start`` is the balance that an account begins with. Raises KeyReused, KeyBusy and
        NotEnoughCredits.
        """
        names = [f"account:{task.account}", f"due:{task.account}"]
        if key is not None:
            names.append(_build_key_name(task.account, key.key))
        if self._max_tasks is not None:
            names += [_TASK_COUNT, _TASKS]

        # One transaction looks up the key, checks the balance and writes the task: two creates with one key at the same
        # moment make one task, and two that the balance covers one of are not both accepted.
        def work(transaction: Transaction) -> Task:
            earlier_task = _find_earlier_task(transaction, task.account, key, now_ms)
            if earlier_task is not None:
                return earlier_task
            account, due_entries = _read_account(transaction, task.account, start, now_ms)
            if len(due_entries) == _PAGE:
                raise _PageDue
            if account.balance.available < task.credits:
                raise NotEnoughCredits(account.balance.available, task.credits)
            hold, end = credits.build_entries(task.timeline, task.credits)
            _remove_entries(transaction, task.account, due_entries)
            balance = credits.apply_entries(account.balance, [hold], now_ms)
            _put_account(transaction, task.account, _AccountRecord(balance, account.task_count + 1))
            transaction.add(f"due:{task.account}", end.at_ms, _encode_end(task.id, end))
            _put_new_task(transaction, task, key, delivery)
            if self._max_tasks is not None:
                self._make_room(transaction, self._max_tasks, task.id)
            return task

        while True:  # other creates may have added ends that are due by the time the page is settled
            try:
                return self._records.transact(names, work)
            except _PageDue:
                self._settle(task.account, start, now_ms, rest=_PAGE - 1)

    def get(self, id_: str) -> Task | None:
        """The task of that request id."""
        return _get_task(self._records, id_)

    def change(self, id_: str, delay_ms: int, step: Callable[[Task], Task]) -> Task | None:
        """Replace a task by what ``step`` makes of it; its credits and its webhook follow its end.

        The webhook is due ``delay_ms`` after the end. None where there is no such task.
        """
        before = self.get(id_)
        if before is None:
            return None
        due = f"due:{before.account}"

        def work(transaction: Transaction) -> Task | None:
            task = _get_task(transaction, id_)
            after = task and step(task)
            if task is None or after is None or after is task:
                return task
            _, old_end = credits.build_entries(task.timeline, task.credits)
            _, new_end = credits.build_entries(after.timeline, after.credits)
            if old_end != new_end:
                # Where the old end has been settled, another process with a clock slightly ahead saw the task end.
                # Settled credits are not taken back, so the task keeps that end too.
                if (old_end.at_ms, _encode_end(id_, old_end)) not in transaction.earliest(due, old_end.at_ms, _ALL):
                    return task
                transaction.remove(due, old_end.at_ms, _encode_end(id_, old_end))
                transaction.add(due, new_end.at_ms, _encode_end(id_, new_end))
                transaction.remove(_TASKS, old_end.at_ms, id_)
                transaction.add(_TASKS, new_end.at_ms, id_)
                _move_delivery(transaction, id_, new_end.at_ms + delay_ms)
            transaction.put(f"task:{id_}", tasks.encode(after))
            return after

        return self._records.transact((f"task:{id_}", f"hook:{id_}", due), work)

    def release_key(self, account: str, key: IdempotencyKey) -> None:
        """Store that the create of this key is no longer under way."""
        name = _build_key_name(account, key.key)

        def work(transaction: Transaction) -> None:
            text = transaction.get(name)
            if text is not None:
                fingerprint, id_, expires_ms, _ = read_json(text)
                transaction.put(name, write_text([fingerprint, id_, expires_ms, 0]))

        self._records.transact((name,), work)

    def read_balance(self, account: str, start: int, now_ms: int) -> Balance:
        """The credits of an account now."""
        self._settle(account, start, now_ms, rest=0)
        record, due_entries = _read_account(self._records, account, start, now_ms)
        # Record and queue are two reads. Entries that stand between them became due since, and are settled first.
        return record.balance if not due_entries else self.read_balance(account, start, now_ms)

    def set_balance(self, account: str, available: int, now_ms: int) -> None:
        """Give an account so many credits from now on; those on hold stay so, and go back to it or are spent.

        Where the last task of the account is forgotten, its balance starts anew.
        """
        self._settle(account, available, now_ms, rest=_PAGE - 1)

        def work(transaction: Transaction) -> None:
            record, due_entries = _read_account(transaction, account, available, now_ms)
            _remove_entries(transaction, account, due_entries)
            balance = record.balance._replace(available=available)
            _put_account(transaction, account, record._replace(balance=balance))

        self._records.transact((f"account:{account}", f"due:{account}"), work)

    def list_all(self) -> Iterator[Task]:
        """Every task, those that end last first, read a page at a time."""
        last_place: tuple[int, str] | None = None
        while page := self._records.latest(_TASKS, last_place, _PAGE):
            tasks_of_page = (self.get(id_) for _, id_ in page)
            yield from (task for task in tasks_of_page if task is not None)
            last_place = page[-1]

    def count_forgotten(self) -> int:
        """How many tasks were forgotten to make room."""
        return int(self._records.get(_FORGOTTEN_COUNT) or 0)

    def _settle(self, account: str, start: int, now_ms: int, rest: int) -> None:
        """Apply the entries that are due to the account's balance, and drop them, until at most ``rest`` are due."""
        names = (f"account:{account}", f"due:{account}")

        def work(transaction: Transaction) -> None:
            record, due_entries = _read_account(transaction, account, start, now_ms)
            if due_entries:
                _remove_entries(transaction, account, due_entries)
                _put_account(transaction, account, record)

        # A page for each transaction: after a jump of the clock an account can have 100,000 entries due, and one
        # transaction over all of them would lock every other client out for seconds. Entries can be dropped once they
        # are applied, as the clock never runs backwards.
        while len(self._records.earliest(names[1], now_ms, rest + 1)) > rest:
            self._records.transact(names, work)

    def _make_room(self, transaction: Transaction, most: int, new_id: str) -> None:
        """Forget the task that ended first, or will, where there are more than ``most``; the new one stays."""
        task_count = int(transaction.get(_TASK_COUNT) or 0) + 1
        if task_count > most:
            at_ms, id_ = next(place for place in transaction.earliest(_TASKS, FOREVER_MS, 2) if place[1] != new_id)
            task = _get_task(transaction, id_)
            if task is not None:
                _forget(transaction, task, at_ms)
            task_count -= 1
        transaction.put(_TASK_COUNT, str(task_count))


def _get_task(reading: Reading, id_: str) -> Task | None:
    text = reading.get(f"task:{id_}")
    return None if text is None else tasks.decode(text)


def _build_key_name(account: str, key: str) -> str:
    return f"key:{account}:{key}"


def _find_earlier_task(transaction: Transaction, account: str, key: IdempotencyKey | None, now_ms: int) -> Task | None:
    """The task that was created with the same key. Raises KeyReused and KeyBusy."""
    text = None if key is None else transaction.get(_build_key_name(account, key.key))
    if key is None or text is None:
        return None
    fingerprint, id_, expires_ms, busy_until_ms = read_json(text)
    if expires_ms <= now_ms:
        return None
    if fingerprint != key.fingerprint:
        raise KeyReused(key.key)
    if busy_until_ms > now_ms:
        raise KeyBusy(busy_until_ms - now_ms)
    return _get_task(transaction, id_)


def _read_account(
    reading: Reading, account: str, start: int, now_ms: int
) -> tuple[_AccountRecord, list[tuple[int, str]]]:
    """An account with the oldest page of its due entries applied, and those entries."""
    text = reading.get(f"account:{account}")
    *amounts, task_count = (start, 0, 0, 0) if text is None else read_json(text)
    due_entries = reading.earliest(f"due:{account}", now_ms, _PAGE)
    balance = credits.apply_entries(Balance(*amounts), map(_decode_end, due_entries), now_ms)
    return _AccountRecord(balance, task_count), due_entries


def _encode_end(id_: str, end: Entry) -> str:
    """The member of a queue that stands for a task's end: enough to settle it without reading the task."""
    return f"{id_} {end.amount} {end.kind}"


def _decode_end(place: tuple[int, str]) -> Entry:
    at_ms, member = place
    _, amount, kind = member.split(" ")
    return Entry(at_ms, "settle" if kind == "settle" else "release", int(amount))


def _remove_entries(transaction: Transaction, account: str, entries: list[tuple[int, str]]) -> None:
    for at_ms, member in entries:
        transaction.remove(f"due:{account}", at_ms, member)


def _put_account(transaction: Transaction, account: str, record: _AccountRecord) -> None:
    balance = record.balance
    amounts = [balance.available, balance.held_credits, balance.settled_credits]
    transaction.put(f"account:{account}", write_text([*amounts, record.task_count]))


def _put_new_task(transaction: Transaction, task: Task, key: IdempotencyKey | None, delivery: Delivery | None) -> None:
    transaction.put(f"task:{task.id}", tasks.encode(task))
    transaction.add(_TASKS, task.timeline.ended_ms, task.id)
    if key is not None:
        values = [key.fingerprint, task.id, key.expires_ms, key.busy_until_ms]
        transaction.put(_build_key_name(task.account, key.key), write_text(values))
    if delivery is not None:
        transaction.put(f"hook:{task.id}", deliveries.encode(delivery))
        transaction.add(WEBHOOKS, delivery.due_ms, task.id)


def _move_delivery(transaction: Transaction, id_: str, due_ms: int) -> None:
    """Make a task's delivery, if it has one, due at another time."""
    text = transaction.get(f"hook:{id_}")
    if text is not None:
        delivery = deliveries.decode(text)
        transaction.remove(WEBHOOKS, delivery.due_ms, id_)
        transaction.put(f"hook:{id_}", deliveries.encode(replace(delivery, due_ms=due_ms)))
        transaction.add(WEBHOOKS, due_ms, id_)


def _forget(transaction: Transaction, task: Task, at_ms: int) -> None:
    """Forget a task with all that belongs to it, and its account with the last of its tasks."""
    transaction.remove(_TASKS, at_ms, task.id)
    transaction.drop(f"task:{task.id}")
    transaction.put(_FORGOTTEN_COUNT, str(int(transaction.get(_FORGOTTEN_COUNT) or 0) + 1))
    _forget_key(transaction, task)
    text = transaction.get(f"hook:{task.id}")
    if text is not None:
        transaction.remove(WEBHOOKS, deliveries.decode(text).due_ms, task.id)
        transaction.drop(f"hook:{task.id}")
    _forget_account(transaction, task.account)


def _forget_key(transaction: Transaction, task: Task) -> None:
    name = _build_key_name(task.account, task.idempotency_key or "")
    text = transaction.get(name)
    if text is not None and read_json(text)[1] == task.id:  # else the key has expired, and a later task used it again
        transaction.drop(name)


def _forget_account(transaction: Transaction, account: str) -> None:
    """Count one task less, and forget the account where that was its last."""
    text = transaction.get(f"account:{account}")
    *amounts, task_count = read_json(text) if text is not None else (0, 0, 0, 1)
    if task_count > 1:
        transaction.put(f"account:{account}", write_text([*amounts, task_count - 1]))
        return
    transaction.drop(f"account:{account}")
    # Remove the ends that are not settled yet, too: otherwise they would count for an account of the same key later.
    for place in transaction.earliest(f"due:{account}", FOREVER_MS, _ALL):
        transaction.remove(f"due:{account}", *place)
