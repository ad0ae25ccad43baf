"""Limits of asynchronous code that sleeps by the clock of a test: those of asyncio and anyio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType

import anyio
import pytest

from cannon_mock.testing.fixture_clock import FixtureClock

CODE = """
import asyncio
import anyio

async def poll():
    for _ in range(1000):
        await asyncio.sleep(10)
    raise AssertionError("no limit struck")

async def by_timeout():
    async with asyncio.timeout(600):
        await poll()

async def by_wait_for():
    await asyncio.wait_for(poll(), 600)

async def by_wait_for_a_task():
    await asyncio.wait_for(asyncio.create_task(poll()), timeout=600)

async def by_the_inner_one():
    async with asyncio.timeout(6000):
        async with asyncio.timeout(600):
            await poll()

async def by_the_outer_one():
    async with asyncio.timeout(600):
        await asyncio.wait_for(poll(), 6000)

async def by_fail_after():
    with anyio.fail_after(600):
        while True:
            await anyio.sleep(10)

async def by_move_on_after():
    with anyio.move_on_after(600) as scope:
        while True:
            await asyncio.sleep(10)
    assert scope.cancelled_caught
    raise TimeoutError

async def by_the_inner_scope():
    with anyio.move_on_after(6000):
        with anyio.fail_after(600):
            await poll()

async def by_the_scope_around_a_timeout():
    with anyio.fail_after(600):
        async with asyncio.timeout(6000):
            await poll()

async def succeed_in_scopes():
    with anyio.fail_after(600), anyio.move_on_after(None):
        await anyio.sleep(590)
    with anyio.move_on_after(600) as scope:
        await anyio.sleep(590)
        scope.deadline += 600
        await anyio.sleep(590)
    assert not scope.cancel_called

async def succeed():
    async with asyncio.timeout(600) as limit:
        await asyncio.sleep(590)
    assert await asyncio.wait_for(asyncio.sleep(590, "done"), 600) == "done"
    async with asyncio.timeout(None):
        await asyncio.sleep(10_000)
    assert not limit.expired()

async def extend():
    async with asyncio.timeout(600) as limit:
        for _ in range(10):
            limit.reschedule(asyncio.get_running_loop().time() + 600)
            await asyncio.sleep(300)

async def sleep_side_by_side():
    await asyncio.gather(*(asyncio.sleep(10) for _ in range(50)), asyncio.sleep(20))
"""


@pytest.fixture
def clock() -> Iterator[FixtureClock]:
    """A clock at 0."""
    clock = FixtureClock(0)
    yield clock
    clock.restore()


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, clock: FixtureClock) -> ModuleType:
    """The code under test, which sleeps by the clock."""
    module = ModuleType("code_under_test")
    monkeypatch.setitem(sys.modules, "code_under_test", module)
    exec(CODE, vars(module))
    clock.patch(module)
    return module


LIMITS = [
    *("by_timeout", "by_wait_for", "by_wait_for_a_task", "by_the_inner_one", "by_the_outer_one"),
    *("by_fail_after", "by_move_on_after", "by_the_inner_scope", "by_the_scope_around_a_timeout"),
]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_strikes_when_the_clock_has_passed_it(clock: FixtureClock, module: ModuleType, name: str) -> None:
    """A poll of what never ends would run for ever: no real time passes."""
    with pytest.raises(TimeoutError):
        asyncio.run(getattr(module, name)())
    assert clock.now_ms() == 600_000


def test_scopes_of_anyio_strike_under_trio(clock: FixtureClock, module: ModuleType) -> None:
    """A limit of anyio strikes by the clock whatever loop anyio runs on."""
    with pytest.raises(TimeoutError):
        anyio.run(module.by_fail_after, backend="trio")
    assert clock.now_ms() == 600_000


@pytest.mark.parametrize(("name", "slept_s"), [("succeed", 11_180), ("extend", 3_000), ("succeed_in_scopes", 1_770)])
def test_code_within_its_limit_is_not_ended(clock: FixtureClock, module: ModuleType, name: str, slept_s: int) -> None:
    """Code that ends before its limit, or moves the limit on, sleeps as long as it asks to."""
    asyncio.run(getattr(module, name)())
    assert clock.now_ms() == slept_s * 1000


def test_tasks_sleep_at_the_same_time(clock: FixtureClock, module: ModuleType) -> None:
    """Fifty jobs that sleep for ten seconds take ten seconds: their limits of time do not strike too early."""
    asyncio.run(module.sleep_side_by_side())
    assert clock.now_ms() == 20_000


def test_the_end_of_a_test_puts_the_limits_back(clock: FixtureClock, module: ModuleType) -> None:
    """When the patches end, the code has the functions of asyncio again."""
    assert module.asyncio.timeout is not asyncio.timeout
    clock.restore()
    assert module.asyncio.timeout is asyncio.timeout
    assert module.asyncio.wait_for is asyncio.wait_for
