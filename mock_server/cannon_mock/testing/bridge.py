"""A WSGI application behind a host of the outside world, within httpx and httpx2, by way of respx (floor 4).

Clients with a transport of their own that does not rest on httpcore (``httpx.MockTransport``, ``httpx.WSGITransport``)
do not pass here. A call of httpx, not of httpx2, to another host through an HTTP proxy fails (InvalidURL), as it does
wherever respx is at work.

Of respx's inner parts this relies upon: ``Mocker.registry`` and ``start``/``stop``; the list ``Mocker.routers``, asked
in its order, where AllMockedAssertionError means "ask the next" and PassThrough "leave it to the transport"; of a
router, ``resolve``/``aresolve``, whose ``route`` is None for an answer that no route gave; and, for httpx2, which
respx does not know, the ``targets`` and ``from_sync_httpx_response`` of HTTPCoreMocker.
"""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore
import httpx
from respx.mocks import HTTPCoreMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough, ResolvedRoute, Route

from cannon_mock.views.faults import ConnectionDropped

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NO_ANSWER = "Server disconnected without sending a response."
_BODILESS = {204, 304}
_PORTS = {"http": 80, "https": 443}
_NO_ROUTE = Route()
"""What a PassThrough must name as its origin; respx makes no use of it."""

Check = Callable[[httpx.Response], None]


@contextmanager
def bridge_app(app: WSGIApplication, base_url: str, check: Check = lambda _: None) -> Iterator[None]:
    """While the context lasts, ``app`` answers whatever is sent to the host of ``base_url`` and its domain.

    So does it for synchronous and asynchronous clients, and nothing sent there reaches the network: not by a route
    of the user's that passes through either. A respx router of the user's, started before or after, goes first: what
    one of its routes answers is its. What it would answer without a route (``assert_all_mocked=False``) is the
    application's, though the router notes the call. All other hosts are as without the bridge. Of two bridges to one
    domain the one entered last answers. ``check`` sees each answer of the application, and may raise.

    The application is called in the caller's thread, or in the loop's own: there it must not wait for that loop.
    Its body is read whole before the client sees the answer. Raises ValueError for an address without a host.
    """
    domain = _plain(urlsplit(base_url).hostname or "").removeprefix("www.")
    if not domain:
        raise ValueError(f"no host in {base_url!r}")
    aside = Mocker.registry["httpx"]
    with ExitStack() as stack:
        # not started: it patches every client's transport, and is of use only where the user starts it
        stack.enter_context(_asked_first(aside, _Router(domain, aside)))
        for mocker, core in _mockers():
            stack.enter_context(_asked_first(mocker, _Bridge(domain, mocker, app, core, check)))
            mocker.start()
        yield


class _Router:
    """A router, as respx knows them, for one domain; it lets what is sent there go on to the client's transport."""

    def __init__(self, domain: str, mocker: type[Mocker]) -> None:
        self._domain = domain
        self._mocker = mocker

    def handler(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request. Raises as respx does for one that is not for us."""
        for router in self._users(request):
            try:
                found = _by_route(router.resolve(request))
            except AllMockedAssertionError:
                continue
            except PassThrough:
                break  # to the vendor, and there we stand
            if found is not None:
                return found
        return self._answer(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """The same; the application is called in the loop's own thread."""
        for router in self._users(request):
            try:
                found = _by_route(await router.aresolve(request))
            except AllMockedAssertionError:
                continue
            except PassThrough:
                break
            if found is not None:
                return found
        return self._answer(request)

    def owns(self, request: httpx.Request) -> bool:
        """Whether a request is addressed to the domain."""
        host = _plain(request.url.host)
        return host == self._domain or host.endswith("." + self._domain)

    def _users(self, request: httpx.Request) -> list[Any]:
        """The user's routers. Raises for other hosts: another router is asked, or the network where there is none."""
        routers: list[Any] = list(self._mocker.routers)
        users = [router for router in routers if not isinstance(router, _Router)]
        if self.owns(request):
            return users
        if users or any(router.owns(request) for router in routers):
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        raise _to_transport(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        raise _to_transport(request)


class _Bridge(_Router):
    """A router that answers for its domain."""

    def __init__(self, domain: str, mocker: type[Mocker], app: WSGIApplication, core: ModuleType, check: Check) -> None:
        super().__init__(domain, mocker)
        self._app = app
        self._core = core
        self._check = check

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in _PORTS:
            raise self._core.UnsupportedProtocol(f"the mock does not speak {request.url.scheme}://")
        status, headers, chunks, is_whole = _called(self._app, _environ(request))
        if not (chunks or is_whole):
            raise self._core.RemoteProtocolError(_NO_ANSWER)
        code, _, reason = status.partition(" ")
        if request.method == "HEAD" or int(code) in _BODILESS:
            chunks, is_whole = [], True
        answer = httpx.Response(
            int(code),
            # a body that is at hand is in no transfer encoding
            headers=[pair for pair in headers if pair[0].lower() != b"transfer-encoding"],
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason.encode("latin-1")},
            request=request,
        )
        answer.stream = _Body(chunks, None if is_whole else self._core.RemoteProtocolError(_cut(chunks, answer)))
        self._check(answer)
        return answer


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that has been made, for both kinds of clients; it ends with an error where the connection dropped."""

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


def _called(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[bytes, bytes]], list[bytes], bool]:
    """The status, headers and body of an answer, and whether it is whole: not where the application dropped it."""
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
            chunks.append(chunk)  # noqa: PERF402 - what came before a drop must be kept
    except ConnectionDropped:
        is_whole = False
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = head or ("500 Nothing Said", [])
    return status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], chunks, is_whole


def _environ(request: httpx.Request) -> WSGIEnvironment:
    """A request as PEP 3333 wants it, its body's length known as a server that had read it would know it.

    ``httpx.WSGITransport`` makes another: without paths and headers beyond ASCII, and one of a header given twice.
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
    sized = environ.pop("HTTP_CONTENT_LENGTH", None), environ.pop("HTTP_TRANSFER_ENCODING", None)
    if body or any(sized):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _cut(chunks: list[bytes], answer: httpx.Response) -> str:
    """What is said of a body that broke off."""
    got, whole = sum(map(len, chunks)), answer.headers.get("Content-Length")
    missing = f"received {got} of {whole} bytes" if whole else "incomplete chunked read"
    return f"peer closed connection without sending complete message body ({missing})"


def _by_route(found: ResolvedRoute) -> httpx.Response | None:
    """The answer that a route gave; None for what a router says to anything."""
    return found.response if found.route and isinstance(found.response, httpx.Response) else None


def _to_transport(request: httpx.Request) -> PassThrough:
    return PassThrough("not for the mock", request=request, origin=_NO_ROUTE)


def _plain(host: str) -> str:
    """A host without the dot that may end a full name: with it, it is the same host."""
    return host.rstrip(".")


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
        # every call passes a pool; patched below it as well, a connection would take a proxy's CONNECT for a call
        "targets": [
            target.replace("httpcore", core.__name__, 1)
            for target in HTTPCoreMocker.targets
            if not target.endswith("HTTPConnection")
        ],
        "from_sync_httpx_response": classmethod(answer),
    }
    return type("HTTPCore2Mocker", (HTTPCoreMocker,), parts)


@contextmanager
def _asked_first(mocker: type[Mocker], router: Any) -> Iterator[None]:
    """While the context lasts, a router stands before all others: what passes through would not come to later ones."""
    mocker.routers.insert(0, router)
    try:
        yield
    finally:
        mocker.unregister(router)
        mocker.stop()
