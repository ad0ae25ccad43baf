"""Servers in several processes that share a store, and servers that are killed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.effort import PATIENCE_S
from tests.support.mock_processes import kill, list_workers, open_client, start_mock
from tests.support.mocks import PRICE, START, body
from tests.support.processes import find_free_port
from tests.support.receiver import receiving
from tests.support.valkey import DURABLE, running

ROUNDS = 20


@pytest.fixture(params=["sqlite", "redis"])
def sites(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Addresses of one store: a SQLite file behind one socket and four workers, or Redis behind two servers."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            flags, stores = ["--workers", "4"], [f"sqlite:{tmp_path / 'mock.db'}"]
        else:
            url = stack.enter_context(running(tmp_path)).url
            flags, stores = [], [url, url]
        credits = str(50 * PRICE)
        yield [stack.enter_context(start_mock(store, "--credits", credits, *flags))[0] for store in stores]


@pytest.mark.extended
def test_concurrent_creates_keep_keys_and_credits(sites: list[str]) -> None:
    """500 creates with one key make one request and one hold; of 200 with credits for 50, 50 are accepted."""
    with ExitStack() as stack, ThreadPoolExecutor(12) as pool:
        clients = [stack.enter_context(open_client(url)) for url in sites]

        def create(number: int, headers: dict[str, str]) -> httpx.Response:
            client = clients[number % len(clients)]
            return client.post("/api/v1/requests", json=body(), headers=headers)

        same = {"x-idempotency-key": "order-1"}
        replies = list(pool.map(lambda number: create(number, same), range(500)))
        assert Counter(reply.status_code for reply in replies) == {202: 500}
        assert len({reply.json()["id"] for reply in replies}) == 1
        status = clients[-1].get("/api/v1/status").json()
        assert status["creditsRemaining"] == 49 * PRICE
        other = {"x-api-key": "cs_test_another"}
        statuses = Counter(pool.map(lambda number: create(number, other).status_code, range(200)))
        assert statuses == {202: 50, 402: 150}
        assert clients[0].get("/api/v1/status", headers=other).json()["creditsRemaining"] == 0
        counts = {client.get("/__mock__/journal/count").json()["count"] for client in clients}
        assert counts == {702}


def test_processes_share_clock_rules_and_webhooks(sites: list[str]) -> None:
    """The clock and the rules that one process gets count for all, and one of them sends a webhook."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        one, two = (stack.enter_context(open_client(url)) for url in (sites[0], sites[-1]))
        one.post("/__mock__/scenarios", json={"scenario": "failed-internal", "times": 1})
        task = two.post("/api/v1/requests", json={**body(), "webhook_url": receiver.url}).json()
        one.post("/__mock__/clock", json={"advance_ms": 60_000})
        view = two.get(f"/api/v1/requests/{task['id']}").json()
        assert view["status"] == "failed"
        assert len(receiver.received) == 1
        two.post("/__mock__/clock", json={"freeze": True})
        assert one.get("/__mock__/clock").json()["frozen"] is True


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """A worker that is killed is replaced, SIGTERM ends all, and a log of JSON has a whole line for each event."""
    asset_port, log = str(find_free_port()), tmp_path / "log"
    flags = ("--workers", "2", "--asset-port", asset_port, "--log", "json")
    with (
        log.open("wb") as stderr,
        start_mock(f"sqlite:{tmp_path / 'mock.db'}", *flags, measured=True, stderr=stderr.fileno()) as (url, process),
    ):
        workers = list_workers(process)
        if not workers:
            pytest.skip("this system does not list the children of a process")
        os.kill(workers[0], signal.SIGKILL)
        with open_client(url) as client:
            assert all(client.get("/api/v1/status").status_code == 200 for _ in range(10))
            assert client.get(f"http://127.0.0.1:{asset_port}/assets/img_1/image.png").status_code == 404
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
        with open_client(url) as client, pytest.raises(httpx.TransportError):
            client.get("/api/v1/status")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(each["event"] == "exchange" for each in events) == 11
    assert f"process {workers[0]} died; a new one replaces it" in [each["message"] for each in events]


