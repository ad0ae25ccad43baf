"""Code under test that sleeps in real time, since its test forgot to replace that."""

from __future__ import annotations

from pathlib import Path

from tests.support.pytest_runs import run_pytest, write_tests

CLIENT = """
import asyncio
import time
import httpx

URL = "https://www.cannonstudio.app/api/v1/requests"
BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}

def generate(wait=None):
    wait = wait or time.sleep
    with httpx.Client(verify=False, headers={"x-api-key": "cs_a"}) as client:
        while (reply := client.post(URL, json=BODY)).status_code >= 400:
            wait(2)
        id_ = reply.json()["id"]
        while client.get(f"{URL}/{id_}").json()["status"] != "succeeded":
            wait(2)

async def generate_async():
    async with httpx.AsyncClient(verify=False, headers={"x-api-key": "cs_a"}) as client:
        id_ = (await client.post(URL, json=BODY)).json()["id"]
        while (await client.get(f"{URL}/{id_}")).json()["status"] != "succeeded":
            await asyncio.sleep(2)
"""
"""Modules of this text poll as many do."""

TESTS = """
import asyncio
import other_client
import retry_client
import slow_client

real_s = 0

def pass_time(seconds):
    global real_s
    real_s += seconds

async def pass_time_async(seconds):
    pass_time(seconds)

@pytest.fixture(autouse=True)
def sleeps_take_no_time(monkeypatch):
    monkeypatch.setattr("cannon_mock.testing.real_sleeps.read_monotonic_s", lambda: real_s)
    monkeypatch.setattr("time.sleep", pass_time)
    monkeypatch.setattr("asyncio.sleep", pass_time_async)

@pytest.mark.filterwarnings("ignore::cannon_mock.CannonWarning")
def test_ignored(cannon_mock):
    slow_client.generate(pass_time)

def test_patched(cannon_mock, cannon_clock):
    cannon_clock.patch("slow_client")
    slow_client.generate()
    pass_time(10)

def test_moved(cannon_mock):
    slow_client.generate(lambda seconds: (pass_time(seconds), cannon_mock.advance(seconds=seconds)))

def test_short(cannon_mock):
    slow_client.generate(lambda seconds: pass_time(0.4))

def test_once(cannon_mock):
    slow_client.generate(lambda seconds: pass_time(0.9))

@pytest.mark.parametrize("number", range(2))
def test_forgotten(cannon_mock, number):
    slow_client.generate(pass_time)

def test_async(cannon_mock):
    asyncio.run(other_client.generate_async())

def test_a_retry(cannon_mock, cannon_clock):
    cannon_clock.patch("slow_client")
    cannon_mock.scenario(status=503, times=1)
    retry_client.generate(pass_time)
"""


NAMES = ("slow_client", "other_client", "retry_client")


def test_code_that_really_sleeps_is_told_once(tmp_path: Path) -> None:
    """A test whose code sleeps seconds between its polls, or its tries of a create, gives a warning once a module.

    It names what to patch. Nothing is said where the clock moves, where the module is patched, of short pauses, and
    where the warning is ignored.
    """
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(CLIENT)
    status, output = run_pytest(write_tests(tmp_path, TESTS), "-W", "default::cannon_mock.CannonWarning")
    assert (status, "9 passed, 3 warnings" in output) == (0, True), output
    clock = "between its calls to the mock, whose clock stood; let it sleep by that clock: cannon_clock.patch"
    for name, slept_s in zip(NAMES, ("4.0", "4.0", "6.0"), strict=True):
        assert f'CannonWarning: the code slept {slept_s} s of real time {clock}("{name}")' in output
