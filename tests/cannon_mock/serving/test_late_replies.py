"""Late replies, slow stores and webhooks: none of them holds another request."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from cannon_mock import Config, create_app
from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.serving import serve
from cannon_mock.serving.app_caller import AppCaller
from cannon_mock.serving.loop_server import LoopServer
from cannon_mock.serving.thread_pool import ThreadPool
from cannon_mock.serving.turns import Turns
from cannon_mock.views import context, exchange_log, reply_delay
from cannon_mock.views.context import MockContext
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, body

LATE = {"x-mock-scenario": "late"}
MINUTE = {"faults": [{"on": "create", "latency_ms": 60_000}]}
"""A scenario whose wait no test waits for."""


@contextmanager
def serve_mock(**more: Any) -> Iterator[tuple[httpx.Client, MockContext]]:
    """A client of a mock on a socket, and the parts of the mock, which has the scenario ``late``."""
    config = {name: more.pop(name) for name in ("store", "latency", "verbose") if name in more}
    app = create_app(Config(credits=1_000_000, **config), **more)
    exchange_log.install(app)
    with serve.serve_in_background(app) as url, connect(url) as client:
        client.put("/__mock__/scenarios/late", json=MINUTE)
        yield client, context.find_context(app)
    context.find_context(app).store.records.close()


def connect(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"x-api-key": KEY}, trust_env=False, timeout=PATIENCE_S)


def send_create(url: httpx.URL, **headers: str) -> socket.socket:
    """Send a create on a connection of its own, and return the connection without reading the reply."""
    connection = socket.create_connection((url.host, url.port or 0), PATIENCE_S)
    data = json.dumps(body()).encode()
    fields = {"Host": "a", "x-api-key": KEY, "Content-Length": str(len(data)), **LATE, **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"POST /api/v1/requests HTTP/1.1\r\n{lines}\r\n".encode() + data)
    return connection


def count_creates(client: httpx.Client) -> int:
    count: int = client.get("/__mock__/journal/count").json()["count"]
    return count


def wait_until(is_done: Callable[[], bool]) -> None:
    """Ask until it is done; the test fails by its time-out where it never is."""
    while not is_done():
        pass


def test_late_replies_wait_side_by_side() -> None:
    """M12, and 200 at once: all creates were accepted, and /health and polls are answered while each reply is late."""
    with serve_mock() as (client, mock), ExitStack() as stack:
        waiting = [stack.enter_context(send_create(client.base_url)) for _ in range(200)]
        wait_until(lambda: count_creates(client) == len(waiting))
        tasks = list(mock.store.tasks.list_all())
        assert len(tasks) == len(waiting)
        assert client.get(f"/api/v1/requests/{tasks[0].id}").status_code == 200
        assert client.get("/__mock__/health").status_code == 200
        for connection in waiting:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


@pytest.mark.parametrize("store", ["memory", "sqlite:{}"])
def test_a_client_that_leaves_leaves_nothing_behind(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When a client gives up on a late reply, its idempotency key is free at once, and a repeat gets its request.

    The log has a line for the reply that nobody read, as for each other.
    """
    key = {"x-idempotency-key": "order-1"}
    with serve_mock(store=store.format(tmp_path / "mock.db"), verbose=True) as (client, mock):
        with send_create(client.base_url, **key):
            wait_until(lambda: count_creates(client) == 1)
            assert client.post("/api/v1/requests", json=body(), headers=key).status_code == 409
        wait_until(lambda: client.post("/api/v1/requests", json=body(), headers=key).status_code == 202)
        assert len(list(mock.store.tasks.list_all())) == 1
    assert capsys.readouterr().err.count("POST /api/v1/requests 202\n") == 2


def test_a_stop_waits_for_no_late_reply() -> None:
    """A server that is stopped breaks the connections that wait for late replies, and ends."""
    with serve_mock() as (client, _):
        connection = send_create(client.base_url)
        wait_until(lambda: count_creates(client) == 1)
    with connection:
        assert connection.recv(1) == b""


def test_a_late_reply_by_the_clock_moves_it_and_waits_for_nothing() -> None:
    """With latency=clock the mock's clock moves by the wait of a late reply, which comes at once."""
    with serve_mock(latency="clock") as (client, mock):
        mock.clock.freeze()
        before_ms = mock.clock.now_ms()
        assert client.post("/api/v1/requests", json=body(), headers=LATE).status_code == 202
        assert mock.clock.now_ms() - before_ms == 60_000


def test_a_store_that_hangs_holds_nothing_else(tmp_path: Path) -> None:
    """While calls wait for a store of several processes, /health answers."""
    may_go_on, is_reached = threading.Event(), threading.Event()
    with serve_mock(store=f"sqlite:{tmp_path / 'mock.db'}") as (client, mock):
        read = mock.store.records.get

        def hang(name: str) -> str | None:
            is_reached.set()
            may_go_on.wait(PATIENCE_S)
            return read(name)

        mock.store.records.get = hang  # type: ignore[method-assign]
        with send_create(client.base_url):
            is_reached.wait(PATIENCE_S)
            is_alive = client.get("/__mock__/health").status_code == 200
            may_go_on.set()
    assert is_alive


