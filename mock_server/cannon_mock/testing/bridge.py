"""A WSGI application behind a public host name, within httpx and httpx2, by way of respx (floor 5).

Calls of a client whose transport does not use httpcore (``httpx.MockTransport``, ``httpx.WSGITransport``) bypass it. A
call of httpx, not of httpx2, to another host through an HTTP proxy fails (InvalidURL), as it does whenever respx is
active.

This module depends on internals of respx: ``Mocker.registry`` and ``start``/``stop``; the list ``Mocker.routers``, in
whose order routers are tried, where AllMockedAssertionError means "try the next" and PassThrough "leave it to the
transport"; of a router, ``resolve``/``aresolve``, whose ``route`` is None for a response that no route made; and, for
httpx2, which respx does not know, the ``targets`` and ``from_sync_httpx_response`` of HTTPCoreMocker.
"""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import httpcore
import httpx
from respx.mocks import HTTPCoreMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough, ResolvedRoute, Route

from cannon_mock.views.faults import ConnectionDropped
from cannon_spec.hosts import find_domain, is_in_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NO_RESPONSE = "Server disconnected without sending a response."
_STATUSES_WITHOUT_BODY = {204, 304}
_PORTS = {"http": 80, "https": 443}
_NO_ROUTE = Route()
"""The origin that a PassThrough must have; respx does not use it."""

Check = Callable[[httpx.Response], None]


@contextmanager
def bridge_app(app: WSGIApplication, base_url: str, check: Check = lambda _: None) -> Iterator[None]:
    """Answer every call to the host of ``base_url`` and its domain by ``app``, while the context lasts.

    This holds for synchronous and asynchronous clients. No call to the domain reaches the network, not even by a route
    of the user's with ``pass_through``. A respx router of the user's, started before or after, comes first: a call that
    one of its routes answers is answered so. A call that it would answer without a route
    (``assert_all_mocked=False``) is answered by the application, though the router records it. Calls to other hosts are
    as without the bridge. Of two bridges to one domain the one entered last answers. ``check`` gets each response of
    the application, and may raise.

    The application runs in the caller's thread, or in that of the event loop, which it must not wait for. Its body is
    read whole before the client gets the response. Raises ValueError for an address without a host.
    """
    domain = find_domain(base_url)
    if not domain:
        raise ValueError(f"no host in {base_url!r}")
    transport_mocker = Mocker.registry["httpx"]
    with ExitStack() as stack:
        # It is not started here: it patches every client's transport. Where the user starts it, our router comes first.
        stack.enter_context(_try_first(transport_mocker, _Router(domain, transport_mocker)))
        for mocker, core in _list_mockers():
            stack.enter_context(_try_first(mocker, _Bridge(domain, mocker, app, core, check)))
            mocker.start()
        yield


class _Router:
    """A router in the sense of respx, for one domain; it passes calls to that domain on to the client's transport."""

    def __init__(self, domain: str, mocker: type[Mocker]) -> None:
        self._domain = domain
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
        return self._answer(request)

    def is_responsible(self, request: httpx.Request) -> bool:
        """Whether a request is addressed to the domain."""
        return is_in_domain(request.url.host, self._domain)

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


class _Bridge(_Router):
    """A router that answers the calls to its domain by an application."""

    def __init__(self, domain: str, mocker: type[Mocker], app: WSGIApplication, core: ModuleType, check: Check) -> None:
        super().__init__(domain, mocker)
        self._app = app
        self._core = core
        self._check = check

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in _PORTS:
            raise self._core.UnsupportedProtocol(f"the mock does not speak {request.url.scheme}://")
        status, headers, chunks, is_whole = _call(self._app, _build_environ(request))
        if not (chunks or is_whole):
            raise self._core.RemoteProtocolError(_NO_RESPONSE)
        code, _, reason = status.partition(" ")
        if request.method == "HEAD" or int(code) in _STATUSES_WITHOUT_BODY:
            chunks, is_whole = [], True
        response = httpx.Response(
            int(code),
            # the body is complete here, so it has no transfer encoding
            headers=[pair for pair in headers if pair[0].lower() != b"transfer-encoding"],
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason.encode("latin-1")},
            request=request,
        )
        error = None if is_whole else self._core.RemoteProtocolError(_describe_cut(chunks, response))
        response.stream = _Body(chunks, error)
        self._check(response)
        return response


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


def _call(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[bytes, bytes]], list[bytes], bool]:
    """The status, headers and body of a response, and whether it is whole: not where the application drops it."""
    head: list[Any] = []
    chunks: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /) -> Callable[[bytes], object]:
        head[:] = status, headers
        return chunks.append

    start_response: StartResponse = start
    body, is_whole = None, True
    try:
        body = app(environ, start_response)
        for chunk in filter(None, body):
            chunks.append(chunk)  # noqa: PERF402 - the chunks before a drop must survive it
    except ConnectionDropped:
        is_whole = False
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = head or ("500 No Status", [])
    return status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], chunks, is_whole


def _build_environ(request: httpx.Request) -> WSGIEnvironment:
    """A request in the form of PEP 3333, with the length of its body, as a server that has read it would say.

    ``httpx.WSGITransport`` loses paths and headers beyond ASCII, and all but one of several headers of one name.
    """
    url, body = request.url, request.content
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.raw_path.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": url.query.decode("latin-1"),
        "SERVER_NAME": url.host,
        "SERVER_PORT": str(url.port or _PORTS[url.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        separator = "; " if name == "COOKIE" else ", "
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
    lengths = environ.pop("HTTP_CONTENT_LENGTH", None), environ.pop("HTTP_TRANSFER_ENCODING", None)
    if body or any(lengths):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _describe_cut(chunks: list[bytes], response: httpx.Response) -> str:
    """The message about a body that is cut off, in the words of httpcore."""
    size, whole_size = sum(map(len, chunks)), response.headers.get("Content-Length")
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
def _try_first(mocker: type[Mocker], router: Any) -> Iterator[None]:
    """Put a router before all others while the context lasts: a call that one passes through skips the later ones."""
    mocker.routers.insert(0, router)
    try:
        yield
    finally:
        mocker.unregister(router)
        mocker.stop()
