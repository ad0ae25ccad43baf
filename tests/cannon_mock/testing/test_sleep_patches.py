"""The clock of a test in place of the functions by which code under test sleeps."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
import tenacity
import tenacity.nap

from cannon_mock.testing.fixture_clock import FixtureClock
from cannon_mock.testing.mock_handle import MockHandle
from tests.support.mocks import body

CODE = """
import asyncio
import asyncio as aio
import dataclasses
import time
import time as t
from asyncio import sleep as asleep
from functools import wraps
from time import monotonic, sleep

import tenacity
from flask import current_app, request

from other import helper

@dataclasses.dataclass(frozen=True)
class Settings:
    pause: object = time.sleep

SETTINGS = Settings()
NAP = sleep

def by_module():
    time.sleep(1)

def by_alias():
    t.sleep(1)

def by_name():
    sleep(1)

def by_constant():
    NAP(1)

def by_default(wait=time.sleep):
    wait(1)

def by_keyword_default(*, wait=sleep):
    wait(1)

def by_object():
    SETTINGS.pause(1)

def by_new_object():
    Settings().pause(1)

def by_deadline():
    end = time.monotonic() + 1
    while time.monotonic() < end:
        time.sleep(0.25)

def decorate(function):
    @wraps(function)
    def run():
        return function()
    return run

@decorate
def by_wrapped(wait=sleep):
    wait(1)

class Client:
    pause = staticmethod(sleep)

    def __init__(self, wait=sleep):
        self.wait = wait

    @staticmethod
    def rest(wait=sleep):
        wait(1)

    class Inner:
        nap = sleep

def by_class():
    Client.pause(0.25), Client().wait(0.25), Client.rest(lambda _: None), Client.rest(lambda s: Client.Inner.nap(s / 2))

@tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_fixed(1))
def retried():
    1 / 0

def by_tenacity():
    try:
        retried()
    except tenacity.RetryError:
        pass

async def by_asyncio():
    await asyncio.sleep(0.5)
    await aio.sleep(delay=0.25)
    assert await asleep(0.25, "done") == "done"

@tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_fixed(1))
async def retried_async():
    1 / 0

async def by_async_tenacity():
    try:
        await retried_async()
    except tenacity.RetryError:
        pass
"""
WAYS = [name for name in CODE.replace("(", " ").split() if name.startswith("by_")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[FixtureClock]:
    """A clock at 0; a real sleep within the test is an error."""

    def fail(_: float) -> None:
        pytest.fail("it really sleeps")

    monkeypatch.setattr(time, "sleep", fail)
    clock = FixtureClock(0)
    yield clock
    clock.restore()


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, clock: FixtureClock) -> ModuleType:
    """The code under test, as a module that can be imported."""
    other = ModuleType("other")
    exec("from time import sleep\ndef helper(wait=sleep):\n    wait(1)\n", vars(other))
    monkeypatch.setitem(sys.modules, "other", other)
    module = ModuleType("code_under_test")
    monkeypatch.setitem(sys.modules, "code_under_test", module)
    exec(CODE, vars(module))
    return module


def _call(function: Any) -> None:
    if asyncio.iscoroutinefunction(function):
        asyncio.run(function())
    else:
        function()


@pytest.mark.parametrize("way", WAYS)
def test_code_sleeps_by_the_clock(module: ModuleType, clock: FixtureClock, way: str) -> None:
    """However a module that is named reaches ``sleep``, it moves the clock by as much and takes no time."""
    clock.patch("code_under_test")
    _call(getattr(module, way))
    assert clock.now_ms() == 1000


def _list_values(module: ModuleType) -> list[dict[str, Any]]:
    defaults = {"positional": module.by_default.__defaults__, "keyword": module.by_keyword_default.__kwdefaults__}
    return [dict(vars(module)), dict(vars(module.Client)), dict(vars(module.SETTINGS)), defaults]


def test_all_is_put_back(module: ModuleType, clock: FixtureClock) -> None:
    """After the test the module is as it was before, and a frozen object too, though it was patched twice."""
    before = [
        dict(vars(module)),
        dict(vars(module.Client)),
        vars(module.SETTINGS).copy(),
        module.by_default.__defaults__,
    ]
    clock.patch(module)
    clock.patch(module, "code_under_test")
    assert module.time is not time
    clock.restore()
    after = [
        dict(vars(module)),
        dict(vars(module.Client)),
        vars(module.SETTINGS).copy(),
        module.by_default.__defaults__,
    ]
    assert after == before
    assert module.time is time


def test_only_the_modules_that_are_named_change(module: ModuleType, clock: FixtureClock) -> None:
    """Nothing is replaced elsewhere, neither in ``time`` nor in what the module imports; all else of ``time`` stays."""
    really = time.sleep
    clock.patch(module)
    assert (time.sleep, sys.modules["other"].sleep, asyncio.sleep.__module__) == (really, really, "asyncio.tasks")
    with pytest.raises(pytest.fail.Exception, match="it really sleeps"):
        module.helper()
    assert module.time.strftime("%Y", module.time.gmtime(0)) == "1970"
    assert module.time.__name__ == "time"


def test_time_passes_for_the_code_that_sleeps(module: ModuleType, clock: FixtureClock) -> None:
    """What the code reads of the module ``time`` passes with the clock, in seconds and in nanoseconds."""
    clock.advance(days=1)
    clock.patch(module)
    assert abs(module.time.time() - time.time()) < 60
    module.time.sleep(3600)
    for name in ("time", "monotonic", "perf_counter"):
        assert getattr(module.time, name)() - getattr(time, name)() == pytest.approx(3600, abs=60)
        steps_ns = getattr(module.time, f"{name}_ns")() - getattr(time, f"{name}_ns")()
        assert steps_ns / 1e9 == pytest.approx(3600, abs=60)
    assert module.monotonic() - time.monotonic() == pytest.approx(3600, abs=60)


def test_a_name_of_one_attribute_replaces_that(module: ModuleType, clock: FixtureClock) -> None:
    """A dotted name may be that of a function, of the user's own too, of a class, or of a module within a module."""
    clock.patch("code_under_test.by_module", "code_under_test.by_asyncio", "code_under_test.Client.rest")
    module.by_module(1)
    asyncio.run(module.by_asyncio(1))
    module.Client.rest(1)
    assert clock.now_ms() == 3000
    with pytest.raises(pytest.fail.Exception):
        module.by_name()
    clock.patch("code_under_test.Client")
    module.Client.pause(1)
    clock.patch("code_under_test.t")
    module.by_alias()
    assert clock.now_ms() == 5000


