"""Tasks, idempotency keys and credits, on every kind of records."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from cannon_mock.model import tasks
from cannon_mock.model.credits import Balance
from cannon_mock.model.tasks import Media, Task, UpstreamViolation
from cannon_mock.stores import IdempotencyKey, KeyBusy, KeyReused, NotEnoughCredits, Records, Store
from cannon_mock.stores.memory import MemoryRecords
from cannon_spec.contract.lifecycle import FOREVER_MS, Timeline

START, PRICE, DAY_MS = 100, 10, 86_400_000
PLAIN = Task(
    id="",
    account="acct_a",
    operation="image.generate",
    model="m",
    input={"prompt": "A lone détective 🐻"},
    credits=PRICE,
    price_claim="credits-price-image",
    planned_timeline=Timeline(1000, 2000, 5000, "succeeded"),
    polls=0,
    media=Media("image", {"width": 64, "height": 64}, ("pixels-computed",)),
    failure=None,
    scenario="success",
)


def _task(number: int, outcome: Any = "succeeded", **changes: Any) -> Task:
    timeline = replace(PLAIN.planned_timeline, outcome=outcome)
    return PLAIN._replace(id=f"req_{number}", planned_timeline=timeline, **changes)


def _key(name: str = "k", fingerprint: str = "f", **more: int) -> IdempotencyKey:
    return IdempotencyKey(name, fingerprint, **{"expires_ms": 1000 + DAY_MS, **more})


@pytest.fixture
def store(records: Records) -> Store:
    return Store(records, 100_000, [0, 5000], 30_000)


def _create(store: Store, task: Task, key: IdempotencyKey | None = None, now_ms: int = 1000) -> Task:
    keyed_task = task._replace(idempotency_key=key.key) if key else task
    return store.tasks.create(keyed_task, key, START, now_ms)


def test_a_task_is_read_as_it_was_stored(store: Store) -> None:
    """A task is found by its id, unchanged, and by no other id."""
    violation = UpstreamViolation("/input/duration", "models/m#/maximum", "duration is 30", ("a", "b"))
    task, refused_task = _create(store, _task(1)), _create(store, _task(3, "failed", violation=violation))
    assert (store.tasks.get("req_1"), store.tasks.get("req_3")) == (task, refused_task)
    assert store.tasks.get("req_2") is None


def test_a_key_stands_for_its_first_body(store: Store) -> None:
    """The same key and body give the first task; another body is an error; other accounts have keys of their own."""
    first = _create(store, _task(1), _key())
    assert _create(store, _task(2), _key()) == first
    with pytest.raises(KeyReused):
        _create(store, _task(3), _key(fingerprint="g"))
    assert _create(store, _task(4, account="acct_b"), _key(fingerprint="g")).id == "req_4"
    assert store.tasks.get("req_2") is None
    assert store.tasks.read_balance("acct_a", START, 1000) == Balance(START - PRICE, PRICE)


def test_a_key_expires(store: Store) -> None:
    """Up to its last millisecond a key is known; after it the key makes a new task, and stands for that one."""
    _create(store, _task(1), _key())
    assert _create(store, _task(2), _key(), now_ms=1000 + DAY_MS - 1).id == "req_1"
    assert _create(store, _task(3), _key(fingerprint="g", expires_ms=9 * DAY_MS), now_ms=1000 + DAY_MS).id == "req_3"
    assert _create(store, _task(4), _key(fingerprint="g"), now_ms=2 * DAY_MS).id == "req_3"


def test_a_key_is_busy_until_it_is_released(store: Store) -> None:
    """While a create is under way a repeat is told how long to wait; after it the repeat gets the task."""
    key = _key(busy_until_ms=2500)
    _create(store, _task(1), key)
    with pytest.raises(KeyBusy) as caught:
        _create(store, _task(2), _key())
    assert caught.value.wait_ms == 1500
    store.tasks.release_key("acct_a", key)
    assert _create(store, _task(2), _key()).id == "req_1"


@pytest.mark.parametrize(
    ("outcome", "end"),
    [("succeeded", Balance(START - PRICE, 0, PRICE)), ("failed", Balance(START))],
)
def test_credits_are_held_then_settled_or_released(store: Store, outcome: str, end: Balance) -> None:
    """Credits are on hold from the create to the end, then spent or released; reading twice changes nothing."""
    _create(store, _task(1, outcome))
    for now_ms, expected in ((1000, Balance(90, 10)), (4999, Balance(90, 10)), (5000, end), (5000, end), (9999, end)):
        assert store.tasks.read_balance("acct_a", START, now_ms) == expected


def test_a_task_that_costs_too_much_is_not_stored(store: Store) -> None:
    """A task that costs more than is available is an error, and neither it nor its key is stored."""
    with pytest.raises(NotEnoughCredits) as caught:
        _create(store, _task(1, credits=START + 1), _key())
    assert (caught.value.available, caught.value.cost) == (START, START + 1)
    assert store.tasks.get("req_1") is None
    assert _create(store, _task(2), _key()).id == "req_2"


def test_a_create_counts_every_end_that_is_due(store: Store) -> None:
    """The credits of more failed tasks than are settled at a time are back by the next create after their end."""
    count, cost = 501, START // 501
    for number in range(count):
        _create(store, _task(number, outcome="failed", credits=cost))
    assert _create(store, _task(count, credits=START), now_ms=9000).credits == START


def test_ends_that_become_due_meanwhile_are_settled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create settles again where other creates have added as many ends that are due while it did so."""
    settle = store.tasks._settle
    added_numbers = iter(range(500, 1000))

    def settle_slowly(*arguments: Any, **options: Any) -> None:
        settle(*arguments, **options)
        for number in added_numbers:
            _create(store, _task(number, credits=0))

    for number in range(500):
        _create(store, _task(number, credits=0))
    monkeypatch.setattr(store.tasks, "_settle", settle_slowly)
    assert _create(store, _task(1000, credits=START), now_ms=9000).credits == START


