"""Servers of two processes under load, whose store goes away for five seconds and comes back."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit

import httpx
import pytest

from tests.support.effort import PATIENCE_S
from tests.support.mock_processes import list_workers, open_client, start_mock
from tests.support.mocks import PRICE, body
from tests.support.outages import lock_file
from tests.support.receiver import Receiver, receiving
from tests.support.valkey import DURABLE, Server, running

pytestmark = pytest.mark.extended

CREDITS = 10**9
OUTAGE_S = 5
CLIENTS = 6
ENOUGH = 20
"""So many calls of each kind are made before the outage, in it, and after it."""


def _wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


@dataclass
class Load:
    """Creates and polls of several clients; what they were answered."""

    url: str
    hook: str
    ids: dict[str, str] = field(default_factory=dict)
    """The ids of accepted requests, by the keys of their creates."""
    refused_keys: list[str] = field(default_factory=list)
    replies: list[httpx.Response] = field(default_factory=list)
    polls: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def send(self, client_number: int) -> None:
        """Create and poll until the load is stopped."""
        with open_client(self.url, f"cs_load_{client_number}") as client:
            own_ids: list[str] = []
            number = 0
            while not self._stop.is_set():
                key, number = f"{client_number}-{number}", number + 1
                reply = client.post(
                    "/api/v1/requests",
                    json={**body(), "webhook_url": self.hook},
                    headers={"x-idempotency-key": key},
                )
                self.replies.append(reply)
                if reply.status_code == 202:
                    own_ids.append(reply.json()["id"])
                    self.ids[key] = own_ids[-1]
                else:
                    self.refused_keys.append(key)
                if own_ids:
                    self.polls.append(client.get(f"/api/v1/requests/{own_ids[-1]}").status_code)

    def wait_for_more(self) -> None:
        """Wait until more creates were accepted."""
        count = len(self.ids)
        _wait_until(lambda: len(self.ids) >= count + ENOUGH)


@contextmanager
def _load(url: str, hook: str) -> Iterator[Load]:
    load = Load(url, hook)
    threads = [threading.Thread(target=load.send, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load._stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def _limit_files(pids: list[int]) -> Iterator[None]:
    """Let no file of the processes grow, as on a full disk."""
    for pid in pids:
        prlimit(pid, RLIMIT_FSIZE, (1, RLIM_INFINITY))
    yield
    for pid in pids:
        prlimit(pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))


@pytest.mark.parametrize("name", ["locked", "full", "killed", "frozen"])
def test_a_store_that_goes_away_under_load_loses_nothing(name: str, tmp_path: Path) -> None:
    """While a store is away creates and ``ready`` get 503; then all that was accepted is there, and nothing else."""
    of_file = name in ("locked", "full")
    with ExitStack() as stack:
        server = None if of_file else stack.enter_context(running(tmp_path, *DURABLE))
        store = server.url if server else f"sqlite:{tmp_path / 'mock.db'}"
        receiver = stack.enter_context(receiving())
        flags = ("--workers", "2", "--credits", str(CREDITS), "--speed", "100")
        url, process = stack.enter_context(start_mock(store, *flags, stderr=subprocess.PIPE))
        client = stack.enter_context(open_client(url))

        def is_ready() -> bool:
            return client.get("/__mock__/ready").status_code == 200

        with _load(url, receiver.url) as load:
            load.wait_for_more()
            with _take_store_away(name, tmp_path, server, list_workers(process)):
                began_s = time.monotonic()
                _wait_until(lambda: not is_ready())
                _wait_until(lambda: len(load.refused_keys) >= ENOUGH and time.monotonic() - began_s > OUTAGE_S)
                assert client.get("/__mock__/health").status_code == 200
                assert not is_ready()
            _wait_until(is_ready)
            load.wait_for_more()
        _check_replies(load, has_polls=of_file)
        _check_nothing_is_lost(url, load, may_have_more=not of_file)
        _check_webhooks(load, receiver)
    assert process.stderr is not None
    with process.stderr as stderr:
        lines = stderr.read().splitlines()
    assert [line for line in lines if not re.match(r"cannon-mock: (redis|sqlite):", line)] == []
    assert 2 <= len(lines) <= 4


@contextmanager
def _take_store_away(name: str, folder: Path, server: Server | None, workers: list[int]) -> Iterator[None]:
    if server is None:
        with lock_file(folder / "mock.db") if name == "locked" else _limit_files(workers):
            yield
    elif name == "killed":
        server.kill()
        yield
        server.start()
    else:
        server.freeze()
        yield
        server.thaw()


def _check_replies(load: Load, *, has_polls: bool) -> None:
    assert Counter(reply.status_code for reply in load.replies).keys() == {202, 503}
    refusals = [reply for reply in load.replies if reply.status_code == 503]
    assert {reply.json()["error"]["code"] for reply in refusals} == {"store_unavailable"}
    assert {reply.headers["Retry-After"] for reply in refusals} == {"1"}
    assert Counter(load.polls).keys() == ({200} if has_polls else {200, 503})


def _check_nothing_is_lost(url: str, load: Load, *, may_have_more: bool) -> None:
    for number in range(CLIENTS):
        own_ids = {key: id_ for key, id_ in load.ids.items() if key.startswith(f"{number}-")}
        refused_keys = [key for key in load.refused_keys if key.startswith(f"{number}-")]
        with open_client(url, f"cs_load_{number}") as client:
            assert {client.get(f"/api/v1/requests/{id_}").status_code for id_ in own_ids.values()} <= {200}
            spent = CREDITS - client.get("/api/v1/status").json()["creditsRemaining"]
            more = spent // PRICE - len(own_ids)
            # The connection to a server may break after it stored a create and before it says so.
            assert 0 <= more <= (len(refused_keys) if may_have_more else 0)


def _check_webhooks(load: Load, receiver: Receiver) -> None:
    """Check that the webhook of each request is sent, and that none is sent twice."""

    def count() -> Counter[str]:
        return Counter(headers["webhook-id"] for _, headers in tuple(receiver.received))

    _wait_until(lambda: {f"msg_{id_}" for id_ in load.ids.values()} <= count().keys())
    assert [id_ for id_, times in count().items() if times > 1] == []
