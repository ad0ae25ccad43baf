"""Receivers of webhooks within a test: what may receive, what it may return, and that no poll is harmed."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import fastapi
import flask
import httpx
import pytest
import requests
from aiohttp import web
from standardwebhooks.webhooks import Webhook
from starlette.responses import Response as StarletteResponse

from cannon_mock import Config, ManualClock
from cannon_mock.testing import mock_servers
from cannon_mock.testing.call_recorder import CallRecorder
from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.testing.webhook_receivers import read_response
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, body

URL = "https://hooks.example:8443/from/url?x=1"


@pytest.fixture
def handle() -> MockHandle:
    """A mock whose tasks have ended when they are accepted."""
    return mock_servers.build_handle(Config(progression="immediate", seed="tests"), ManualClock(), CallRecorder())


def _poll_after_create(handle: MockHandle) -> int:
    """The status of a poll after a create with a webhook, which both send what is due."""
    client, key = handle.app.test_client(), {"x-api-key": KEY}
    id_ = client.post("/api/v1/requests", json={**body(), "webhook_url": URL}, headers=key).get_json()["id"]
    return client.get(f"/api/v1/requests/{id_}", headers=key).status_code


def _deliver(handle: MockHandle) -> int | None:
    """The status of the first attempt of a webhook, after a poll that was answered as ever."""
    assert _poll_after_create(handle) == 200
    return handle.webhooks[0].attempts[0].status


def _build_requests_response() -> requests.Response:
    response = requests.Response()
    response.status_code = 201
    return response


def _respond_with_flask() -> Any:
    return flask.Flask("app").test_client().get("/nowhere")


RETURN_VALUES: list[tuple[Callable[[], object], int]] = [
    (lambda: None, 200),
    (lambda: 204, 204),
    (lambda: HTTPStatus.ACCEPTED, 202),
    (lambda: True, 200),
    (lambda: False, 500),
    (_respond_with_flask, 404),
    (lambda: flask.Response(status=201), 201),
    (lambda: StarletteResponse(status_code=202), 202),
    (lambda: httpx.Response(410), 410),
    (_build_requests_response, 201),
    (lambda: web.Response(status=503), 503),
    (lambda: SimpleNamespace(status_code=418, reason_phrase="as Django's test client"), 418),
]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("make", "status"), RETURN_VALUES)
def test_a_return_value_is_a_response(
    handle: MockHandle, make: Callable[[], object], status: int, is_async: bool
) -> None:
    """M1: a receiver, async or not, returns nothing, a number, a bool or a response of a common library."""

    async def hook(_body: bytes, _headers: Mapping[str, str]) -> object:
        await asyncio.sleep(0)
        return make()

    handle.on_webhook(hook if is_async else lambda body, headers: make())
    assert _deliver(handle) == status
    handle.close()


@pytest.mark.parametrize(
    "value", ["ok", 99, 600, (None, 204), b"", {}, web.Response, Mock(), SimpleNamespace(status_code=True), 200.0]
)
def test_another_value_fails_the_test(handle: MockHandle, value: object) -> None:
    """M1: what is no response fails the test at its end with a sentence; the poll is answered as ever."""
    handle.on_webhook(lambda body, headers: value)
    assert _deliver(handle) == 500
    with pytest.raises(pytest.fail.Exception, match=r"the webhook receiver returned .*; return None ") as caught:
        handle.close()
    assert repr(value)[:100] in str(caught.value)
    handle.close()  # what was raised once is forgotten


def test_every_kind_of_callable_receives(handle: MockHandle) -> None:
    """Methods, partials, callable objects and async ones of each receive a webhook; the last that was set does."""
    calls: list[str] = []

    class Hook:
        def method(self, _body: bytes, _headers: Mapping[str, str]) -> None:
            calls.append("method")

        async def __call__(self, _body: bytes, _headers: Mapping[str, str]) -> int:
            calls.append("object")
            return 202

    async def named(name: str, _body: bytes, _headers: Mapping[str, str]) -> None:
        calls.append(name)

    for receiver in (Hook().method, Hook(), functools.partial(named, "partial"), Mock(return_value=None)):
        handle.on_webhook(receiver)
        _poll_after_create(handle)
    assert calls == ["method", "object", "partial"]
    receiver.assert_called_once()
    handle.close()


def test_an_async_receiver_runs_beside_the_loop_of_the_test(handle: MockHandle) -> None:
    """M1: where the test runs in an event loop, an async receiver runs in another, with the test's context variables.

    It may poll the mock and move its clock.
    """
    user: ContextVar[str] = ContextVar("user")
    results: list[Any] = []

    async def hook(data: bytes, _headers: Mapping[str, str]) -> None:
        await asyncio.sleep(0)
        id_ = json.loads(data)["data"]["id"]
        reply = handle.app.test_client().get(f"/api/v1/requests/{id_}", headers={"x-api-key": KEY})
        handle.advance(days=1)
        results.extend([user.get(), asyncio.get_running_loop() is loop, reply.get_json()["status"]])

    async def test() -> None:
        user.set("one")
        handle.on_webhook(hook)
        handle.app.test_client().post(
            "/api/v1/requests", json={**body(), "webhook_url": URL}, headers={"x-api-key": KEY}
        )

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        runner.run(test())
    assert results == ["one", False, "succeeded"]
    handle.close()


def test_a_task_of_the_test_s_loop_cannot_be_awaited(handle: MockHandle) -> None:
    """A task of the loop that stands still meanwhile fails the test with a sentence, and blocks nothing."""
    future = asyncio.new_event_loop().create_future()
    handle.on_webhook(lambda body, headers: future)
    assert _deliver(handle) == 500
    with pytest.raises(pytest.fail.Exception, match="a task of another loop; pass an async function"):
        handle.close()
    future.get_loop().close()


def test_an_async_receiver_has_a_deadline() -> None:
    """An async receiver has the time of ``webhook_timeout``, and fails the test after it; so has an ASGI application.

    A time-out of its own is shown as it is.
    """

    async def hang(_body: bytes, _headers: Mapping[str, str]) -> None:
        await asyncio.Event().wait()

    async def hang_as_app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def give_up(_body: bytes, _headers: Mapping[str, str]) -> None:
        raise TimeoutError("my own")

    text_of_setting = "did not end within 0.1 seconds, the setting webhook_timeout"
    cases: list[tuple[dict[str, Any], float, type[BaseException], str]] = [
        ({"receiver": hang}, 0.1, pytest.fail.Exception, text_of_setting),
        ({"app": hang_as_app}, 0.1, pytest.fail.Exception, text_of_setting),
        ({"receiver": give_up}, PATIENCE_S, TimeoutError, "my own"),
    ]
    for arguments, timeout_s, error, text in cases:
        config = Config(progression="immediate", seed="tests", webhook_timeout=timeout_s)
        handle = mock_servers.build_handle(config, ManualClock(), CallRecorder())
        handle.on_webhook(**arguments)
        _poll_after_create(handle)
        with pytest.raises(error, match=text):
            handle.close()


def _raise(error: BaseException) -> Any:
    raise error


def _call(function: Callable[..., Any], *arguments: object) -> Any:
    return lambda body, headers: function(*arguments)


@pytest.mark.parametrize(
    ("receiver", "error", "text"),
    [
        (_call(_raise, LookupError("no such order")), LookupError, "no such order"),
        (_call(pytest.fail, "wrong body"), pytest.fail.Exception, "wrong body"),
        (
            _call(pytest.skip, "no key"),
            pytest.fail.Exception,
            "webhook receiver skipped the test: no key; skip",
        ),
        (_call(sys.exit, 3), SystemExit, "3"),
        (_call(_raise, asyncio.CancelledError("no")), asyncio.CancelledError, "no"),
    ],
)
def test_what_a_receiver_raises_fails_its_test(
    handle: MockHandle, receiver: Any, error: type[BaseException], text: str
) -> None:
    """M1: an exception of any kind is a failed attempt and fails the test at its end; no poll is harmed by it."""
    handle.on_webhook(receiver)
    assert _deliver(handle) == 500
    handle.advance(minutes=1)  # the second attempt raises too
    with pytest.raises(error, match=text) as caught:
        handle.close()
    assert caught.value.__notes__ == ["webhook receivers raised 1 more, at this webhook or later ones"]


def test_ctrl_c_in_a_receiver_stops_the_run(handle: MockHandle) -> None:
    """KeyboardInterrupt is the user's: it is raised where it came, and the attempt does not stay open."""
    handle.on_webhook(lambda body, headers: _raise(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        _poll_after_create(handle)
    assert handle.webhooks[0].attempts[0].note.startswith("KeyboardInterrupt")
    handle.close()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({}, TypeError, "on_webhook takes a receiver or app=, one of both"),
        ({"receiver": print, "app": flask.Flask("app")}, TypeError, "on_webhook takes a receiver or app=, one of both"),
        ({"receiver": "hook"}, TypeError, "'hook' cannot be called; pass a function of"),
        ({"receiver": lambda: None}, TypeError, r"takes \(\); it must take \(body, headers\)"),
        ({"receiver": flask.Flask("app")}, TypeError, "is an application; pass it as app="),
        ({"receiver": fastapi.FastAPI()}, TypeError, r"takes \(.*scope.*; an application is passed as app="),
        ({"receiver": print, "path": "/x"}, TypeError, "path='/x' is the path within an application"),
        ({"app": "app"}, TypeError, "'app' is neither a WSGI application"),
        ({"app": web.Application()}, TypeError, "neither a WSGI application.* aiohttp.*address as webhook_url"),
        ({"app": flask.Flask("app"), "path": "hooks"}, ValueError, "path='hooks' is no path; start it with /"),
    ],
)
def test_what_cannot_receive_is_refused(
    handle: MockHandle, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    """What cannot receive a webhook is refused where it is passed, with what to pass."""
    with pytest.raises(error, match=text):
        handle.on_webhook(**arguments)


def _collect_wsgi(requests: list[Any]) -> Any:
    app = flask.Flask("app")

    @app.post("/<path:rest>")
    def hook(rest: str) -> Any:
        address = f"{flask.request.host} /{rest}?{flask.request.query_string.decode()}"
        requests.append((address, flask.request.get_data(), dict(flask.request.headers), flask.current_app.name))
        return "", 202

    return app


def _collect_asgi(requests: list[Any]) -> Any:
    app = fastapi.FastAPI()

    @app.post("/{rest:path}", status_code=202)
    async def hook(rest: str, request: fastapi.Request) -> None:
        address = f"{request.headers['host']} /{rest}?{request.url.query}"
        requests.append((address, await request.body(), dict(request.headers), "app"))

    return app


@pytest.mark.parametrize("collect", [_collect_wsgi, _collect_asgi])
@pytest.mark.parametrize(
    ("path", "address"),
    [(None, "hooks.example:8443 /from/url?x=1"), ("/hooks", "hooks.example:8443 /hooks?"), ("/a?b=1", ".../a?b=1")],
)
def test_an_application_receives(handle: MockHandle, collect: Any, path: str | None, address: str) -> None:
    """M1: a WSGI and an ASGI application get the request that would come over the network: bytes, headers and host."""
    received: list[Any] = []
    handle.on_webhook(app=collect(received), path=path)
    assert _deliver(handle) == 202
    ((place, data, headers, app_name),) = received
    assert place.replace("hooks.example:8443 ", "...") == address.replace("hooks.example:8443 ", "...")
    names = {name.lower(): value for name, value in headers.items()}
    assert (names["content-type"], names["user-agent"]) == ("application/json", "cannon-mock")
    assert (names["content-length"], app_name) == (str(len(data)), "app")
    assert Webhook(handle.webhook_secret).verify(data, names)["type"] == "request.succeeded"
    handle.close()


def test_an_error_of_an_application_is_one_of_the_test(handle: MockHandle) -> None:
    """An exception that leaves an application fails the test; one that it turns into a response is a failed attempt."""
    app = flask.Flask("app")
    app.post("/from/url")(lambda: _raise(LookupError("no such order")))
    app.logger.disabled = True
    handle.on_webhook(app=app)
    assert _deliver(handle) == 500
    handle.close()
    app.testing = True
    handle.on_webhook(app=app)
    _poll_after_create(handle)
    with pytest.raises(LookupError, match="no such order"):
        handle.close()


def test_middleware_and_functions_are_applications(handle: MockHandle) -> None:
    """Applications are told apart by how they are called, whatever they are: functions, objects, with any arguments."""
    received: list[str] = []

    def wsgi(_environ: Any, start: Any) -> Iterator[bytes]:
        received.append("wsgi")
        start("204 No Content", [])
        yield b""

    async def asgi(_scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        received.append("asgi")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def any_asgi(*arguments: Any) -> None:
        await asgi(*arguments)

    for app in (wsgi, asgi, functools.partial(asgi), any_asgi, lambda *arguments: wsgi(*arguments)):
        handle.on_webhook(app=app)
        _poll_after_create(handle)
    assert received == ["wsgi", "asgi", "asgi", "asgi", "wsgi"]
    assert [delivery.attempts[0].status for delivery in handle.webhooks] == [204] * 5
    handle.close()


def test_a_response_says_when_to_try_again() -> None:
    """Retry-After in the response of a receiver counts, as in that of one on the network."""
    assert read_response(flask.Response(status=503, headers={"Retry-After": "60"})).retry_after_ms == 60_000


def test_an_address_with_a_receiver_is_no_warning(handle: MockHandle) -> None:
    """An address that the service cannot reach is a warning, but not while a receiver in the test takes webhooks."""
    payload, key = {**body(), "webhook_url": "https://testserver/hook"}, {"x-api-key": KEY}
    warnings = []
    for receiver in (None, lambda body, headers: None):
        handle.on_webhook(receiver)
        reply = handle.app.test_client().post("/api/v1/requests", json=payload, headers=key)
        warnings.append(reply.headers.get("x-mock-warnings"))
    assert warnings == ["address-unreachable", None]
    handle.close()


def test_the_report_of_a_test_shows_each_webhook(handle: MockHandle) -> None:
    """Without a receiver, or before the end of its request, a webhook does not come: the report says why."""
    _poll_after_create(handle)
    handle.on_webhook(lambda body, headers: 404)
    _poll_after_create(handle)
    lines = [line for line in handle.describe_calls().splitlines() if line.startswith("webhook")]
    assert sorted(lines) == [
        f"webhook to {URL} -> 404",
        f"webhook to {URL} -> not sent: only this machine is called; "
        'set a receiver by on_webhook, or allow the host by @pytest.mark.cannon(allow_webhooks_to="app.example.com")',
    ]


def test_the_report_of_a_test_says_what_ends_a_request() -> None:
    handle = mock_servers.build_handle(Config(progression="manual:1", seed="tests"), ManualClock(), CallRecorder())
    handle.app.test_client().post("/api/v1/requests", json={**body(), "webhook_url": URL}, headers={"x-api-key": KEY})
    end = "has not ended; polls end it, or the clock with progression=time"
    assert handle.describe_calls().endswith(f"webhook to {URL} -> not due: {handle.tasks[0].id} {end}")
    for _ in range(3):
        handle.app.test_client().get(f"/api/v1/requests/{handle.tasks[0].id}", headers={"x-api-key": KEY})
    assert "-> not sent" in handle.describe_calls()
