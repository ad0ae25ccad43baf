"""The clock: a manual one stands until a test moves it, and none runs backwards."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock import Config, ManualClock, SystemClock, create_app
from cannon_mock.views.context import find_context
from tests.support.mocks import DriverFactory


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


def test_a_clock_is_moved_by_values_of_datetime() -> None:
    """M15: ``advance`` takes a timedelta beside its numbers, and ``set`` a time with a time zone."""
    clock = ManualClock(0)
    assert clock.advance(timedelta(days=8), seconds=1) == 8 * 86_400_000 + 1000
    moment = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert clock.set(moment) == clock.now_ms() == moment.timestamp() * 1000
    with pytest.raises(ValueError, match=r"^2027-01-01 00:00:00 has no time zone; set one that has"):
        clock.set(datetime(2027, 1, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda clock: clock.set(-5), ValueError, "-5 ms is before the year 1970; set a later time"),
        (lambda clock: clock.set(datetime(1969, 1, 1, tzinfo=UTC)), ValueError, "before the year 1970"),
        (lambda clock: clock.set(10**15), ValueError, "beyond the year 9000"),
        (lambda clock: clock.set(float("nan")), ValueError, "nan ms is beyond the year 9000"),
        (lambda clock: clock.set("1"), TypeError, "'1' is no time; set epoch milliseconds"),
        (lambda clock: clock.set(True), TypeError, "True is no time"),
        (lambda clock: clock.advance("1"), TypeError, "ms='1' is no number; give one, as in ms=1"),
        (lambda clock: clock.advance(True), TypeError, "ms=True is no number"),
        (lambda clock: clock.advance(seconds=timedelta(1)), TypeError, "seconds=.* is no number"),
        (lambda clock: clock.advance(days=float("inf")), ValueError, "beyond the year 9000"),
        (lambda clock: clock.advance(minutes=float("nan")), ValueError, "beyond the year 9000"),
        (lambda clock: clock.advance(float("-inf")), ValueError, "never runs backwards"),
        (lambda clock: clock.sleep("2"), TypeError, "seconds='2' is no number"),
        (lambda clock: clock.run("2"), TypeError, "scale='2' is no number"),
        (lambda clock: clock.run(float("nan")), ValueError, "scale nan: choose 0, .* from 0.001 to 1000000"),
    ],
)
def test_a_value_that_no_clock_takes_is_named(
    call: Callable[[ManualClock], object], error: type[Exception], message: str
) -> None:
    """What is no number, no time, or a time that no clock shows is an error that says so, and nothing moves."""
    clock = ManualClock(5)
    with pytest.raises(error, match=message):
        call(clock)
    assert (clock.now_ms(), clock.scale) == (5, 0)


def test_a_manual_clock_is_set_back_before_the_first_request_alone(make_mock: DriverFactory) -> None:
    """M15: until a mock was called its clock may be set back; then an error says when that is possible."""
    clock = ManualClock(None)
    mock = make_mock(clock=clock)
    assert abs(clock.now_ms() - time.time() * 1000) < 60_000
    assert clock.set(datetime(2026, 1, 31, tzinfo=UTC)) == clock.now_ms() == 1_769_817_600_000
    assert mock.client.get("/__mock__/clock").get_json()["now_ms"] == 1_769_817_600_000
    assert clock.set(5) == clock.now_ms() == 5
    mock.create()
    message = (
        r"backwards: it is 1970-01-01T00:00:00.005\+00:00 \(5 ms\), later than .* \(4 ms\); .*before the first request"
    )
    with pytest.raises(ValueError, match=message):
        clock.set(4)
    assert clock.set(6) == clock.now_ms() == 6


def test_asleep_can_take_the_place_of_sleep_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock does not sleep by the function whose place it takes."""
    clock = ManualClock(0)
    monkeypatch.setattr("asyncio.sleep", clock.asleep)
    asyncio.run(clock.asleep(2))
    assert clock.now_ms() == 2000


def test_asleep_moves_the_clock_and_lets_others_run() -> None:
    """``asleep`` takes the place of asyncio.sleep: others run, time passes once for all, and the result returns."""
    clock, steps = ManualClock(0), list[str]()

    async def note(name: str) -> None:
        for number in range(2):
            steps.append(f"{name}{number}")
            assert await clock.asleep(delay=1, result=name) == name

    async def run() -> None:
        await asyncio.gather(note("a"), note("b"))

    asyncio.run(run())
    assert (clock.now_ms(), steps) == (2000, ["a0", "b0", "a1", "b1"])


def test_a_clock_starts_where_the_settings_say(make_mock: DriverFactory, tmp_path: Path) -> None:
    """``--start`` sets the time at which the clock of a mock starts, also one that processes share; it goes on then."""
    for store in ("memory", f"sqlite:{tmp_path}/mock.db"):
        config = Config(start="2026-01-31T12:00:00+02:00", clock="manual", store=store)
        clock = find_context(create_app(config)).clock
        assert clock.now_ms() == 1_769_853_600_000
    clock.advance(5)
    assert find_context(create_app(config)).clock.now_ms() == 1_769_853_600_005


def test_real_time_is_not_that_of_a_frozen_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where freezegun or time-machine replace the functions of ``time``, a clock goes on by the real ones."""
    for name in ("time", "time_ns", "monotonic", "monotonic_ns"):  # as freezegun does
        monkeypatch.setattr(time, name, lambda: 0)
    assert SystemClock().now_ms() > 1_700_000_000_000
    real_ns = time.clock_gettime_ns
    monkeypatch.setattr(time, "clock_gettime_ns", lambda id_: 0 if id_ == time.CLOCK_REALTIME else real_ns(id_))
    hatch = SimpleNamespace(time=SimpleNamespace(clock_gettime_ns=real_ns), is_travelling=lambda: True)
    monkeypatch.setitem(sys.modules, "time_machine", SimpleNamespace(escape_hatch=hatch))
    assert SystemClock().now_ms() > 1_700_000_000_000


def test_a_time_machine_that_stands_still_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """time-machine has the real functions while a test travels; at other times they are where they always are."""
    hatch = SimpleNamespace(time=None, is_travelling=lambda: False)
    monkeypatch.setitem(sys.modules, "time_machine", SimpleNamespace(escape_hatch=hatch))
    assert SystemClock().now_ms() > 1_700_000_000_000


def test_the_system_clock_tells_epoch_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system clock starts at the machine's time and advances as the monotonic clock does."""
    monotonic = iter((7_000_000, 7_000_000, 7_000_000, 9_500_000))
    monkeypatch.setattr("cannon_mock.clock.read_time_ns", lambda: 1_762_479_300_000_000_000)
    monkeypatch.setattr("cannon_mock.clock.read_monotonic_ns", lambda: next(monotonic))
    clock = SystemClock()
    assert [clock.now_ms(), clock.now_ms()] == [1_762_479_300_000, 1_762_479_300_002]


def test_the_system_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting the machine's clock back does not set the mock's clock back."""
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr("cannon_mock.clock.read_time_ns", lambda: 0)
    assert clock.now_ms() >= before