@pytest.mark.parametrize("name", ["tenacity.nap.time", "tenacity.nap.sleep", "tenacity.nap"])
def test_tenacity_sleeps_by_the_clock(clock: FixtureClock, name: str) -> None:
    """A test that names tenacity's own module reaches the retries of all code."""
    clock.patch(name)
    tenacity.nap.sleep(1)
    assert clock.now_ms() == 1000
    clock.restore()
    with pytest.raises(pytest.fail.Exception):
        tenacity.nap.sleep(1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("json", "json sleeps by no function that the clock can replace; name the module whose code calls"),
        ("no_such_module.x", "no module no_such_module.x; name one as in an import"),
        ("", "'' is no dotted name; name a module as in an import"),
        (".client", "'.client' is no dotted name; name"),
        ("time.slep", "time has no slep; name the module"),
        ("code_under_test.Client.no", "Client has no no; name the module"),
    ],
)
def test_a_target_without_sleep_is_an_error(module: ModuleType, clock: FixtureClock, name: str, message: str) -> None:
    """A test that patches nothing would wait in real time: it is told so."""
    with pytest.raises(LookupError) as caught:
        clock.patch(name)
    assert caught.value.args[0].startswith(message)


def test_an_error_within_a_module_is_not_hidden(
    clock: FixtureClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module under test that imports what is missing raises that, and is not said to be missing itself."""
    (tmp_path / "needs_more.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        clock.patch("needs_more")


def test_a_date_of_retry_after_is_by_the_time_that_code_reads(
    cannon_mock: MockHandle, cannon_clock: FixtureClock
) -> None:
    """Code that has slept by the clock, and compares the date with its own time, waits once more."""
    shop: Any = ModuleType("shop")
    shop.time = time
    cannon_clock.patch(shop)
    shop.time.sleep(3600)
    cannon_mock.scenario("rate-limited-date")
    reply = httpx.post("https://www.cannonstudio.app/api/v1/requests", json=body(), headers={"x-api-key": "cs_test"})
    wait_s = parsedate_to_datetime(reply.headers["Retry-After"]).timestamp() - shop.time.time()
    assert abs(wait_s) < 600


def test_trio_is_served(clock: FixtureClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within trio the clock lets other tasks run as trio does."""
    checkpoints = []

    async def checkpoint() -> None:
        checkpoints.append(clock.now_ms())

    lowlevel = SimpleNamespace(in_trio_task=lambda: True, checkpoint=checkpoint)
    monkeypatch.setitem(sys.modules, "trio", SimpleNamespace(lowlevel=lowlevel, sleep=time.gmtime))
    coroutine = clock.asleep(2)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert (checkpoints, clock.now_ms()) == ([0], 2000)


def test_code_that_sleeps_without_end_fails_its_test() -> None:
    """A loop that waits for what never comes takes no time: after 10,000 sleeps it fails, and says what to do."""
    clock = FixtureClock()
    for _ in range(10_000):
        clock.sleep(1)
    with pytest.raises(pytest.fail.Exception, match=r"the code slept 10000 times in this test.*progression=\"time\""):
        clock.sleep(1)
    with pytest.raises(pytest.fail.Exception):
        asyncio.run(clock.asleep(1))
    clock.restore()
    clock.sleep(1)
