"""Webhooks go out beside each other: a receiver that hangs delays no other, and no move of the clock for ever."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cannon_mock import Config, ManualClock, create_app
from cannon_mock.model.deliveries import Delivery
from cannon_mock.serving import serve
from cannon_mock.testing import mock_servers
from cannon_mock.testing.call_recorder import CallRecorder
from cannon_mock.webhooks import attempts, sender
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, LONG_MS, Driver, body, build_driver
from tests.support.receiver import Receiver, receiving

NO_ANSWER = "no answer yet"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "GRACE_S", 0.3)
    monkeypatch.setattr(sender, "_OTHERS_S", 0.1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@contextmanager
def _hanging() -> Iterator[str]:
    """The address of a receiver that takes connections and never answers; they break when the context ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"


@contextmanager
def _trickling() -> Iterator[str]:
    """The address of a receiver that sends the header of its response byte by byte, and never ends it."""
    stop = Event()

    def answer() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-endless: ")
            while not stop.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        finally:
            stop.set()
            thread.join()


def _create(mock: Driver, url: str, scenario: str = "success") -> str:
    return mock.create_and_get_id({**body(), "webhook_url": url}, headers={"x-mock-scenario": scenario})


def _find(mock: Driver, id_: str) -> Delivery:
    delivery = mock.store.deliveries.get(id_)
    assert delivery is not None
    return delivery


def _count_bodies(receiver: Receiver) -> list[str]:
    return [json.loads(data)["data"]["id"] for data, _ in receiver.received]


def test_a_receiver_that_hangs_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """M13, show 4: with 50 webhooks at a receiver that hangs, those for three others arrive, each in its order."""
    monkeypatch.setattr(attempts, "GRACE_S", 1)  # of so many at once, one may take a third of a second
    mock = build_driver(webhook_timeout=60, credits=10_000)
    with ExitStack() as stack:
        hanging = stack.enter_context(_hanging())
        others = [stack.enter_context(receiving()) for _ in range(3)]
        hanging_ids = [_create(mock, hanging) for _ in range(50)]
        other_ids = [[_create(mock, other.url) for _ in range(3)] for other in others]
        mock.clock.move_to(mock.clock.now_ms() + LONG_MS)
        mock.context.webhook_sender.deliver()
        for other, ids in zip(others, other_ids, strict=True):
            deliveries = sorted((_find(mock, id_) for id_ in ids), key=lambda each: (each.due_ms, each.task_id))
            assert _count_bodies(other) == [each.task_id for each in deliveries]
            assert {each.state for each in deliveries} == {"delivered"}
        assert {_find(mock, id_).attempts[0].note for id_ in hanging_ids} == {NO_ANSWER}


def test_a_move_of_the_clock_makes_each_attempt_at_its_time(receiver: Receiver) -> None:
    """M13: each attempt is made at its time of the clock, also after one that hangs; at its end it waits for all."""
    mock = build_driver(webhook_timeout=1.2, credits=10_000)
    started_s = time.monotonic()
    with _hanging() as hanging:
        hanging_ids = [_create(mock, hanging) for _ in range(10)]
        quick_ids = [_create(mock, receiver.url) for _ in range(5)]
        mock.clock.advance(LONG_MS)
    for id_ in hanging_ids + quick_ids:
        assert _find(mock, id_).attempts[0].at_ms == mock.poll(id_)["completedAtMs"]
    assert {_find(mock, id_).attempts[0].note for id_ in hanging_ids} == {"no response within 1.2 seconds"}
    assert {_find(mock, id_).state for id_ in quick_ids} == {"delivered"}
    assert time.monotonic() - started_s < 10 * 1.2


