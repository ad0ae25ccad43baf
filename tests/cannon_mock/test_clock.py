"""The clock: a manual one stands until a test moves it, and none runs backwards."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock import ManualClock, SystemClock


@given(start=st.integers(0, 10**13), steps=st.lists(st.integers(0, 10**10), max_size=8))
def test_a_manual_clock_shows_the_sum_of_its_steps(start: int, steps: list[int]) -> None:
    """The time is the start plus every step since."""
    clock = ManualClock(start)
    for step in steps:
        clock.advance(step)
    assert clock.now_ms() == start + sum(steps)


@given(step=st.integers(max_value=-1))
def test_a_manual_clock_refuses_to_run_backwards(step: int) -> None:
    """A negative step is an error and the clock does not change."""
    clock = ManualClock(5)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(step)
    assert clock.now_ms() == 5


def test_the_system_clock_tells_epoch_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system clock starts at the machine's time and advances as the monotonic clock does."""
    monotonic = iter((7_000_000, 7_000_000, 7_000_000, 9_500_000))
    monkeypatch.setattr(time, "time_ns", lambda: 1_762_479_300_000_000_000)
    monkeypatch.setattr(time, "monotonic_ns", lambda: next(monotonic))
    clock = SystemClock()
    assert [clock.now_ms(), clock.now_ms()] == [1_762_479_300_000, 1_762_479_300_002]


def test_the_system_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting the machine's clock back does not set the mock's clock back."""
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert clock.now_ms() >= before
