"""A guard that keeps the code of a test from reaching the vendor's hosts (floor 5).

Python tells an audit hook what its own sockets are about to do, whatever code uses them, and the hook may refuse it. It
is told too late where a name is resolved in C, and nothing by a library that has sockets of its own. So functions that
take a host are wrapped besides, for as long as a guard is active: those in ``_GUARDED_FUNCTIONS``, some of which are
internals of asyncio, urllib3, httpcore and aiohttp. Unguarded are another process, and a library that resolves and
connects in C and is not in that table.

The plugin loads this module in every run, so that it imports nothing but the standard library before a guard is active.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

OPTION = "--cannon-guard"
HELP = "fail every test that tries to reach the vendor's hosts, with or without a fixture of the mock"
ADVICE = (
    "cannon_mock answers httpx, httpx2, requests, urllib3 and aiohttp in this process; "
    "give any other client, or another process, the url of cannon_server"
)

_PROXIES = tuple(
    f"{name}.create_connection" for name in ("HTTPProxy", "AsyncHTTPProxy", "SOCKSProxy", "AsyncSOCKSProxy")
)

_GUARDED_FUNCTIONS = {
    "socket": ("create_connection", "socket.connect", "socket.connect_ex", "socket.sendto", "socket.sendmsg"),
    "ssl": ("SSLContext.wrap_socket", "SSLContext.wrap_bio"),  # also behind a proxy, or by an IP address
    "asyncio.base_events": ("BaseEventLoop.getaddrinfo",),
    "urllib3.util.connection": ("create_connection",),
    "httpcore": _PROXIES,  # a proxy is told the name of the host
    "httpcore2": _PROXIES,
    "aiohttp.connector": ("TCPConnector._create_proxy_connection",),
    "uvloop": ("Loop.getaddrinfo", "Loop.create_connection", "Loop.create_datagram_endpoint", "Loop.sock_connect"),
    "pycares": ("Channel.getaddrinfo", "Channel.gethostbyname", "Channel.query", "Channel.search"),
    "curl_cffi.curl": ("Curl.setopt",),
    "pycurl": ("Curl.setopt",),
}
"""What takes a host, an address or a URL, by module.

