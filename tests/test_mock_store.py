"""The store: it keeps everything of a create or nothing, whoever asks at the same time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.lifecycle import Timeline
from mock_server.credits import Balance
from mock_server.stores import IdempotencyKey, KeyReused, NotEnoughCredits
from mock_server.stores.memory import MemoryStore
from mock_server.tasks import Task
from tests.payloads import values

START = 100
PRICE = 10
LATER = 1_000_000
FIRST = IdempotencyKey("k", "body one")


@pytest.fixture
def store() -> MemoryStore:
    """An empty store with room for a thousand tasks."""
    return MemoryStore(1000)


@pytest.fixture
def small() -> MemoryStore:
    """An empty store with room for two tasks."""
    return MemoryStore(2)


def _task(number: int = 1, account: str = "cs_a", outcome: str = "succeeded", **changes: Any) -> Task:
    task = Task(
        id=f"req_{number}",
        asset_id=f"img_{number}",
        account=account,
        operation="image.generate",
        model="gptimage2",
        input={"prompt": "é \u0000 \U0001f3a8", "reference_image_urls": []},
        credits=PRICE,
        timeline=Timeline(number, number + 10, number + 20, outcome),  # type: ignore[arg-type]
        width=16,
        height=32,
        aspect_ratio="1:2",
        size_claim="pixels-computed",
        error_message=None if outcome == "succeeded" else "no luck",
    )
    return replace(task, **changes)


def _is_empty(store: MemoryStore, *tasks: Task) -> bool:
    kept = [found for task in tasks for found in (store.get(task.id), store.get_by_asset(task.asset_id)) if found]
    return kept == [] and store.balance("cs_a", START, LATER) == Balance(START)


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_task_is_found_again_as_it_was(store: MemoryStore, outcome: str) -> None:
    """A stored task is found by its id and by its asset, equal in every field."""
    task = _task(outcome=outcome)
    assert store.create(task, None, START) == task
    assert store.get(task.id) == store.get_by_asset(task.asset_id) == task


@given(values)
def test_any_input_is_kept_as_it_was(value: Any) -> None:
    """Whatever JSON an input holds, the store gives it back equal."""
    store = MemoryStore(1)
    store.create(_task(input={"prompt": "x", "reference_prompt_balance": value}), None, START)
    found = store.get("req_1")
    assert found is not None
    assert found.input["reference_prompt_balance"] == value


def test_the_two_ids_are_apart(store: MemoryStore) -> None:
    """A request id finds no asset, an asset id no request, and what was never stored is not found."""
    store.create(_task(), None, START)
    assert store.get("img_1") is store.get_by_asset("req_1") is store.get("req_2") is None


def test_a_known_key_gives_the_first_task(store: MemoryStore) -> None:
    """A repeat with the same body stores nothing, costs nothing and gives the first task."""
    first = store.create(_task(1), FIRST, START)
    assert store.create(_task(2), FIRST, START) == first
    assert store.get("req_2") is None
    assert store.balance("cs_a", START, LATER) == Balance(START - PRICE, settled=PRICE)


def test_a_repeat_needs_no_credits(store: MemoryStore) -> None:
    """A repeat is answered though nothing is left to pay with."""
    first = store.create(_task(1), FIRST, PRICE)
    assert store.create(_task(2), FIRST, PRICE) == first


def test_a_key_with_another_body_stores_nothing(store: MemoryStore) -> None:
    """A known key with another body is refused, and the first task stays what the key stands for."""
    first = store.create(_task(1), FIRST, START)
    with pytest.raises(KeyReused):
        store.create(_task(2), IdempotencyKey("k", "body two"), START)
    assert store.get("req_2") is None
    assert store.balance("cs_a", START, LATER).settled == PRICE
    assert store.create(_task(3), FIRST, START) == first


def test_too_few_credits_store_nothing(store: MemoryStore) -> None:
    """A task that costs more than is left is refused, says both numbers, and leaves its key unused."""
    with pytest.raises(NotEnoughCredits) as raised:
        store.create(_task(credits=START + 1), FIRST, START)
    assert (raised.value.available, raised.value.needed) == (START, START + 1)
    assert _is_empty(store, _task())
    assert store.create(_task(2), IdempotencyKey("k", "body two"), START).id == "req_2"


def test_the_last_credit_can_be_spent(store: MemoryStore) -> None:
    """A task that costs exactly what is left is stored."""
    store.create(_task(credits=START), None, START)
    assert store.balance("cs_a", START, 1) == Balance(0, held=START)


def test_accounts_are_apart(store: MemoryStore) -> None:
    """Each account has keys and credits of its own."""
    store.create(_task(1, "cs_a"), FIRST, START)
    store.create(_task(2, "cs_b"), IdempotencyKey("k", "body two"), START)
    assert store.balance("cs_a", START, 15) == store.balance("cs_b", START, 15) == Balance(START - PRICE, held=PRICE)
    assert store.balance("cs_c", START, 15) == Balance(START)


@pytest.mark.parametrize(
    ("outcome", "at", "expected"),
    [
        ("succeeded", 20, Balance(90, held=10)),
        ("succeeded", 21, Balance(90, settled=10)),
        ("failed", 20, Balance(90, held=10)),
        ("failed", 21, Balance(100)),
    ],
)
def test_credits_move_when_a_task_ends(store: MemoryStore, outcome: str, at: int, expected: Balance) -> None:
    """What a task holds is spent or given back at its end, without a call that says so."""
    store.create(_task(1, outcome=outcome), None, START)
    assert store.balance("cs_a", START, at) == expected


def test_released_credits_can_be_spent_again(store: MemoryStore) -> None:
    """A create is paid from what an earlier failure gave back by then, not before."""
    store.create(_task(1, outcome="failed"), None, PRICE)
    with pytest.raises(NotEnoughCredits):
        store.create(_task(20), None, PRICE)
    store.create(_task(21), None, PRICE)
    assert store.balance("cs_a", PRICE, 21) == Balance(0, held=PRICE)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(("succeeded", "failed"))), max_size=12))
def test_a_balance_sums_up_to_the_start(steps: list[tuple[int, str]]) -> None:
    """After any creates at any times, credits left, held and spent sum up to the start, and none is below zero."""
    store, now = MemoryStore(1000), 0
    for pause, outcome in steps:
        now += pause + 1
        try:
            store.create(_task(now, outcome=outcome), None, START)
        except NotEnoughCredits as error:
            assert error.available < PRICE  # noqa: PT017 - either way is right
        balance = store.balance("cs_a", START, now)
        assert balance.available + balance.held + balance.settled == START
        assert min(balance.available, balance.held, balance.settled) >= 0


def test_the_oldest_is_forgotten_with_its_key(small: MemoryStore) -> None:
    """Past max_tasks the oldest task goes, and its key is free for another body; the others stay."""
    for number in (1, 2, 3):
        small.create(_task(number), IdempotencyKey(f"k{number}", "body"), START)
    assert small.get("req_1") is small.get_by_asset("img_1") is None
    assert [small.create(_task(9), IdempotencyKey(f"k{number}", "body"), START).id for number in (2, 3)] == [
        "req_2",
        "req_3",
    ]
    assert small.create(_task(4), IdempotencyKey("k1", "another"), START).id == "req_4"
    assert small.get("req_2") is None


def test_what_is_forgotten_is_still_paid(small: MemoryStore) -> None:
    """Credits of forgotten tasks are spent or given back all the same."""
    for number in (1, 2, 3, 4):
        small.create(_task(number, outcome="failed" if number == 1 else "succeeded"), None, START)
    assert small.balance("cs_a", START, LATER) == Balance(START - 3 * PRICE, settled=3 * PRICE)


@pytest.fixture
def _hurried() -> Iterator[None]:
    """Threads take turns as often as they can, so that a gap between two steps is met."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("attempt", range(5))
