"""A vendor's application within httpx and httpx2, by way of respx (floor 5).

Calls of a client whose transport does not use httpcore (``httpx.MockTransport``, ``httpx.WSGITransport``) bypass it. A
call of httpx, not of httpx2, to another host through an HTTP proxy fails (InvalidURL), as it does whenever respx is
active.

This module depends on internals of respx: ``Mocker.registry`` and ``start``/``stop``; the list ``Mocker.routers``, in
whose order routers are tried, where AllMockedAssertionError means "try the next" and PassThrough "leave it to the
transport"; of a router, ``resolve``/``aresolve``, whose ``route`` is None for a response that no route made; and, for
httpx2, which respx does not know, the ``targets`` and ``from_sync_httpx_response`` of HTTPCoreMocker; and for retries
of connections its ``_send_sync_request`` and ``_send_async_request``, and of httpcore's pools ``_retries`` and
``_network_backend``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import httpcore
import httpx
import pytest
from respx.mocks import HTTPCoreMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough, ResolvedRoute, Route

from cannon_mock.origins import DEFAULT_PORTS
from cannon_mock.serving.wsgi_call import Call, Origin
from cannon_mock.testing import loop_timers
from cannon_mock.testing.vendor_app import Reply, VendorApp

_NO_RESPONSE = "Server disconnected without sending a response."
_MAY_RETRY = "may_retry_in_bridge"
"""What marks an error of a connection that the bridge raised, and not the transport, which has retried by then."""
_NO_ROUTE = Route()
"""The origin that a PassThrough must have; respx does not use it."""


@contextmanager
def serve_client(vendor: VendorApp) -> Iterator[None]:
    """See ClientBridge; for synchronous and asynchronous clients.

    No call to the vendor reaches the network, not even by a route of the user's with ``pass_through``. A respx router
    of the user's, started before or after, comes first: a call that one of its routes answers is answered so. A call
    that it would answer without a route (``assert_all_mocked=False``) is answered by the application, though the router
    records it.
    """
    transport_mocker = Mocker.registry["httpx"]
    with ExitStack() as stack:
        # It is not started here: it patches every client's transport. Where the user starts it, our router comes first.
        stack.enter_context(_try_first(transport_mocker, _Router(vendor, transport_mocker)))
        for mocker, core in _list_mockers():
            stack.enter_context(_try_first(mocker, _Bridge(vendor, mocker, core)))
            stack.enter_context(_retry_connections(mocker))
            mocker.start()
        yield


class _Router:
    """A router in the sense of respx, for one domain; it passes calls to that domain on to the client's transport."""

    def __init__(self, vendor: VendorApp, mocker: type[Mocker]) -> None:
        self._vendor = vendor
        self._mocker = mocker

    def handler(self, request: httpx.Request) -> httpx.Response:
        """The response to a request. Raises as respx does for a request to another host."""
        for router in self._list_user_routers(request):
            try:
                response = _take_route_response(router.resolve(request))
            except AllMockedAssertionError:
                continue
            except PassThrough:
                break  # passed on to the vendor: the application answers in its place
            if response is not None:
                return response
        return self._answer(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Do the same for an asynchronous client; the application runs in the thread of the event loop."""
        for router in self._list_user_routers(request):
            try:
                response = _take_route_response(await router.aresolve(request))
            except AllMockedAssertionError:
                continue
            except PassThrough:
                break
            if response is not None:
                return response
        return await self._answer_async(request)

    def is_responsible(self, request: httpx.Request) -> bool:
        """Whether a request is addressed to the domain."""
        return self._vendor.is_responsible(request.url.host)

    def _list_user_routers(self, request: httpx.Request) -> list[Any]:
        """The user's routers. Raises for another host: the next router is tried, or the network where there is none."""
        routers: list[Any] = list(self._mocker.routers)
        user_routers = [router for router in routers if not isinstance(router, _Router)]
        if self.is_responsible(request):
            return user_routers
        if user_routers or any(router.is_responsible(request) for router in routers):
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        raise _pass_to_transport(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        raise _pass_to_transport(request)

    async def _answer_async(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request)


class _Bridge(_Router):
    """A router that answers the calls to its domain by an application."""

    def __init__(self, vendor: VendorApp, mocker: type[Mocker], core: ModuleType) -> None:
        super().__init__(vendor, mocker)
        self._core = core

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return self._build_response(request, self._vendor.answer(self._build_call(request)))

    async def _answer_async(self, request: httpx.Request) -> httpx.Response:
        reply = self._vendor.start(self._build_call(request))
        read_timeout_s = _find_read_timeout(request)
        try:
            await loop_timers.let_strike(min(reply.delay_s, read_timeout_s or reply.delay_s))
        finally:
            self._vendor.finish(reply)
        return self._build_response(request, reply)

    def _build_call(self, request: httpx.Request) -> Call:
        url = request.url
        if url.scheme not in DEFAULT_PORTS:
            raise self._core.UnsupportedProtocol(f"the mock does not speak {url.scheme}://")
        origin = Origin(url.scheme, url.host, url.port or DEFAULT_PORTS[url.scheme])
        return Call(origin, request.method, url.raw_path, request.headers.raw, request.content)

    def _build_response(self, request: httpx.Request, reply: Reply) -> httpx.Response:
        if reply.connect_error is not None:
            raise _build_connect_error(self._core, reply.connect_error)
        if reply.is_later_than(_find_read_timeout(request)):
            raise self._core.ReadTimeout("The read operation timed out")
        if reply.reset_error is not None:
            raise self._core.ReadError(str(reply.reset_error)) from reply.reset_error
        if reply.is_empty:
            raise self._core.RemoteProtocolError(_NO_RESPONSE)
        response = httpx.Response(
            reply.status,
            # the body is complete here, so it has no transfer encoding
            headers=[pair for pair in reply.headers if pair[0].lower() != b"transfer-encoding"],
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason.encode("latin-1")},
            request=request,
        )
        error = None if reply.is_whole else self._core.RemoteProtocolError(_describe_cut(reply))
        response.stream = _Body(reply.chunks, error)
        return response


def _build_connect_error(core: ModuleType, error: OSError) -> Exception:
    connect_error: Exception = core.ConnectError(str(error))
    connect_error.__cause__ = error
    setattr(connect_error, _MAY_RETRY, True)
    return connect_error


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A complete body for both kinds of clients; it ends with an error where the connection was dropped."""

    def __init__(self, chunks: list[bytes], error: Exception | None) -> None:
        self._chunks = chunks
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def _find_read_timeout(request: httpx.Request) -> float | None:
    timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout_s


def _describe_cut(reply: Reply) -> str:
    """The message about a body that is cut off, in the words of httpcore."""
    size, whole_size = sum(map(len, reply.chunks)), reply.find_header("content-length")
    missing = f"received {size} of {whole_size} bytes" if whole_size else "incomplete chunked read"
    return f"peer closed connection without sending complete message body ({missing})"


def _take_route_response(resolved_route: ResolvedRoute) -> httpx.Response | None:
    """The response of a route; None for the one that a router has for any other call."""
    response = resolved_route.response
    return response if resolved_route.route and isinstance(response, httpx.Response) else None


def _pass_to_transport(request: httpx.Request) -> PassThrough:
    return PassThrough("not for the mock", request=request, origin=_NO_ROUTE)


def _list_mockers() -> list[tuple[type[Mocker], ModuleType]]:
    """The mockers that put routers into httpx, and into httpx2 where it is installed."""
    mockers: list[tuple[type[Mocker], ModuleType]] = [(HTTPCoreMocker, httpcore)]
    try:
        core = import_module("httpcore2")
    except ImportError:
        return mockers
    return [*mockers, (Mocker.registry.get("httpcore2") or _build_mocker(core), core)]


def _build_mocker(core: ModuleType) -> type[Mocker]:
    """Respx's own mocker for another core of the same shape; ``using="httpcore2"`` works from then on."""

    def convert(_: Any, /, reply: httpx.Response, _target: Any, **_more: Any) -> Any:
        return core.Response(
            status=reply.status_code, headers=reply.headers.raw, content=reply.stream, extensions=reply.extensions
        )

    parts: dict[str, Any] = {
        "name": core.__name__,
        # Every call uses a pool. A patched connection below it would treat the CONNECT of a proxy as a call.
        "targets": [
            target.replace("httpcore", core.__name__, 1)
            for target in HTTPCoreMocker.targets
            if not target.endswith("HTTPConnection")
        ],
        "from_sync_httpx_response": classmethod(convert),
    }
    return type("HTTPCore2Mocker", (HTTPCoreMocker,), parts)


@contextmanager
def _retry_connections(mocker: type[Any]) -> Iterator[None]:
    """Repeat a call that could not connect as often as httpcore does, whose retries are below what respx replaces."""
    send, send_async = mocker._send_sync_request.__func__, mocker._send_async_request.__func__

    def send_repeatedly(cls: Any, httpx_request: Any, /, *, instance: Any, **more: Any) -> Any:
        delays_s = iter(_list_delays(instance))
        while True:
            try:
                return send(cls, httpx_request, instance=instance, **more)
            except Exception as error:
                delay_s = next(delays_s, None)
                if not _take_mark(error) or delay_s is None:
                    raise
            instance._network_backend.sleep(delay_s)

    async def send_async_repeatedly(cls: Any, httpx_request: Any, /, *, instance: Any, **more: Any) -> Any:
        delays_s = iter(_list_delays(instance))
        while True:
            try:
                return await send_async(cls, httpx_request, instance=instance, **more)
            except Exception as error:
                delay_s = next(delays_s, None)
                if not _take_mark(error) or delay_s is None:
                    raise
            await instance._network_backend.sleep(delay_s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mocker, "_send_sync_request", classmethod(send_repeatedly))
        patch.setattr(mocker, "_send_async_request", classmethod(send_async_repeatedly))
        yield


def _list_delays(pool: Any) -> list[float]:
    """The seconds before each retry of httpcore: none before the first, then a half, and twice as many each time."""
    return [0.5 * 2 ** (number - 1) if number else 0 for number in range(pool._retries)]


def _take_mark(error: Exception) -> bool:
    """Whether an error may be retried here; only once, so that of two bridges one retries."""
    may_retry: bool = getattr(error, _MAY_RETRY, False)
    if may_retry:
        setattr(error, _MAY_RETRY, False)
    return may_retry


@contextmanager
def _try_first(mocker: type[Mocker], router: Any) -> Iterator[None]:
    """Put a router before all others while the context lasts: a call that one passes through skips the later ones."""
    mocker.routers.insert(0, router)
    try:
        yield
    finally:
        mocker.unregister(router)
        mocker.stop()
