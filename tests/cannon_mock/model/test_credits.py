"""Credits: nothing is made or lost, and order does not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.model.credits import Balance, Entry, apply_entries, build_entries
from cannon_spec.contract.lifecycle import Timeline

amounts = st.integers(0, 1000)
movements = st.builds(Entry, st.integers(0, 100), st.sampled_from(("hold", "settle", "release")), amounts)
balances = st.builds(Balance, amounts, amounts, amounts)


def _sum(balance: Balance) -> int:
    return balance.available + balance.held_credits + balance.settled_credits


@given(balance=balances, moved=st.lists(movements), now_ms=st.integers(0, 100))
def test_the_sum_never_changes(balance: Balance, moved: list[Entry], now_ms: int) -> None:
    """Available, held and settled credits sum up to the same at any time."""
    assert _sum(apply_entries(balance, moved, now_ms)) == _sum(balance)


@given(balance=balances, data=st.data(), moved=st.lists(movements), now_ms=st.integers(0, 100))
def test_order_does_not_matter(balance: Balance, data: st.DataObject, moved: list[Entry], now_ms: int) -> None:
    """The same entries in another order make the same balance."""
    shuffled = data.draw(st.permutations(moved))
    assert apply_entries(balance, shuffled, now_ms) == apply_entries(balance, moved, now_ms)


@given(balance=balances, moved=st.lists(movements), times=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_folding_in_two_steps_is_folding_once(balance: Balance, moved: list[Entry], times: tuple[int, int]) -> None:
    """What was folded in at an earlier time can be kept as a balance and the rest folded in later."""
    early, late = sorted(times)
    kept = apply_entries(balance, moved, early)
    rest = [entry for entry in moved if entry.at_ms > early]
    assert apply_entries(kept, rest, late) == apply_entries(balance, moved, late)


@pytest.mark.parametrize(
    ("outcome", "now_ms", "expected"),
    [
        ("succeeded", 9, Balance(100)),
        ("succeeded", 10, Balance(72, held_credits=28)),
        ("succeeded", 29, Balance(72, held_credits=28)),
        ("succeeded", 30, Balance(72, settled_credits=28)),
        ("failed", 29, Balance(72, held_credits=28)),
        ("failed", 30, Balance(100)),
    ],
)
def test_a_task_holds_then_settles_or_releases(outcome: str, now_ms: int, expected: Balance) -> None:
    """Credits are held from the creation on; at the end success spends them and failure gives them back."""
    timeline = Timeline(10, 20, 30, outcome)  # type: ignore[arg-type]
    assert apply_entries(Balance(100), build_entries(timeline, 28), now_ms) == expected