def test_receivers_that_hang_get_each_attempt_at_its_time(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a long move of the clock makes all ten attempts, each at its time, though a receiver hangs."""
    monkeypatch.setattr(attempts, "GRACE_S", 0.01)
    mock = build_driver(webhook_timeout=0.1, credits=10_000)
    with _hanging() as hanging:
        ids = [_create(mock, url) for url in (receiver.url, hanging, hanging)]
        receiver.then = (500, {})
        mock.clock.advance(days=4)
    waits_ms = mock.context.catalog.lifecycle["webhook_retries_ms"]["value"]
    for delivery in (_find(mock, id_) for id_ in ids):
        times_ms = [attempt.at_ms for attempt in delivery.attempts]
        assert [later - earlier for earlier, later in pairwise(times_ms)] == waits_ms[1:]
        assert delivery.state == "failed"


def test_a_receiver_that_trickles_bytes_ends_in_time(receiver: Receiver) -> None:
    """H2: an attempt has one deadline, however often bytes come; a small move of the clock does not wait for it."""
    mock = build_driver(webhook_timeout=1.2)
    with _trickling() as trickling:
        id_, quick_id = _create(mock, trickling), _create(mock, receiver.url)
        mock.clock.move_to(mock.clock.now_ms() + LONG_MS)
        mock.context.webhook_sender.deliver()
        mock.clock.advance(1)
        assert _find(mock, id_).attempts[0].note == NO_ANSWER
        assert _count_bodies(receiver) == [quick_id]
        while _find(mock, id_).attempts[0].note == NO_ANSWER:
            mock.clock.advance(10_000)  # far enough for another attempt, so that the first is waited for
    assert _find(mock, id_).attempts[0].note == "no response within 1.2 seconds"


def test_webhooks_for_one_receiver_take_turns(receiver: Receiver) -> None:
    """Of two that are due at once the second is sent when the first has been answered."""
    mock = build_driver()
    ids = [_create(mock, receiver.url) for _ in range(2)]
    mock.clock.move_to(mock.clock.now_ms() + LONG_MS)
    counts: list[int] = []
    receiver.before_answer = lambda: (time.sleep(0.1), counts.append(len(receiver.received)))
    mock.poll(ids[0])
    assert counts == [1, 2]


def test_moves_of_the_clock_that_wait_hold_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """While clients move the clock to webhooks of a receiver that hangs, the journal is read."""
    monkeypatch.setattr(sender, "_OTHERS_S", PATIENCE_S)
    app = create_app(Config(clock="manual", webhook_timeout=PATIENCE_S))
    with serve.serve_in_background(app) as url, _hanging() as hook, httpx.Client(base_url=url, timeout=30) as client:
        content = {**body(), "webhook_url": hook}
        assert client.post("/api/v1/requests", json=content, headers={"x-api-key": KEY}).status_code == 202
        move = {"url": f"{url}/__mock__/clock", "json": {"advance_ms": LONG_MS}, "timeout": PATIENCE_S}
        for _ in range(6):
            Thread(target=_post_in_vain, args=(move,), daemon=True).start()
        time.sleep(0.5)
        assert client.get("/__mock__/journal").json()["count"] == 1


def _post_in_vain(arguments: dict[str, Any]) -> None:
    with suppress(httpx.HTTPError):
        httpx.post(**arguments)


def test_a_receiver_may_move_the_clock_from_outside(receiver: Receiver) -> None:
    """A receiver in another process moves the clock past its own attempt, and both end; the attempt succeeds."""
    mock = build_driver(webhook_timeout=20)
    receiver.before_answer = lambda: mock.clock.advance(days=1)
    id_ = _create(mock, receiver.url)
    start_ms = mock.clock.now_ms()
    mock.clock.advance(LONG_MS)
    assert [attempt.status for attempt in _find(mock, id_).attempts] == [200]
    assert mock.clock.now_ms() - start_ms > 86_400_000


def test_a_receiver_may_be_a_server_in_the_loop_of_the_test() -> None:
    """A server in the event loop that polls and moves the clock gets its webhooks when the loop goes on."""
    mock = build_driver(webhook_timeout=20)
    ids: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        ids.append((await request.json())["data"]["id"])
        if len(ids) == 2:
            done.set()
        return web.Response(status=204)

    async def test() -> list[str]:
        app = web.Application()
        app.router.add_post("/hook", hook)
        async with TestServer(app) as server:
            new_ids = [_create(mock, str(server.make_url("/hook")))]
            mock.clock.advance(LONG_MS)
            new_ids.append(_create(mock, str(server.make_url("/hook"))))
            mock.clock.move_to(mock.clock.now_ms() + LONG_MS)
            mock.poll(new_ids[1])
            await asyncio.wait_for(done.wait(), 10)
        return new_ids

    done = asyncio.Event()
    assert sorted(asyncio.run(test())) == sorted(ids)


def test_a_frozen_time_stops_no_wait(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test stops the time of its process, as freezegun does, an attempt and the wait for it end in time."""
    mock = build_driver(webhook_timeout=1.2)
    for name in ("time", "time_ns", "monotonic", "monotonic_ns"):
        monkeypatch.setattr(time, name, lambda: 1_900_000_000)
    with _hanging() as hanging:
        id_, quick_id = _create(mock, hanging), _create(mock, receiver.url)
        mock.clock.advance(LONG_MS)
    assert _find(mock, id_).attempts[0].note == "no response within 1.2 seconds"
    assert _count_bodies(receiver) == [quick_id]


def test_a_receiver_of_a_test_may_call_the_server() -> None:
    """A receiver of a test polls the server and moves its clock by HTTP, whether a poll or a move sends the webhook."""
    handle = mock_servers.build_handle(Config(seed="tests", progression="manual:1"), ManualClock(), CallRecorder())
    statuses: list[Any] = []

    def hook(data: bytes, _headers: Any) -> None:
        id_ = json.loads(data)["data"]["id"]
        statuses.append(client.get(f"/api/v1/requests/{id_}").json()["status"])
        statuses.append(client.post("/__mock__/clock", json={"advance_ms": LONG_MS}).status_code)

    handle.on_webhook(hook)
    with (
        serve.serve_in_background(handle.app) as url,
        httpx.Client(base_url=url, headers={"x-api-key": KEY}, timeout=10) as client,
    ):
        ids = [
            client.post("/api/v1/requests", json={**body(), "webhook_url": "https://a.example"}).json()["id"]
            for _ in range(2)
        ]
        for _ in range(3):
            assert client.get(f"/api/v1/requests/{ids[0]}").status_code == 200
        assert client.post(f"/__mock__/tasks/{ids[1]}/end", json={"outcome": "failed"}).status_code == 200
        handle.advance(minutes=5)
    assert statuses == ["succeeded", 200, "failed", 200]
    handle.close()


def test_a_test_s_sleep_does_not_move_the_clock_of_the_sender(
    mock: Driver, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that replaces time.sleep by the clock's own changes nothing in how the mock waits."""
    receiver.then = (500, {})
    id_ = _create(mock, receiver.url)
    monkeypatch.setattr(time, "sleep", mock.clock.sleep)
    mock.clock.advance(days=8)
    assert len(_find(mock, id_).attempts) == 10


@pytest.mark.extended
def test_a_process_ends_while_a_receiver_hangs() -> None:
    """A process ends at once and without output, though an attempt is under way: it stays claimed in its store."""
    program = """
import sys
from cannon_mock import Config, create_app
client = create_app(Config(progression="immediate")).test_client()
body = {"operation": "image.generate", "input": {"prompt": "x"}, "webhook_url": sys.argv[1]}
assert client.post("/api/v1/requests", json=body, headers={"x-api-key": "cs_test_a"}).status_code == 202
"""
    with _hanging() as hanging:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, hanging],
            capture_output=True,
            text=True,
            timeout=12,
        )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
