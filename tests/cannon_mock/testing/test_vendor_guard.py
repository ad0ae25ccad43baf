"""The guard: whatever library tries to reach the vendor is refused before anything is asked, and its test fails."""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests

from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.testing.vendor_guard import VendorCallError, guard_vendor, take_attempts
from tests.support.pytest_runs import run_pytest

BASE = "https://www.cannonstudio.app"
STATUS = f"{BASE}/api/v1/status"
HOST = "www.cannonstudio.app"
PROXY = "http://proxy.example:1"
SESSION = requests.Session()
"""A session that is made when the module is imported, before any guard."""


@pytest.fixture
def asked_hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were asked for outside, by a resolver and a socket that a test has put in their place."""
    hosts: list[str] = []

    def refuse(*args: Any, **_: Any) -> Any:
        hosts.append(str(args))
        raise OSError("the network was asked")

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, name, refuse)
    return hosts


@contextmanager
def expect_refusal() -> Iterator[None]:
    """Guard, and expect the guard's error; the attempts are taken, so that they do not fail this test too."""
    try:
        with guard_vendor(BASE), pytest.raises(VendorCallError):
            yield
    finally:
        take_attempts()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens on this machine, in place of a proxy."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def use_socket(method: str, *args: Any, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(socket.AF_INET, kind) as own:
        getattr(own, method)(*args)


