"""A WSGI application behind a host of the outside world, within httpx and httpx2, by way of respx (floor 4).

Clients made with a transport of their own (``httpx.MockTransport``, ``httpx.WSGITransport``) do not pass here. Of
respx's inner parts this uses its Mocker classes and their list of routers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from flask import Flask
from respx.mocks import HTTPCoreMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough, Route

from mock_server.faults import ConnectionDropped

_NO_ANSWER = "Server disconnected without sending a response."


@contextmanager
def bridged(app: Flask, base_url: str, check: Callable[[httpx.Response], None] = lambda _: None) -> Iterator[None]:
    """While the context lasts, ``app`` answers whatever is sent to the host of ``base_url`` and its domain.

    So does it for synchronous and asynchronous clients, and nothing sent there reaches the network. A respx router of
    the user's goes first: what it has a route for is its. All other hosts are as without the bridge. ``check`` sees
    each answer of the application, and may raise.
    """
    domain = (urlsplit(base_url).hostname or "").removeprefix("www.")
    with ExitStack() as stack:
        for mocker, core in _mockers():
            stack.enter_context(_registered(mocker, _Bridge(app, domain, mocker, core, check)))
        yield


class _Bridge:
    """A router, as respx knows them, for one domain."""

    def __init__(
        self, app: Flask, domain: str, mocker: type[Mocker], core: ModuleType, check: Callable[[httpx.Response], None]
    ) -> None:
        self._transport = httpx.WSGITransport(app=app)
        self._domain = domain
        self._mocker = mocker
        self._core = core
        self._check = check

    def handler(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request. Raises as respx does for one that is not for us."""
        later = self._later(request)
        for router in later:
            try:
                found: httpx.Response = router.handler(request)
                return found
            except AllMockedAssertionError:
                continue
        return self._answer(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """The same; the application is called in the loop's own thread."""
        later = self._later(request)
        for router in later:
            try:
                found: httpx.Response = await router.async_handler(request)
                return found
            except AllMockedAssertionError:
                continue
        return self._answer(request)

    def _later(self, request: httpx.Request) -> list[Any]:
        """The routers that respx would ask after this one. Raises for other hosts: they, or the network, are asked."""
        routers: list[Any] = self._mocker.routers
        place = routers.index(self)
        if request.url.host == self._domain or request.url.host.endswith("." + self._domain):
            return routers[place + 1 :]
        if len(routers) > 1:
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        raise PassThrough("for the network", request=request, origin=Route())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        try:
            reply = self._transport.handle_request(asked)
        except ConnectionDropped:
            raise self._core.RemoteProtocolError(_NO_ANSWER) from None
        answer = httpx.Response(reply.status_code, headers=reply.headers, stream=_Body(reply, self._core))
        answer.request = request
        self._check(answer)
        return answer


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that has been made, for both kinds of clients; it breaks off where the application dropped it."""

    def __init__(self, reply: httpx.Response, core: ModuleType) -> None:
        self._chunks: list[bytes] = []
        self._error: Exception | None = None
        assert isinstance(reply.stream, httpx.SyncByteStream)
        try:
            self._chunks.extend(reply.stream)
        except ConnectionDropped:
            got, whole = sum(map(len, self._chunks)), reply.headers.get("Content-Length")
            message = f"peer closed connection without sending complete message body (received {got} of {whole} bytes)"
            self._error = core.RemoteProtocolError(message)
        reply.stream.close()

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def _mockers() -> list[tuple[type[Mocker], ModuleType]]:
    """What puts routers into httpx, and into httpx2 where it is installed."""
    found: list[tuple[type[Mocker], ModuleType]] = [(HTTPCoreMocker, httpcore)]
    try:
        core = import_module("httpcore2")
    except ImportError:
        return found
    return [*found, (Mocker.registry.get("httpcore2") or _mocker_of(core), core)]


def _mocker_of(core: ModuleType) -> type[Mocker]:
    """Respx's own mocker for another core of the same form; ``using="httpcore2"`` works from then on."""

    def answer(_: Any, /, reply: httpx.Response, _target: Any, **_more: Any) -> Any:
        return core.Response(
            status=reply.status_code, headers=reply.headers.raw, content=reply.stream, extensions=reply.extensions
        )

    parts: dict[str, Any] = {
        "name": core.__name__,
        "targets": [target.replace("httpcore", core.__name__, 1) for target in HTTPCoreMocker.targets],
        "from_sync_httpx_response": classmethod(answer),
    }
    return type("HTTPCore2Mocker", (HTTPCoreMocker,), parts)


@contextmanager
def _registered(mocker: type[Mocker], bridge: _Bridge) -> Iterator[None]:
    router: Any = bridge
    mocker.register(router)
    mocker.start()
    try:
        yield
    finally:
        mocker.unregister(router)
        mocker.stop()