def test_only_health_itself_is_answered_by_the_loop(tmp_path: Path) -> None:
    """Another path that ends like it is in the journal, whose store may hang."""
    for root_path in ("", "/cannon"):
        app = create_app(Config(store=f"sqlite:{tmp_path / 'mock.db'}", root_path=root_path))
        choose_place = serve._build_choice(context.find_context(app))
        paths = [f"{prefix}/__mock__/health" for prefix in ("", "/cannon", "/x", "/cannon/x", "/", "/cannon/")]
        own_paths = [path for path in paths if choose_place(path) == "now"]
        assert own_paths == paths[: 2 if root_path else 1]
        context.find_context(app).store.records.close()


def test_a_receiver_of_webhooks_may_call_the_mock() -> None:
    """A receiver that calls the mock back before it answers gets its reply, and holds no other request."""
    statuses: list[str] = []

    def receive(url: str, data: bytes, headers: Any) -> DeliveryResponse:
        view = client.get(f"/api/v1/requests/{task['id']}").json()
        statuses.append(view["status"])
        return DeliveryResponse(200)

    with serve_mock(send=receive) as (client, _):
        task = client.post("/api/v1/requests", json={**body(), "webhook_url": "http://127.0.0.1:1/"}).json()
        client.post("/__mock__/clock", json={"advance_ms": 60_000})
    assert statuses == ["succeeded"]


def test_a_server_that_does_not_wait_lets_the_application_wait() -> None:
    """Under a server that offers no wait, the application waits itself, by its clock, and then ends the delay."""
    app = create_app(Config())
    mock = context.find_context(app)
    waits: list[int] = []
    mock.clock.sleep_ms = waits.append  # type: ignore[method-assign, assignment]
    reply = app.test_client().post(
        "/api/v1/requests", json=body(), headers={"x-api-key": KEY, "x-mock-scenario": "latency"}
    )
    assert (reply.status_code, waits) == (202, [1500])


def test_whoever_offers_to_wait_is_told_how_long() -> None:
    """An application that is offered a wait answers at once, and says how long its reply is late."""
    app = create_app(Config())
    environ = app.test_request_context(
        "/api/v1/requests", method="POST", json=body(), headers={"x-api-key": KEY, "x-mock-scenario": "latency"}
    ).request.environ
    delay = reply_delay.offer_wait(environ)
    assert list(app(environ, lambda *_: None))
    assert delay.ms == 1500


@contextmanager
def serve_on_loop(app: Any) -> Iterator[tuple[str, LoopServer]]:
    """The address and the server of an application that is called by the event loop, where that is possible."""
    listener = serve.listen(Config(port=0))
    server = LoopServer(AppCaller(app, lambda _: "turn", 1_000_000), [listener])
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield serve.find_address(listener), server
    finally:
        server.stop()
        thread.join()


def test_a_connection_sends_at_once() -> None:
    """A connection does not hold back a part of a reply until the client acknowledges another (TCP_NODELAY)."""
    values: list[int] = []

    def answer(_: Any, start: Callable[..., Any]) -> list[bytes]:
        (connection,) = server._state.connections
        values.append(connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        start("200 OK", [])
        return []

    with serve_on_loop(answer) as (url, server):
        httpx.get(url, trust_env=False)
    assert values == [1]


def test_a_large_body_leaves_the_loop() -> None:
    """A call with a body that may take long to judge is made in a thread, a call with a small one by the loop."""

    def answer(_: Any, start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [str(asyncio._get_running_loop() is not None).encode()]

    with serve_on_loop(answer) as (url, _), connect(url) as client:
        assert [client.post("/", content=b"x" * size).text for size in (1000, 100_000)] == ["True", "False"]


def test_a_pool_makes_a_few_calls_at_once() -> None:
    """A pool makes calls side by side, never more than it has threads, and passes on what they return or raise."""
    barrier, counts = threading.Barrier(2), [0, 0]
    lock = threading.Lock()

    def meet(number: int) -> int:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        barrier.wait(PATIENCE_S)  # two calls at once are needed
        with lock:
            counts[0] -= 1
        return 1 // number

    async def run() -> list[Any]:
        pool = ThreadPool(2)
        calls = [pool.run(lambda each=each: meet(each)) for each in (1, 1, 1, 0)]  # type: ignore[misc]
        results = await asyncio.gather(*calls, return_exceptions=True)
        pool.close()
        return results

    *numbers, error = asyncio.run(run())
    assert (numbers, type(error)) == ([1, 1, 1], ZeroDivisionError)
    assert counts[1] <= 2


def test_calls_at_once_take_turns() -> None:
    """Many calls at once are made in their order, and the loop sees what arrives meanwhile before all are made."""
    order: list[object] = []

    async def run() -> None:
        turns = Turns()
        for number in range(20):
            turns.add(partial(order.append, number))
        for _ in range(3):
            await asyncio.sleep(0)
        order.append("arrival")
        while len(order) < 21:
            await asyncio.sleep(0)

    asyncio.run(run())
    assert 0 < order.index("arrival") < 10
    assert [each for each in order if each != "arrival"] == list(range(20))
