"""Tasks, idempotency keys and credits in a store (floor 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cannon_mock.model import credits, deliveries, tasks
from cannon_mock.model.credits import Balance, Entry
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.tasks import Task
from cannon_mock.stores.records import Reading, Records, Transaction
from cannon_spec.contract.lifecycle import FOREVER_MS

WEBHOOKS = "webhooks"
"""The queue of deliveries, by the time they are due."""

_TASKS = "tasks"
_KEPT = "kept"
_FORGOTTEN = "forgotten"
_PAGE = 500
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one create, the fingerprint of the body that came with it, and when it is forgotten.

    Until ``busy_until_ms`` the create is still under way for others.
    """

    key: str
    fingerprint: str
    expires_ms: int
    busy_until_ms: int = 0


class KeyReused(Exception):
    """The idempotency key is known with another body; nothing was stored."""


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


@dataclass(frozen=True, slots=True)
class _Account:
    balance: Balance
    tasks: int


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
        self._settle(task.account, start, now_ms)
        names = [f"account:{task.account}", f"due:{task.account}"]
        if key is not None:
            names.append(_key_name(task.account, key.key))
        if self._max_tasks is not None:
            names += [_KEPT, _TASKS]

        def work(t: Transaction) -> Task:
            earlier = _earlier(t, task.account, key, now_ms)
            if earlier is not None:
                return earlier
            account, fallen = _folded(t, task.account, start, now_ms)
            if account.balance.available < task.credits:
                raise NotEnoughCredits(account.balance.available, task.credits)
            hold, end = credits.build_entries(task.timeline, task.credits)
            _drop_fallen(t, task.account, fallen)
            balance = credits.apply_entries(account.balance, [hold], now_ms)
            _put_account(t, task.account, _Account(balance, account.tasks + 1))
            t.add(f"due:{task.account}", end.at_ms, _due_member(task.id, end))
            _put_new(t, task, key, delivery)
            if self._max_tasks is not None:
                self._keep_to(t, self._max_tasks, task.id)
            return task

        return self._records.transact(names, work)

    def get(self, id_: str) -> Task | None:
        """The task of that request id."""
        return _get(self._records, id_)

    def change(self, id_: str, delay_ms: int, step: Callable[[Task], Task]) -> Task | None:
        """Replace a task by what ``step`` makes of it; its credits and its webhook follow its end.

        The webhook is due ``delay_ms`` after the end. None where there is no such task.
        """
        before = self.get(id_)
        if before is None:
            return None
        due = f"due:{before.account}"

        def work(t: Transaction) -> Task | None:
            task = _get(t, id_)
            after = task and step(task)
            if task is None or after is None or after is task:
                return task
            _, was = credits.build_entries(task.timeline, task.credits)
            _, end = credits.build_entries(after.timeline, after.credits)
            if was != end:
                if (was.at_ms, _due_member(id_, was)) not in t.earliest(due, was.at_ms, _ALL):
                    return task  # it has ended for somebody whose clock is a moment ahead
                t.remove(due, was.at_ms, _due_member(id_, was))
                t.add(due, end.at_ms, _due_member(id_, end))
                t.remove(_TASKS, was.at_ms, id_)
                t.add(_TASKS, end.at_ms, id_)
                _postpone(t, id_, end.at_ms + delay_ms)
            t.put(f"task:{id_}", tasks.encode(after))
            return after

        return self._records.transact((f"task:{id_}", f"hook:{id_}", due), work)

    def release_key(self, account: str, key: IdempotencyKey) -> None:
        """The create of this key is no longer under way."""
        name = _key_name(account, key.key)

        def work(t: Transaction) -> None:
            known = t.get(name)
            if known is not None:
                fingerprint, id_, expires_ms, _ = json.loads(known)
                t.put(name, json.dumps([fingerprint, id_, expires_ms, 0]))

        self._records.transact((name,), work)

    def read_balance(self, account: str, start: int, now_ms: int) -> Balance:
        """The credits of an account now."""
        self._settle(account, start, now_ms)
        known, fallen = _folded(self._records, account, start, now_ms)
        return known.balance if not fallen else self.read_balance(account, start, now_ms)

    def list_all(self) -> Iterator[Task]:
        """Every task, those that end last first, read a page at a time."""
        before: tuple[int, str] | None = None
        while page := self._records.latest(_TASKS, before, _PAGE):
            tasks_of_page = (self.get(id_) for _, id_ in page)
            yield from (task for task in tasks_of_page if task is not None)
            before = page[-1]

    def count_forgotten(self) -> int:
        """How many tasks were forgotten to make room."""
        return int(self._records.get(_FORGOTTEN) or 0)

    def _settle(self, account: str, start: int, now_ms: int) -> None:
        """Fold what fell due, a page at a time. Entries once folded are dropped, as the clock never runs backwards."""
        names = (f"account:{account}", f"due:{account}")

        def work(t: Transaction) -> int:
            known, fallen = _folded(t, account, start, now_ms)
            if fallen:
                _drop_fallen(t, account, fallen)
                _put_account(t, account, known)
            return len(fallen)

        if self._records.earliest(names[1], now_ms, 1):
            while self._records.transact(names, work) == _PAGE:
                pass

    def _keep_to(self, t: Transaction, most: int, new: str) -> None:
        """Make room by the task that ended first, or will; the new one stays."""
        kept = int(t.get(_KEPT) or 0) + 1
        if kept > most:
            at_ms, id_ = next(place for place in t.earliest(_TASKS, FOREVER_MS, 2) if place[1] != new)
            task = _get(t, id_)
            if task is not None:
                _forget(t, task, at_ms)
            kept -= 1
        t.put(_KEPT, str(kept))