class Load:
    """Creates with different keys from several threads until it is stopped; ``ids`` has those that were accepted."""

    def __init__(self, url: str, first: int, hook: str) -> None:
        self._body = {**body(), "webhook_url": hook}
        self.ids: dict[str, str] = {}
        self._url, self._first = url, first
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send_creates, args=(number,)) for number in range(3)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def wait_for(self, count: int) -> None:
        """Wait until so many were accepted, or no thread can send any more."""
        while len(self.ids) < count and any(thread.is_alive() for thread in self._threads):
            self._stop.wait(0.001)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send_creates(self, thread: int) -> None:
        with open_client(self._url, f"cs_load_{thread}") as client:
            number = self._first
            while not self._stop.is_set():
                key, number = f"{thread}-{number}", number + 1
                try:
                    reply = client.post("/api/v1/requests", json=self._body, headers={"x-idempotency-key": key})
                except httpx.TransportError:
                    return
                if reply.status_code == 202:
                    self.ids[key] = reply.json()["id"]


def _check_nothing_is_lost(url: str, ids: dict[str, str], hook: str) -> None:
    """Check that each accepted request exists, that its key gives it again, and that no key gave two."""
    same = {**body(), "webhook_url": hook}
    for thread in range(3):
        account = f"cs_load_{thread}"
        own_ids = {key: id_ for key, id_ in ids.items() if key.startswith(f"{thread}-")}
        with open_client(url, account) as client:
            for key, id_ in own_ids.items():
                assert client.get(f"/api/v1/requests/{id_}").status_code == 200, (key, id_)
            for key in list(own_ids)[-5:]:
                again = client.post("/api/v1/requests", json=same, headers={"x-idempotency-key": key})
                assert again.json()["id"] == own_ids[key]
            items = client.get("/__mock__/tasks", params={"key": account, "limit": 1000}).json()["tasks"]
            assert max(Counter(task["idempotency_key"] for task in items).values(), default=1) == 1
            assert set(own_ids.values()) <= {task["id"] for task in items} or len(items) == 1000
            credits = START_LOAD - client.get("/api/v1/status").json()["creditsRemaining"]
            assert credits == PRICE * len(items) or len(items) == 1000


def _check_none_is_sent_twice(url: str, counts: Counter[str]) -> None:
    """Check that some webhooks arrived, and none more often than it has attempts."""
    with open_client(url) as client:
        webhooks = client.get("/__mock__/webhooks", params={"limit": 1000}).json()["webhooks"]
    assert sum(counts.values()) > 0
    assert [webhook["id"] for webhook in webhooks if counts[webhook["id"]] > len(webhook["attempts"])] == []


START_LOAD = 10**9


@pytest.mark.extended
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_accepted_requests_survive_kill_9(kind: str, tmp_path: Path) -> None:
    """Servers under load are killed twenty times, with Redis the store too: no accepted request is lost."""
    ids: dict[str, str] = {}
    flags = ["--credits", str(START_LOAD), "--speed", "50"]
    with ExitStack() as stack:
        server = stack.enter_context(running(tmp_path, *DURABLE)) if kind == "redis" else None
        store = server.url if server else f"sqlite:{tmp_path / 'mock.db'}"
        receiver = stack.enter_context(receiving())
        for number in range(ROUNDS):
            with start_mock(store, *flags) as (url, process), Load(url, number * 10_000, receiver.url) as load:
                load.wait_for(8)
                if server and number % 2:
                    server.kill()
                kill(process)
            ids |= load.ids
            if server and number % 2:
                server.start()
        assert len(ids) >= ROUNDS
        with start_mock(store, *flags) as (url, _):
            _check_nothing_is_lost(url, ids, receiver.url)
            _check_none_is_sent_twice(url, Counter(headers["webhook-id"] for _, headers in receiver.received))


@pytest.mark.extended
def test_no_webhook_is_claimed_twice(tmp_path: Path) -> None:
    """With four workers each webhook is sent once, and each attempt is made by one process."""
    with (
        receiving() as receiver,
        start_mock(f"sqlite:{tmp_path / 'mock.db'}", "--workers", "4", "--speed", "100") as (url, _),
    ):
        with open_client(url) as client:
            for _ in range(START // PRICE):
                client.post("/api/v1/requests", json={**body(), "webhook_url": receiver.url})
            client.post("/__mock__/clock", json={"advance_ms": 60_000})
            webhooks = client.get("/__mock__/webhooks").json()["webhooks"]
        assert {(webhook["state"], len(webhook["attempts"])) for webhook in webhooks} == {("delivered", 1)}
        assert (
            len(receiver.received) == len({headers["webhook-id"] for _, headers in receiver.received}) == len(webhooks)
        )