@pytest.mark.usefixtures("_hurried")
def test_one_key_makes_one_task_under_threads(store: MemoryStore, attempt: int) -> None:
    """Of 100 creates with one key at the same time one is stored and paid, and all get it."""
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: store.create(_task(number), FIRST, START), range(100)))
    assert len({task.id for task in found}) == 1
    assert sum(store.get(f"req_{number}") is not None for number in range(100)) == 1
    assert store.balance("cs_a", START, LATER) == Balance(START - PRICE, settled=PRICE)


@pytest.mark.parametrize("attempt", range(5))
@pytest.mark.usefixtures("_hurried")
def test_credits_are_never_spent_twice_under_threads(store: MemoryStore, attempt: int) -> None:
    """Of 200 creates at the same time with credits for 50, exactly 50 are accepted."""

    def accepted(number: int) -> bool:
        try:
            store.create(replace(_task(number), timeline=Timeline(5, 6, 7, "succeeded")), None, 50 * PRICE)
        except NotEnoughCredits:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(accepted, range(200)))
    assert results.count(True) == 50
    assert store.balance("cs_a", 50 * PRICE, LATER) == Balance(0, settled=50 * PRICE)


def test_an_account_is_forgotten_with_its_last_task(small: MemoryStore) -> None:
    """However many accounts there were, those whose tasks are all forgotten take no room, and start afresh."""
    for number in range(1, 51):
        small.create(_task(number, f"cs_{number}"), None, START)
    assert len(small._balances) == len(small._due) == len(small._kept) == 2
    assert small.balance("cs_1", START, LATER) == Balance(START)
    assert small.balance("cs_50", START, LATER) == Balance(START - PRICE, settled=PRICE)