def _get(reading: Reading, id_: str) -> Task | None:
    text = reading.get(f"task:{id_}")
    return None if text is None else tasks.decode(text)


def _key_name(account: str, key: str) -> str:
    return f"key:{account}:{key}"


def _due_member(id_: str, end: Entry) -> str:
    return f"{id_} {end.amount} {end.kind}"


def _earlier(t: Transaction, account: str, key: IdempotencyKey | None, now_ms: int) -> Task | None:
    known = None if key is None else t.get(_key_name(account, key.key))
    if key is None or known is None:
        return None
    fingerprint, id_, expires_ms, busy_until_ms = json.loads(known)
    if expires_ms <= now_ms:
        return None
    if fingerprint != key.fingerprint:
        raise KeyReused(key.key)
    if busy_until_ms > now_ms:
        raise KeyBusy(busy_until_ms - now_ms)
    return _get(t, id_)


def _folded(reading: Reading, account: str, start: int, now_ms: int) -> tuple[_Account, list[tuple[int, str]]]:
    """An account with the oldest page of what fell due, and those entries."""
    text = reading.get(f"account:{account}")
    available, held, settled, count = (start, 0, 0, 0) if text is None else json.loads(text)
    fallen = reading.earliest(f"due:{account}", now_ms, _PAGE)
    balance = credits.apply_entries(Balance(available, held, settled), map(_entry, fallen), now_ms)
    return _Account(balance, count), fallen


def _entry(due: tuple[int, str]) -> Entry:
    at_ms, member = due
    _, amount, kind = member.split(" ")
    return Entry(at_ms, "settle" if kind == "settle" else "release", int(amount))


def _drop_fallen(t: Transaction, account: str, fallen: list[tuple[int, str]]) -> None:
    for at_ms, member in fallen:
        t.remove(f"due:{account}", at_ms, member)


def _put_account(t: Transaction, account: str, known: _Account) -> None:
    balance = known.balance
    t.put(
        f"account:{account}",
        json.dumps([balance.available, balance.held_credits, balance.settled_credits, known.tasks]),
    )


def _put_new(t: Transaction, task: Task, key: IdempotencyKey | None, delivery: Delivery | None) -> None:
    t.put(f"task:{task.id}", tasks.encode(task))
    t.add(_TASKS, task.timeline.ended_ms, task.id)
    if key is not None:
        entry = [key.fingerprint, task.id, key.expires_ms, key.busy_until_ms]
        t.put(_key_name(task.account, key.key), json.dumps(entry))
    if delivery is not None:
        t.put(f"hook:{task.id}", deliveries.encode(delivery))
        t.add(WEBHOOKS, delivery.due_ms, task.id)


def _postpone(t: Transaction, id_: str, due_ms: int) -> None:
    text = t.get(f"hook:{id_}")
    if text is not None:
        delivery = deliveries.decode(text)
        t.remove(WEBHOOKS, delivery.due_ms, id_)
        t.put(f"hook:{id_}", deliveries.encode(replace(delivery, due_ms=due_ms)))
        t.add(WEBHOOKS, due_ms, id_)


def _forget(t: Transaction, task: Task, at_ms: int) -> None:
    """Forget a task with all that belongs to it, and its account with the last of its tasks."""
    t.remove(_TASKS, at_ms, task.id)
    t.drop(f"task:{task.id}")
    t.put(_FORGOTTEN, str(int(t.get(_FORGOTTEN) or 0) + 1))
    name = _key_name(task.account, task.idempotency_key or "")
    known = t.get(name)
    if known is not None and json.loads(known)[1] == task.id:  # else the key has expired, and was used again
        t.drop(name)
    hook = t.get(f"hook:{task.id}")
    if hook is not None:
        t.remove(WEBHOOKS, deliveries.decode(hook).due_ms, task.id)
        t.drop(f"hook:{task.id}")
    text = t.get(f"account:{task.account}")
    *balance, count = json.loads(text) if text is not None else (0, 0, 0, 1)
    if count > 1:
        t.put(f"account:{task.account}", json.dumps([*balance, count - 1]))
        return
    t.drop(f"account:{task.account}")
    for due in t.earliest(f"due:{task.account}", FOREVER_MS, _ALL):
        t.remove(f"due:{task.account}", *due)
