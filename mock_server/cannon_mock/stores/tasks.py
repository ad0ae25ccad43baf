"""Tasks, idempotency keys and credits in a store (floor 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, Self

from cannon_mock.compact_json import read_json, write_text
from cannon_mock.model import credits, deliveries, tasks
from cannon_mock.model.credits import Balance, Entry
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.tasks import Task
from cannon_mock.stores.record_names import (
    FORGOTTEN_COUNT,
    KEYS,
    TASKS,
    WEBHOOKS,
    build_account_name,
    build_delivery_name,
    build_due_name,
    build_key_name,
    build_task_name,
)
from cannon_mock.stores.records import Reading, Records, StoreUnavailable, Transaction
from cannon_mock.stores.room import Room, measure_task

_PAGE = 500
_ALL = 1_000_000


class IdempotencyKey(NamedTuple):
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


class _RoomDue(Exception):
    """There is no room for the task."""


class _NewTask(NamedTuple):
    """A task that is not stored yet, with what is stored beside it, and their texts."""

    task: Task
    key: IdempotencyKey | None
    delivery: Delivery | None
    task_text: str
    delivery_text: str

    @classmethod
    def build(cls, task: Task, key: IdempotencyKey | None, delivery: Delivery | None) -> Self:
        """With texts that are written outside of a transaction, in which others wait."""
        return cls(task, key, delivery, tasks.encode(task), "" if delivery is None else deliveries.encode(delivery))

    @property
    def record_names(self) -> list[str]:
        """The records and queues that a create reads."""
        names = [build_account_name(self.task.account), build_due_name(self.task.account)]
        return names if self.key is None else [*names, build_key_name(self.task.account, self.key.key)]

    @property
    def size(self) -> int:
        """At most as many bytes as all of it takes."""
        return measure_task(self.task_text, self.task.idempotency_key, self.delivery_text)


class _AccountRecord(NamedTuple):
    balance: Balance
    task_count: int


class TaskStore:
    """Tasks by id, at most ``max_tasks``, within the bytes that the records may keep: see Room.

    An account is forgotten with the last of its tasks.
    """

    def __init__(self, records: Records, max_tasks: int) -> None:
        self._records = records
        self._room = Room(records, max_tasks)

    def create(
        self, task: Task, key: IdempotencyKey | None, start: int, now_ms: int, delivery: Delivery | None = None
    ) -> Task:
        """Store a task and hold its credits; the earlier task where the key is known with the same body.

        All or nothing. ``start`` is the balance that an account begins with. Raises KeyReused, KeyBusy,
        NotEnoughCredits and StoreFull.
        """
        if key is not None:  # before the task is stored: an error after that would deny it
            self._room.forget_expired_keys(now_ms)
        new = _NewTask.build(task, key, delivery)
        may_exceed = False
        while True:
            try:
                return self._records.transact(
                    new.record_names,
                    lambda transaction, may_exceed=may_exceed: self._store(transaction, new, start, now_ms, may_exceed),  # type: ignore[misc]
                )
            except _PageDue:  # other creates may have added ends that are due by the time the page is settled
                self._settle(task.account, start, now_ms, rest=_PAGE - 1)
            except _RoomDue:  # other creates may take what is free, so that more must be forgotten
                may_exceed = self._room.make(task.account, new.size, now_ms)

    # One transaction looks up the key, checks the balance and writes the task: two creates with one key at the same
    # moment make one task, and two that the balance covers one of are not both accepted.
    def _store(self, transaction: Transaction, new: _NewTask, start: int, now_ms: int, may_exceed: bool) -> Task:
        task = new.task
        earlier_task = _find_earlier_task(transaction, task.account, new.key, now_ms)
        if earlier_task is not None:
            return earlier_task
        account, due_entries = _read_account(transaction, task.account, start, now_ms)
        if len(due_entries) == _PAGE:
            raise _PageDue
        if account.balance.available < task.credits:
            raise NotEnoughCredits(account.balance.available, task.credits)
        if not (may_exceed or self._room.has_task(transaction)) or not self._room.has_bytes(transaction, new.size):
            raise _RoomDue
        hold, end = credits.build_entries(task.timeline, task.credits)
        # Added before others are removed: a queue that is empty meanwhile would be built anew.
        transaction.add(build_due_name(task.account), end.at_ms, _encode_end(task.id, end))
        _remove_entries(transaction, task.account, due_entries)
        balance = credits.apply_entries(account.balance, [hold], now_ms)
        _put_account(transaction, task.account, _AccountRecord(balance, account.task_count + 1))
        _put_new_task(transaction, new)
        self._room.reserve(transaction, task)
        return task

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
        due = build_due_name(before.account)

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
                transaction.remove(TASKS, old_end.at_ms, id_)
                transaction.add(TASKS, new_end.at_ms, id_)
                _move_delivery(transaction, id_, new_end.at_ms + delay_ms)
            transaction.put(build_task_name(id_), tasks.encode(after))
            return after

        return self._records.transact((build_task_name(id_), build_delivery_name(id_), due), work)

    def release_key(self, account: str, key: IdempotencyKey) -> None:
        """Store that the create of this key is no longer under way."""
        name = build_key_name(account, key.key)

        def work(transaction: Transaction) -> None:
            text = transaction.get(name)
            if text is not None:
                fingerprint, id_, expires_ms, _ = read_json(text)
                transaction.put(name, write_text([fingerprint, id_, expires_ms, 0]))

        self._records.transact((name,), work)

    def read_balance(self, account: str, start: int, now_ms: int) -> Balance:
        """The credits of an account now."""
        try:
            self._settle(account, start, now_ms, rest=0)
        except StoreUnavailable:  # it can perhaps still be read
            return _read_account(self._records, account, start, now_ms, most=_ALL)[0].balance
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

        self._records.transact((build_account_name(account), build_due_name(account)), work)

    def list_all(self) -> Iterator[Task]:
        """Every task, those that end last first, read a page at a time."""
        last_place: tuple[int, str] | None = None
        while page := self._records.latest(TASKS, last_place, _PAGE):
            tasks_of_page = (self.get(id_) for _, id_ in page)
            yield from (task for task in tasks_of_page if task is not None)
            last_place = page[-1]

    def count_forgotten(self) -> int:
        """How many tasks were forgotten to make room."""
        return int(self._records.get(FORGOTTEN_COUNT) or 0)

    def _settle(self, account: str, start: int, now_ms: int, rest: int) -> None:
        """Apply the entries that are due to the account's balance, and drop them, until at most ``rest`` are due."""
        names = (build_account_name(account), build_due_name(account))

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