pytest-socket replaces ``socket.getaddrinfo`` and ``gethostbyname``, and restores them only where they are its own: the
audit hook watches these.
"""

_SCHEME = re.compile(r"^[a-z][a-z0-9+-]*:/+", re.IGNORECASE)
"""The start of a URL. curl takes one without it, and with more or fewer slashes."""

_MARK = "is_cannon_guard"
_IMMUTABLE_TYPE = 1 << 8
"""The flag of a class in C whose attributes cannot be set (Py_TPFLAGS_IMMUTABLETYPE)."""

_active_domains: list[str] = []
_attempts: list[str] = []


class VendorCallError(AssertionError):
    """The code of a test tried to reach the vendor."""


@contextmanager
def guard_vendor(base_url: str) -> Iterator[None]:
    """Refuse every attempt to resolve, or connect to, a host in the domain of ``base_url``, while the context lasts.

    An attempt raises VendorCallError before anything is asked, and ``take_attempts`` returns it.
    """
    from cannon_spec.hosts import find_domain

    domain = find_domain(base_url)
    _add_audit_hook()
    wrapped_functions = _wrap_functions()
    _active_domains.append(domain)
    try:
        yield
    finally:
        _active_domains.remove(domain)
        _unwrap(wrapped_functions)


def note_attempts(attempts: Iterable[str]) -> None:
    """Note attempts that another process of the same run has taken."""
    _attempts.extend(attempts)


def take_attempts() -> list[str]:
    """The attempts since the last call, each once, in readable lines."""
    attempts = list(dict.fromkeys(_attempts))
    _attempts.clear()
    return attempts


@cache
def _add_audit_hook() -> None:
    """Add the hook once: Python cannot remove it. It costs a quarter of a microsecond per event."""
    sys.addaudithook(_watch_event)


def _watch_event(event: str, args: tuple[Any, ...]) -> None:
    if _active_domains and event in _HOST_VALUES:
        _refuse_vendor(event, _HOST_VALUES[event](args))


def _find_tunnel_values(args: tuple[Any, ...]) -> Iterable[object]:
    """The host behind the proxy to which a connection of http.client connects."""
    return (getattr(args[0], "_tunnel_host", None),)


def _find_sent_values(args: tuple[Any, ...]) -> Iterable[object]:
    """The hosts that bytes of http.client go to, on a connection that may be older than the guard."""
    import socket

    connection, data = args
    if not isinstance(
        getattr(connection, "sock", None), socket.SocketType
    ):  # within a bridge, or another library that has no network
        return ()
    target = bytes(data).split(b" ", 2)[1:2] if isinstance(data, bytes | bytearray) else ()  # a whole URL for a proxy
    return (connection.host, getattr(connection, "_tunnel_host", None), *target)


def _keep_values(args: tuple[Any, ...]) -> Iterable[object]:
    return args


_HOST_VALUES: dict[str, Callable[[tuple[Any, ...]], Iterable[object]]] = {
    "socket.getaddrinfo": _keep_values,
    "socket.gethostbyname": _keep_values,
    "socket.gethostbyaddr": _keep_values,
    "socket.connect": _keep_values,
    "socket.sendto": _keep_values,
    "socket.sendmsg": _keep_values,
    "http.client.connect": _find_tunnel_values,
    "http.client.send": _find_sent_values,
}
"""The audit events that are watched, each with what finds the values of its arguments that may name a host."""


def _refuse_vendor(function: str, values: Iterable[object]) -> None:
    """Raise VendorCallError where one of the values names a host of a guarded domain."""
    from cannon_spec.hosts import is_in_domain
    from cannon_spec.printable import escape_unprintable

    for host in map(_read_host, values):
        if host and any(is_in_domain(host, domain) for domain in _active_domains):
            attempt = escape_unprintable(f"{host} by {function}{_describe_caller()}")
            _attempts.append(attempt)
            raise VendorCallError(f"the test tried to reach {attempt}; nothing was sent. {ADVICE}")


def _read_host(value: object) -> str:
    """The host that a value names: a name, an address of a socket, a URL, or an object that has one of these."""
    value = getattr(value, "url", value)
    value = getattr(value, "host", value)
    if isinstance(value, tuple) and value:
        value = value[0]
    if isinstance(value, bytes | bytearray):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return ""
    try:
        host = urlsplit(f"//{_SCHEME.sub('', value)}").hostname or ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return value


def _describe_caller() -> str:
    """Where the innermost code that is of no library called, or nothing in a thread that has no such code."""
    from cannon_mock.testing.callers import list_own_frames  # late: runs without an attempt start faster without it

    frame = next(list_own_frames(), None)
    return f", called in {Path(frame.f_code.co_filename).name}, line {frame.f_lineno}" if frame else ""


@cache
def _list_guarded_functions() -> list[tuple[Any, str, str]]:
    """Owner, name and full name of each function, of the modules that are installed."""
    functions = []
    for module_name, paths in _GUARDED_FUNCTIONS.items():
        try:
            module = import_module(module_name)
        except ImportError:
            continue
        for path in paths:
            owner, name = _find_owner(module, path)
            if getattr(owner, "__flags__", 0) & _IMMUTABLE_TYPE:  # a subclass must take its place
                functions.append((module, owner.__name__, f"{module_name}.{path}"))
            elif hasattr(owner, name):  # else another version of the library, without it
                functions.append((owner, name, f"{module_name}.{path}"))
    return functions


def _find_owner(module: Any, path: str) -> tuple[Any, str]:
    class_name, _, name = path.rpartition(".")
    if not class_name:
        return module, name
    # A test library may have put a subclass of its own in the place of a class, as pytest-socket does.
    classes = getattr(module, class_name).__mro__
    return next((each for each in classes if each.__module__ == module.__name__), classes[0]), name


def _wrap_functions() -> list[tuple[Any, str, Any]]:
    """Wrap those functions that are not wrapped yet; owner, name and wrapper of each."""
    wrapped_functions = []
    for owner, name, full_name in _list_guarded_functions():
        function = getattr(owner, name)
        if getattr(function, _MARK, None) is not True:  # a Mock has every attribute
            wrapper = _build_wrapper(function, full_name, is_own=name in vars(owner))
            setattr(owner, name, wrapper)
            wrapped_functions.append((owner, name, wrapper))
    return wrapped_functions


def _build_wrapper(function: Callable[..., Any], full_name: str, *, is_own: bool) -> Callable[..., Any]:
    if isinstance(function, type):
        return _build_subclass(function, full_name)

    @wraps(function, updated=())
    def check_hosts(*args: Any, **more: Any) -> Any:
        if _active_domains:
            _refuse_vendor(full_name, (*args, *more.values()))
        return function(*args, **more)

    setattr(check_hosts, _MARK, True)
    check_hosts.original = function if is_own else None  # type: ignore[attr-defined]
    return check_hosts


def _build_subclass(parent: type, full_name: str) -> type:
    """A class whose objects check the hosts; objects that were made before do not."""
    name = full_name.rpartition(".")[2]
    method = _build_wrapper(getattr(parent, name), full_name, is_own=True)
    return type(parent.__name__, (parent,), {name: method, _MARK: True, "original": parent})


def _unwrap(wrapped_functions: Iterable[tuple[Any, str, Any]]) -> None:
    """Restore each function, but not where a test library has put its own there meanwhile."""
    for owner, name, wrapper in wrapped_functions:
        if vars(owner).get(name) is not wrapper:
            continue
        if wrapper.original is None:  # the owner inherits it
            delattr(owner, name)
        else:
            setattr(owner, name, wrapper.original)
