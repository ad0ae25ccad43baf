"""Credits: their sum never changes, and the order of entries does not matter."""

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


@given(balance=balances, entries=st.lists(movements), now_ms=st.integers(0, 100))
def test_the_sum_never_changes(balance: Balance, entries: list[Entry], now_ms: int) -> None:
    """Available, held and settled credits have the same sum at any time."""
    assert _sum(apply_entries(balance, entries, now_ms)) == _sum(balance)


@given(balance=balances, data=st.data(), entries=st.lists(movements), now_ms=st.integers(0, 100))
def test_order_does_not_matter(balance: Balance, data: st.DataObject, entries: list[Entry], now_ms: int) -> None:
    """The same entries in another order make the same balance."""
    shuffled_entries = data.draw(st.permutations(entries))
    assert apply_entries(balance, shuffled_entries, now_ms) == apply_entries(balance, entries, now_ms)


@given(balance=balances, entries=st.lists(movements), times=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_entries_can_be_applied_in_two_steps(balance: Balance, entries: list[Entry], times: tuple[int, int]) -> None:
    """Entries applied up to an earlier time, and the rest later, give the same balance as all of them at once."""
    early, late = sorted(times)
    earlier_balance = apply_entries(balance, entries, early)
    rest = [entry for entry in entries if entry.at_ms > early]
    assert apply_entries(earlier_balance, rest, late) == apply_entries(balance, entries, late)


@pytest.mark.parametrize(
    ("outcome", "now_ms", "expected_balance"),
    [
        ("succeeded", 9, Balance(100)),
        ("succeeded", 10, Balance(72, held_credits=28)),
        ("succeeded", 29, Balance(72, held_credits=28)),
        ("succeeded", 30, Balance(72, settled_credits=28)),
        ("failed", 29, Balance(72, held_credits=28)),
        ("failed", 30, Balance(100)),
    ],
)
def test_a_task_holds_then_settles_or_releases(outcome: str, now_ms: int, expected_balance: Balance) -> None:
    """Credits are on hold from the creation on; at the end success spends them and failure releases them."""
    timeline = Timeline(10, 20, 30, outcome)  # type: ignore[arg-type]
    assert apply_entries(Balance(100), build_entries(timeline, 28), now_ms) == expected_balance