def _get_task(reading: Reading, id_: str) -> Task | None:
    text = reading.get(build_task_name(id_))
    return None if text is None else tasks.decode(text)


def _find_earlier_task(transaction: Transaction, account: str, key: IdempotencyKey | None, now_ms: int) -> Task | None:
    """The task that was created with the same key. Raises KeyReused and KeyBusy."""
    text = None if key is None else transaction.get(build_key_name(account, key.key))
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
    reading: Reading, account: str, start: int, now_ms: int, most: int = _PAGE
) -> tuple[_AccountRecord, list[tuple[int, str]]]:
    """An account with the oldest page of its due entries applied, or more, and those entries."""
    text = reading.get(build_account_name(account))
    *amounts, task_count = (start, 0, 0, 0) if text is None else read_json(text)
    due_entries = reading.earliest(build_due_name(account), now_ms, most)
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
        transaction.remove(build_due_name(account), at_ms, member)


def _put_account(transaction: Transaction, account: str, record: _AccountRecord) -> None:
    balance = record.balance
    amounts = [balance.available, balance.held_credits, balance.settled_credits]
    transaction.put(build_account_name(account), write_text([*amounts, record.task_count]))


def _put_new_task(transaction: Transaction, new: _NewTask) -> None:
    task, key, delivery = new.task, new.key, new.delivery
    transaction.put(build_task_name(task.id), new.task_text)
    transaction.add(TASKS, task.timeline.ended_ms, task.id)
    if key is not None:
        name = build_key_name(task.account, key.key)
        transaction.put(name, write_text([key.fingerprint, task.id, key.expires_ms, key.busy_until_ms]))
        transaction.add(KEYS, key.expires_ms, name)
    if delivery is not None:
        transaction.put(build_delivery_name(task.id), new.delivery_text)
        transaction.add(WEBHOOKS, delivery.due_ms, task.id)


def _move_delivery(transaction: Transaction, id_: str, due_ms: int) -> None:
    """Make a task's delivery, if it has one, due at another time."""
    text = transaction.get(build_delivery_name(id_))
    if text is not None:
        delivery = deliveries.decode(text)
        transaction.remove(WEBHOOKS, delivery.due_ms, id_)
        transaction.put(build_delivery_name(id_), deliveries.encode(replace(delivery, due_ms=due_ms)))
        transaction.add(WEBHOOKS, due_ms, id_)