def test_credits_that_are_set_leave_those_on_hold(store: Store) -> None:
    """An account that is set has so many credits from then on; what ended before counts, and what is on hold stays."""
    store.tasks.set_balance("acct_a", PRICE, 0)
    _create(store, _task(1))
    with pytest.raises(NotEnoughCredits):
        _create(store, _task(2))
    assert store.tasks.read_balance("acct_a", START, 1000) == Balance(0, PRICE)
    store.tasks.set_balance("acct_a", 7, 1000)
    assert store.tasks.read_balance("acct_a", START, 1000) == Balance(7, PRICE)
    store.tasks.set_balance("acct_a", 50, 5000)
    assert store.tasks.read_balance("acct_a", START, 5000) == Balance(50, 0, PRICE)


def test_more_ends_than_a_page_are_settled(store: Store) -> None:
    """More ends than a page has are all settled, by a create and by a balance."""
    for number in range(520):
        store.tasks.create(_task(number, credits=1), None, 1000, 1000)
    assert store.tasks.read_balance("acct_a", 1000, 9000) == Balance(480, 0, 520)
    with pytest.raises(NotEnoughCredits):
        store.tasks.create(_task(999, credits=481), None, 1000, 9000)


def test_credits_follow_the_end_of_a_task(store: Store) -> None:
    """A task that is ended early as failed releases its credits then; a task that has ended does not change."""
    _create(store, _task(1))
    after = store.tasks.change("req_1", 0, lambda task: tasks.end_task(task, 3000, "failed", "no"))
    assert after is not None
    assert (after.timeline, after.error_message) == (Timeline(1000, 2000, 3000, "failed"), "no")
    assert store.tasks.get("req_1") == after
    assert [store.tasks.read_balance("acct_a", START, now_ms) for now_ms in (2999, 3000, 9000)] == [
        Balance(90, 10),
        *[Balance(START)] * 2,
    ]
    assert store.tasks.change("req_1", 0, lambda task: tasks.end_task(task, 4000, "succeeded", None)) == after
    assert store.tasks.change("req_2", 0, lambda task: task) is None


def test_a_settled_end_does_not_change(store: Store) -> None:
    """Where another process, its clock slightly ahead, has settled the end, a later change has no effect."""
    _create(store, _task(1))
    assert store.tasks.read_balance("acct_a", START, 5000).settled_credits == PRICE
    unchanged = store.tasks.change("req_1", 0, lambda task: tasks.end_task(task, 4999, "failed", "late"))
    assert unchanged == _task(1)
    assert store.tasks.read_balance("acct_a", START, 9000) == Balance(START - PRICE, 0, PRICE)


def test_every_task_is_listed_the_last_to_end_first(store: Store) -> None:
    """Each task is listed once, beyond a page too; one that never ends comes first."""
    ends = {f"req_{number}": 5000 + number for number in range(510)} | {"req_stuck": FOREVER_MS}
    for id_, ended_ms in ends.items():
        line = replace(PLAIN.planned_timeline, ended_ms=ended_ms)
        store.tasks.create(PLAIN._replace(id=id_, planned_timeline=line, credits=0), None, START, 1000)
    assert [task.id for task in store.tasks.list_all()] == sorted(ends, key=lambda id_: -ends[id_])


def test_500_creates_with_one_key_make_one_task(store: Store) -> None:
    """However many threads create with one key at once, there is one task and one hold."""
    with ThreadPoolExecutor(8) as pool:
        created_tasks = list(pool.map(lambda number: _create(store, _task(number), _key()), range(500)))
    assert len({task.id for task in created_tasks}) == 1
    assert store.tasks.read_balance("acct_a", START, 1000) == Balance(START - PRICE, PRICE)


def test_simultaneous_creates_never_overspend(store: Store) -> None:
    """Of 200 simultaneous creates, with credits for 50, exactly 50 are accepted."""

    def create(number: int) -> bool:
        try:
            store.tasks.create(_task(number), None, 50 * PRICE, 1000)
        except NotEnoughCredits:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(200))) == 50
    assert store.tasks.read_balance("acct_a", 50 * PRICE, 1000) == Balance(0, 50 * PRICE)


@pytest.mark.extended
def test_a_task_takes_no_more_than_a_kilobyte() -> None:
    """Of 20,000 tasks in memory the last 3,000 take at most 1 KB each, as they are counted; the first can be polled."""
    store = Store(MemoryRecords(), 1_000_000, [0], 30_000)

    def create(numbers: range) -> None:
        for number in numbers:
            store.tasks.create(_task(number)._replace(id=f"req_{number:016x}"), None, 10**9, 1000 + number)

    create(range(17_000))
    counted_bytes = store.records.count_bytes()
    tracemalloc.start()
    try:
        create(range(17_000, 20_000))
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used_bytes / 3_000 <= 1024
    assert 0.8 < (store.records.count_bytes() - counted_bytes) / used_bytes < 1.25
    assert store.tasks.get(f"req_{0:016x}") is not None