async def ask_aiohttp(resolver: Callable[[], Any], proxy: str | None = None) -> None:
    connector = aiohttp.TCPConnector(resolver=resolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        await session.get(BASE, proxy=proxy)


async def ask_async_httpx() -> None:
    async with httpx.AsyncClient(proxy=PROXY) as client:
        await client.get(BASE)


async def ask_loop(method: str, *args: Any) -> None:
    await getattr(asyncio.get_running_loop(), method)(*args)


async def connect_by_loop() -> None:
    with socket.socket() as own:
        own.setblocking(False)
        await asyncio.get_running_loop().sock_connect(own, (HOST, 443))


def ask_pycurl(library: Any) -> None:
    with closing(library.Curl()) as curl:
        curl.setopt(library.URL, STATUS)
        curl.perform()


def in_loop(work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> Callable[[], None]:
    return lambda: asyncio.run(work(*args))


def in_uvloop(work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> Callable[[], None]:
    return lambda: import_module("uvloop").run(work(*args))


WAYS: dict[str, Callable[[], object]] = {
    "http.client": lambda: http.client.HTTPSConnection(HOST).request("GET", "/"),
    "urllib": lambda: urllib.request.urlopen(BASE),
    "create_connection": lambda: socket.create_connection((HOST, 443)),
    "raw connect": lambda: use_socket("connect", (HOST, 443)),
    "raw connect_ex": lambda: use_socket("connect_ex", (HOST, 443)),
    "datagram": lambda: use_socket("sendto", b"x", (HOST, 53), kind=socket.SOCK_DGRAM),
    "datagram in parts": lambda: use_socket("sendmsg", [b"x"], [], 0, (HOST, 53), kind=socket.SOCK_DGRAM),
    "tls by a number": lambda: ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=HOST
    ),
    "httpx": lambda: httpx.get(BASE),
    "httpx by a proxy": lambda: httpx.get(BASE, proxy=PROXY),
    "httpx2 by a proxy": lambda: httpx2.get(BASE.replace("https", "http"), proxy=PROXY),
    "httpx by a proxy, async": in_loop(ask_async_httpx),
    "aiohttp by a proxy": in_loop(ask_aiohttp, aiohttp.ThreadedResolver, PROXY),
    "requests": lambda: SESSION.get(BASE, timeout=5),
    "aiohttp threads": in_loop(ask_aiohttp, aiohttp.ThreadedResolver),
    "aiohttp by the default": in_loop(ask_aiohttp, aiohttp.DefaultResolver),
    "pycares": lambda: import_module("pycares").Channel().getaddrinfo(HOST, 443, callback=print),
    "asyncio": in_loop(asyncio.open_connection, HOST, 443),
    "asyncio socket": in_loop(connect_by_loop),
    "uvloop": in_uvloop(ask_loop, "create_connection", asyncio.Protocol, HOST, 443),
    "uvloop names": in_uvloop(ask_loop, "getaddrinfo", HOST, 443),
    "uvloop socket": in_uvloop(connect_by_loop),
    "pycurl": lambda: ask_pycurl(import_module("pycurl")),
    "curl_cffi": lambda: import_module("curl_cffi").get(BASE),
    "curl_cffi without a scheme": lambda: import_module("curl_cffi").get(f"{HOST}/api/v1/status"),
    "curl_cffi with one slash": lambda: import_module("curl_cffi").get(f"HTTPS:/{HOST}:443/api/v1/status"),
}
"""How code calls the vendor without a bridge."""


@pytest.mark.parametrize("call_vendor", WAYS.values(), ids=WAYS)
def test_each_way_to_the_vendor_is_refused(asked_hosts: list[str], call_vendor: Callable[[], object]) -> None:
    """M2: each library's call raises the guard's error, is noted, and asks neither a resolver nor a socket."""
    with guard_vendor(BASE), pytest.raises(VendorCallError, match=f"the test tried to reach {re.escape(HOST)} by"):
        call_vendor()
    attempts = take_attempts()
    assert attempts[0].startswith(f"{HOST} by ")
    assert "called in test_vendor_guard.py, line " in attempts[0]
    assert asked_hosts == []


def test_the_clients_of_the_bridges_are_served(asked_hosts: list[str], cannon_mock: MockHandle) -> None:
    """M2: a session made at import, and aiohttp with a resolver of its own, are served; nothing is asked outside."""
    headers = {"x-api-key": "cs_test_a"}

    async def ask() -> int:
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector) as session, session.get(STATUS, headers=headers) as reply:
            return reply.status

    assert (SESSION.get(STATUS, headers=headers, timeout=5).status_code, asyncio.run(ask())) == (200, 200)
    cannon_mock.assert_called(2)
    assert asked_hosts == []


SPELLINGS = [
    HOST,
    "WWW.CannonStudio.App",
    f"{HOST}.",
    b"cannonstudio.app",
    "a.b.cannonstudio.app",
    "\uff57\uff57\uff57\uff0ecannonstudio.app",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_name_is_refused_in_any_spelling(host: Any) -> None:
    """Each function of Python's that resolves is refused each spelling of a host of the vendor's."""
    functions: list[Any] = [socket.gethostbyname, socket.gethostbyname_ex, socket.gethostbyaddr]
    for function in functions:
        with expect_refusal():
            function(host)
    with expect_refusal():
        socket.getaddrinfo(host, 443)


@pytest.mark.parametrize(
    "host", ["notcannonstudio.app", "cannonstudio.app.example", "localhost", None, b"\xff", "a" * 70]
)
def test_another_host_is_left_alone(asked_hosts: list[str], host: Any) -> None:
    """A host that only looks like one of the vendor's reaches the resolver as it would without the guard."""
    with guard_vendor(BASE), pytest.raises(OSError, match="the network was asked"):
        socket.create_connection((host, 443))
    assert (len(asked_hosts), take_attempts()) == (1, [])


def test_a_call_through_a_proxy_is_refused(listener: socket.socket) -> None:
    """A proxy of http.client's gets neither a CONNECT nor a request for a URL of the vendor's."""
    host, port = listener.getsockname()
    with closing(http.client.HTTPSConnection(host, port)) as tunnel, expect_refusal():
        tunnel.set_tunnel(HOST)
        tunnel.request("GET", "/")
    with pytest.raises(BlockingIOError):
        listener.accept()
    with closing(http.client.HTTPConnection(host, port)) as forward, expect_refusal():
        forward.request("GET", f"http://{HOST}/")
    assert read_all(listener) == b""


def test_a_connection_from_before_is_refused(listener: socket.socket) -> None:
    """A connection that http.client made before the guard carries nothing to the vendor while it is active."""
    with closing(http.client.HTTPConnection(*listener.getsockname())) as kept:
        kept.connect()
        kept.host = HOST
        with expect_refusal():
            kept.request("GET", "/")
    assert read_all(listener) == b""


def read_all(listener: socket.socket) -> bytes:
    connection, _ = listener.accept()
    with connection:
        return connection.recv(1000)


def test_functions_are_as_before_after_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the guard its functions are the old ones, and what a test put in their place meanwhile stays."""
    create_connection, own_functions = socket.create_connection, dict(vars(socket.socket))
    with guard_vendor(BASE), guard_vendor(BASE):
        assert socket.create_connection is not create_connection
    assert socket.create_connection is create_connection
    assert dict(vars(socket.socket)) == own_functions
    with guard_vendor(BASE):
        monkeypatch.setattr(socket, "create_connection", print)
    assert socket.create_connection is print
    monkeypatch.undo()  # restores the guard's function, which now lets everything pass
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", 1))
    socket.create_connection = create_connection


def test_a_library_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none of the other libraries is installed the guard watches Python's own functions."""
    from cannon_mock.testing import vendor_guard

    others = set(vendor_guard._GUARDED_FUNCTIONS) - {"socket", "ssl", "asyncio.base_events"}
    for name in others:
        monkeypatch.setitem(sys.modules, name, None)
    vendor_guard._list_guarded_functions.cache_clear()
    modules = {full_name.partition(".")[0] for _, _, full_name in vendor_guard._list_guarded_functions()}
    vendor_guard._list_guarded_functions.cache_clear()
    assert modules == {"socket", "ssl", "asyncio"}


TESTS = """
import http.client, socket, threading
import httpx, pytest, requests

HOST = "www.cannonstudio.app"

def swallow():
    try:
        http.client.HTTPSConnection(HOST).request("GET", "/")
    except Exception:
        pass

def test_swallowed(cannon_mock):
    swallow()

def test_skipped(cannon_server):
    swallow()
    pytest.skip("no network here")

def test_in_a_thread(cannon_server):
    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()

def test_without_a_fixture():
    swallow()

def test_raised(cannon_mock):
    socket.create_connection((HOST, 443))

def test_wrapped(cannon_server):
    try:
        requests.get("https://" + HOST, timeout=5)
    except Exception:
        raise LookupError("no answer") from None

@pytest.fixture
def careless(cannon_mock):
    yield
    swallow()

def test_in_a_teardown(careless):
    pass

@pytest.mark.xfail
def test_expected(cannon_mock):
    swallow()
    assert 1 == 2

def test_served(cannon_mock):
    assert httpx.get("https://" + HOST + "/api/v1/status", headers={"x-api-key": "cs_test_a"}).status_code == 200
"""


def test_an_attempt_fails_its_test(tmp_path: Path) -> None:
    """M2: an attempt fails its test where the code swallowed it, in a thread, before a skip, in a teardown.

    The ini value does so for tests without a fixture of the mock.
    """
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\ncannon_guard = true\n")
    status, output = run_pytest(tmp_path)
    assert (status, "6 failed, 2 passed, 1 xfailed, 1 error" in output) == (1, True), output
    for name in ("swallowed", "skipped", "in_a_thread", "without_a_fixture"):
        assert f"FAILED test_it.py::test_{name} - attempts to reach the vendor:" in output, output
    assert "ERROR test_it.py::test_in_a_teardown - attempts to reach the vendor" in output
    assert "www.cannonstudio.app by socket.create_connection, called in test_it.py, line 9\n" in output
    assert "give any other client, or another process, the url of cannon_server" in output
    assert "- attempts to reach the vendor -" in output  # beside the LookupError


@pytest.mark.parametrize(
    "options", [(), pytest.param(("-n", "1"), marks=pytest.mark.extended)], ids=["alone", "in a worker"]
)
def test_the_option_guards_a_whole_session(tmp_path: Path, options: tuple[str, ...]) -> None:
    """``--cannon-guard`` fails an attempt at import, and one after the last test."""
    swallow = "import socket\ntry:\n    socket.gethostbyname('www.cannonstudio.app')\nexcept Exception:\n    pass\n"
    (tmp_path / "test_at_import.py").write_text(f"{swallow}\ndef test_it():\n    pass\n")
    condition = f"hasattr(session.config, 'workeroutput') is {bool(options)}"
    at_end = f"def pytest_sessionfinish(session):\n if {condition}:\n  "
    (tmp_path / "conftest.py").write_text(at_end + "\n  ".join(swallow.splitlines()))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --cannon-guard\n")
    status, output = run_pytest(tmp_path, *options)
    assert (status, "1 error" in output) == (1 if options else 2, True), output
    assert "ERROR test_at_import.py - attempts to reach the vendor" in output
    assert "socket.gethostbyname, called in conftest.py, line 5\nNothing was sent. cannon_mock answers" in output
