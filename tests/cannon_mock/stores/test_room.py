"""What is forgotten for new tasks, on every kind of records, and when a store is full."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial, reduce
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cannon_mock.model import tasks
from cannon_mock.model.credits import Balance
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.model.tasks import Task
from cannon_mock.stores import IdempotencyKey, NotEnoughCredits, Records, Store, StoreFull, counts, room
from cannon_mock.stores.memory import MemoryRecords
from cannon_spec.contract.lifecycle import FOREVER_MS, Timeline
from tests.cannon_mock.stores.test_tasks import PLAIN, PRICE
from tests.support.stores import Opener, list_record_names

START = 1000


def _open(records: Records, most: int) -> Store:
    return Store(records, most, [0, 1000], 30_000)


def _create(store: Store, number: int, at_ms: int = 0, **changes: Any) -> Task:
    """Create a task of 1000 ms, with an idempotency key and a webhook."""
    values = {"planned_timeline": Timeline(at_ms, at_ms, at_ms + 1000, "succeeded"), **changes}
    id_, key = f"req_{number}", IdempotencyKey(f"k{number}", "f", at_ms + 5000)
    task = PLAIN._replace(id=id_, webhook_url="http://x", idempotency_key=key.key, **values)
    delivery = Delivery(f"msg_{id_}", id_, task.account, "http://x", "http://m", task.timeline.ended_ms)
    return store.tasks.create(task, key, START, at_ms, delivery)


def _list_numbers(store: Store) -> list[int]:
    return sorted(int(task.id.removeprefix("req_")) for task in store.tasks.list_all())


def test_the_task_that_ended_first_is_forgotten_with_all_that_belongs_to_it(records: Records) -> None:
    """A full store forgets the task that ended first, with its key, webhook and account, and no other."""
    store = _open(records, 3)
    _create(store, 0, planned_timeline=Timeline(0, 0, FOREVER_MS, "succeeded"))
    for number in range(1, 6):
        _create(store, number, at_ms=2000 * number, account=f"acct_{number}")
    assert (_list_numbers(store), store.tasks.count_forgotten()) == ([0, 4, 5], 3)
    names = {
        name
        for number, account in ((0, "acct_a"), (4, "acct_4"), (5, "acct_5"))
        for name in (f"task:req_{number}", f"hook:req_{number}", f"key:{account}:k{number}", f"account:{account}")
    }
    growth_names = {"growth"} if records.max_bytes else set()
    assert list_record_names(records) == names | {"forgotten"} | growth_names
    assert [records.count(queue) for queue in ("tasks", "webhooks", "keys", "due:acct_1")] == [3, 3, 3, 0]


def test_a_task_that_has_not_ended_is_never_forgotten(records: Records) -> None:
    """Where no task has ended, one more is refused and changes nothing; after an end it is stored."""
    store = _open(records, 2)
    _create(store, 1)
    _create(store, 2, at_ms=500)
    names = list_record_names(records)
    with pytest.raises(StoreFull) as caught:
        _create(store, 3, at_ms=999)
    assert (caught.value.limit, list_record_names(records)) == ("tasks", names)
    assert _create(store, 1).id == "req_1"  # a repeat needs no room
    assert _create(store, 3, at_ms=1000).id == "req_3"
    assert _list_numbers(store) == [2, 3]


@pytest.mark.parametrize("records", ["memory", "sqlite"], indirect=True)
def test_a_process_that_creates_seldom_keeps_the_bound(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that found a lot of room some time ago stores nothing more where others have filled the store since."""
    monkeypatch.setattr(room, "_MOST_PROCESSES", 2)
    monkeypatch.setattr(room, "read_monotonic_s", count().__next__)  # a second from one look to the next
    one, other = (_open(records, 10) for _ in range(2))
    _create(one, 0)
    for number in range(1, 10):
        _create(other, number)
    with pytest.raises(StoreFull):
        _create(one, 10)
    assert len(_list_numbers(one)) == 10


def test_simultaneous_creates_keep_the_bound(records: Records) -> None:
    """Of 40 simultaneous creates, with room for 15, exactly 15 are stored, and later 15 again."""
    store = _open(records, 15)

    def create(number: int) -> bool:
        try:
            _create(store, number, at_ms=2000 * (number // 40))
        except StoreFull:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        for numbers in (range(40), range(40, 80)):
            assert sum(pool.map(create, numbers)) == 15
    assert (records.count("tasks"), store.tasks.count_forgotten()) == (15, 15)


def test_an_account_keeps_its_credits_while_its_only_task_is_replaced(records: Records) -> None:
    """The account of a new task goes on when its last task is forgotten for that one; another account starts anew."""
    store = _open(records, 1)
    _create(store, 1)
    _create(store, 2, at_ms=2000)
    assert store.tasks.read_balance("acct_a", START, 2000) == Balance(START - 2 * PRICE, PRICE, PRICE)
    with pytest.raises(NotEnoughCredits):
        _create(store, 3, at_ms=9000, credits=START)
    assert _list_numbers(store) == [2]
    _create(store, 4, at_ms=9000, account="acct_b")
    assert store.tasks.read_balance("acct_a", START, 9000) == Balance(START)


def test_a_key_of_a_later_task_is_kept(records: Records) -> None:
    """Forgetting a task does not forget a key that stands for a later task."""
    store = _open(records, 2)
    _create(store, 1)
    late_task = PLAIN._replace(id="req_2", idempotency_key="k1", planned_timeline=Timeline(6000, 6000, 9999, "failed"))
    for id_ in ("req_2", "req_3", "req_4"):
        key = IdempotencyKey("k1", "f", 20_000) if id_ != "req_3" else None
        task = late_task._replace(id=id_, idempotency_key=key and key.key)
        assert store.tasks.create(task, key, START, 6000).id == ("req_2" if id_ == "req_4" else id_)
    assert store.tasks.get("req_1") is None


def test_keys_that_have_expired_are_forgotten(records: Records) -> None:
    """Keys that have expired are forgotten by later creates with keys, also where their tasks are kept."""
    store = _open(records, 1000)
    for number in range(20):
        _create(store, number)
    for number in range(20, 37):
        _create(store, number, at_ms=5000)
    assert {name for name in list_record_names(records) if name.startswith("key:")} == {
        f"key:acct_a:k{number}" for number in range(20, 37)
    }
    assert (records.count("keys"), records.count("tasks")) == (17, 37)


def test_processes_that_share_a_store_keep_one_bound(shared: Opener) -> None:
    """The bound is that of the store: it counts tasks of other processes, and of earlier ones, and a lower one too."""
    one, two = _open(shared(), 4), _open(shared(), 4)
    for number in range(8):
        _create((one, two)[number % 2], number, at_ms=2000 * number)
    assert _list_numbers(one) == _list_numbers(two) == [4, 5, 6, 7]
    _create(_open(shared(), 2), 8, at_ms=99_000)
    assert _list_numbers(one) == [7, 8]


def test_a_store_with_too_many_tasks_shrinks_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a store has many more tasks than it may, each create forgets a few of them, not all."""
    monkeypatch.setattr(room, "_MOST_FORGOTTEN", 3)
    records = MemoryRecords()
    for number in range(10):
        _create(_open(records, 10), number)
    store, sizes = _open(records, 4), []
    for number in range(10, 15):
        _create(store, number, at_ms=1000 * number)
        sizes.append(records.count("tasks"))
    assert sizes == [8, 6, 4, 4, 4]


def test_a_task_larger_than_the_store_is_refused_at_once() -> None:
    """A task that could never fit is refused, and nothing is forgotten for it."""
    store = _open(MemoryRecords(100_000), 100)
    _create(store, 1)
    with pytest.raises(StoreFull) as caught:
        _create(store, 2, at_ms=2000, input={"prompt": "x" * 90_000})
    assert (caught.value.limit, _list_numbers(store)) == ("bytes of one", [1])


def test_nothing_is_left_of_an_account_whose_create_was_refused() -> None:
    """Where all that has ended was forgotten in vain, the account of the new task goes with its last task."""
    store = _open(MemoryRecords(100_000), 100)
    _create(
        store, 1, account="acct_b", planned_timeline=Timeline(0, 0, FOREVER_MS, "failed"), input={"p": "x" * 40_000}
    )
    _create(store, 2)
    with pytest.raises(StoreFull):
        _create(store, 3, at_ms=2000, input={"prompt": "x" * 60_000})
    assert _list_numbers(store) == [1]
    assert not any("acct_a" in name for name in list_record_names(store.records))


def test_a_full_store_has_room_for_what_its_tasks_become() -> None:
    """However often the tasks of a full store are polled, and their webhooks attempted, the bound is kept."""
    records = MemoryRecords(100_000)
    store, numbers = _open(records, 100), count()
    with suppress(StoreFull):
        while True:
            _create(store, next(numbers), polls=30, planned_timeline=Timeline(0, FOREVER_MS, FOREVER_MS, "failed"))
    for task in list(store.tasks.list_all()):
        for at_ms in range(60):
            store.tasks.change(task.id, 0, partial(tasks.record_poll, now_ms=at_ms))
        for _ in range(30):
            store.deliveries.redeliver(task.id, 60)
            delivery = store.deliveries.claim(60)
            assert delivery is not None
            store.deliveries.finish(delivery, DeliveryResponse(None, "n" * 200), 60)
    assert len(_list_numbers(store)) > 5
    assert records.count_bytes() <= 100_000


MAX_BYTES = 40_000


class RoomMachine(RuleBasedStateMachine):
    """A small store in memory under creates, polls, ends, webhooks, counts, a journal, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.records = MemoryRecords(MAX_BYTES)
        self.store = _open(self.records, 5)
        self.now_ms = 0
        self.ends: list[int] = []

    @rule(
        letters=st.sampled_from([0, 1000, 9000]),
        polls=st.sampled_from([0, 1, 30]),
        account=st.sampled_from("ab"),
        letter=st.sampled_from("xé🐻"),
    )
    def create(self, letters: int, polls: int, account: str, letter: str) -> None:
        """Create a task; one with polls ends when it is polled."""
        ended_ms = FOREVER_MS if polls else self.now_ms + 1000
        number, line = len(self.ends), Timeline(self.now_ms, ended_ms, ended_ms, "succeeded")
        input = {"prompt": letter * letters}
        values = {"planned_timeline": line, "polls": polls, "account": account, "input": input, "credits": 0}
        try:
            _create(self.store, number, self.now_ms, **values)
        except StoreFull:
            return
        self.ends.append(ended_ms)

    @rule(number=st.integers(0, 9), outcome=st.sampled_from(["poll", "succeeded", "failed"]))
    def change(self, number: int, outcome: Any) -> None:
        """Poll a task, or end it."""

        def step(task: Task) -> Task:
            if outcome == "poll":
                return reduce(lambda polled_task, _: tasks.record_poll(polled_task, self.now_ms), range(25), task)
            return tasks.end_task(task, self.now_ms, outcome, "an end")

        task = self.store.tasks.change(f"req_{number}", 0, step)
        if task is not None:
            self.ends[number] = task.timeline.ended_ms

    @rule(status=st.sampled_from([200, 500, None]), is_repeated=st.booleans())
    def deliver(self, status: int | None, is_repeated: bool) -> None:
        """Attempt the delivery that is due first, and ask for another one meanwhile."""
        delivery = self.store.deliveries.claim(self.now_ms)
        if delivery is not None:
            if is_repeated:
                self.store.deliveries.redeliver(delivery.task_id, self.now_ms)
            self.store.deliveries.finish(delivery, DeliveryResponse(status, "n" * 200), self.now_ms)

    @rule(letters=st.sampled_from([0, 4000, 40_000]), letter=st.sampled_from("xé"))
    def append(self, letters: int, letter: str) -> None:
        """Write to the journal."""
        self.records.append("journal", letter * letters, 20)

    @rule(name=st.text(max_size=3))
    def count_name(self, name: str) -> None:
        """Count a name."""
        counts.count(self.records, name, self.now_ms)
        counts.count_in_window(self.records, name, self.now_ms, 1000, 9)

    @rule(ms=st.sampled_from([1, 1000, 6000]))
    def advance(self, ms: int) -> None:
        """Let time pass."""
        self.now_ms += ms

    @rule()
    def reset(self) -> None:
        """Forget all."""
        self.store.forget_all()
        self.ends = []

    @invariant()
    def bounded(self) -> None:
        """What is kept is within the bound, as it is counted, and as a count from the start gives it."""
        records = self.records
        assert records._kept_bytes + records._log_bytes <= MAX_BYTES
        again = MemoryRecords()
        for name, value in records._records.items():
            again.put(name, value)
        for queue, places in records._queues.items():
            for place in places:
                again.add(queue, *place)
        for entry in records._logs.get("journal", ()):
            again.append("journal", entry, 99)
        assert (again._kept_bytes, again._log_bytes) == (records._kept_bytes, records._log_bytes)

    @invariant()
    def kept(self) -> None:
        """Every task that was accepted and has not ended is there; the others are there or counted as forgotten."""
        listed_tasks = list(self.store.tasks.list_all())
        assert len(listed_tasks) <= 5
        assert len(listed_tasks) + self.store.tasks.count_forgotten() == len(self.ends)
        unended_ids = {f"req_{number}" for number, ended_ms in enumerate(self.ends) if ended_ms > self.now_ms}
        assert unended_ids <= {task.id for task in listed_tasks}


def test_a_store_in_memory_keeps_its_bounds() -> None:
    """Whatever comes in whatever order, what is kept is within its bounds, and no task is forgotten before its end."""
    limits = settings(max_examples=12, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(RoomMachine, settings=limits)
