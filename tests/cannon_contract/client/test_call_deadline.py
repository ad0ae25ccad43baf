"""How long a call takes, however its bytes come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import Any

import httpcore
import httpx
import pytest

from cannon_contract.client.bounded_reading import SlowReply, bound_reply
from cannon_contract.client.call_deadline import DeadlineClient
from cannon_contract.client.outcomes import NotTested
from cannon_contract.spending.time_limit import TimeLimit

KEY = {"x-api-key": "cs_live_4f9aQ7xE"}
OK = b"HTTP/1.1 200 OK\r\n"


class Wire(httpcore.NetworkStream):
    """A connection without a network, on which each step takes a second: what it reads are the parts of a reply."""

    def __init__(self) -> None:
        self.parts: Iterator[bytes] = iter(())
        self.time_s = 0.0
        self.timeouts: list[float | None] = []
        self.hosts: list[str] = []

    def connect_tcp(self, _: object, host: str, port: int, timeout: float | None = None, **__: Any) -> Wire:
        self.hosts.append(host)
        self._pass_second(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._pass_second(timeout)
        return next(self.parts, b"")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pass_second(timeout)

    def start_tls(self, ssl_context: object, server_hostname: str | None = None, timeout: float | None = None) -> Wire:
        self._pass_second(timeout)
        return self

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> None:
        pass

    def _pass_second(self, timeout: float | None) -> None:
        self.time_s += 1
        self.timeouts.append(timeout)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What every connection of httpcore is."""
    wire = Wire()
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *call, **more: wire.connect_tcp(*call, **more))
    return wire


def call(
    wire: Wire, parts: Iterable[bytes], headers: dict[str, str] = KEY, url: str = "http://x/", **more: Any
) -> bytes:
    """The content of a reply that comes in parts, by a client whose calls have 10 seconds."""
    wire.parts = filter(None, parts)
    hooks = {"response": [bound_reply]}
    with DeadlineClient(10, lambda: wire.time_s, event_hooks=hooks, verify=False, **more) as client:
        return client.send(httpx.Request("GET", url, headers=headers), follow_redirects=not headers).content


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b"H"),
        (OK + b"X-A: ", b"a"),
        (OK, b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 103 X\r\n\r\n"),
        (OK + b"Content-Length: 1000\r\n\r\n", b" "),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
)
def test_a_call_ends_in_time_however_its_reply_comes(wire: Wire, start: bytes, part: bytes) -> None:
    """A reply that comes part by part is waited for as long as the call may take in all, and each wait ends by then."""
    with pytest.raises(httpx.ReadTimeout, match=r"^no whole reply after 10 s$"):
        call(wire, chain([start], repeat(part)))
    assert (wire.time_s, wire.timeouts) == (10, [10.0 - second for second in range(10)])


@pytest.mark.parametrize("start", [OK, OK + b"\r\n"])
def test_a_call_that_reads_ends_with_the_time_of_the_run(wire: Wire, start: bytes) -> None:
    """When --max-time is over, a call under way that only reads is ended, a file too; a create has all of its time."""
    limit = TimeLimit(3, lambda: wire.time_s)
    with DeadlineClient(10, lambda: wire.time_s, event_hooks={"response": [bound_reply]}, verify=False) as client:
        send = limit.bound(client.send)
        wire.parts = chain([start], repeat(b"a"))
        with pytest.raises(httpx.ReadTimeout, match=r"^no whole reply after \d+ s$"):
            send(httpx.Request("POST", "http://x/api/v1/requests", headers=KEY))
        assert wire.time_s >= 10
        limit = TimeLimit(3, lambda: wire.time_s)
        wire.parts, before_s = chain([start], repeat(b"a")), wire.time_s
        with pytest.raises(NotTested, match=r"^--max-time 3 is over$"):
            limit.bound(client.send)(httpx.Request("GET", "http://x/"))
        assert wire.time_s == before_s + 3


def test_a_file_may_take_four_times_as_long(wire: Wire) -> None:
    """A file has forty seconds from the start of its call, once its headers are there."""
    with pytest.raises(SlowReply, match=r"^no whole reply after 40 s$"):
        call(wire, chain([OK + b"\r\n"], repeat(b"a")), {})
    assert wire.time_s == 40
    with pytest.raises(httpx.ReadTimeout, match=r"^no whole reply after 10 s$") as caught:
        call(wire, chain([OK + b"X-A: "], repeat(b"a")), {})
    assert not isinstance(caught.value, SlowReply)


def test_redirects_take_no_time_of_their_own(wire: Wire) -> None:
    """All redirects of a call have the time of one call."""
    redirect = b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /next\r\n\r\n"
    with pytest.raises(httpx.TimeoutException, match=r"^no whole reply after 10 s$"):
        call(wire, repeat(redirect), {})
    assert wire.time_s == 10


@pytest.mark.parametrize("url", ["http://x/", "https://x/"])
def test_calls_through_a_proxy_end_in_time_too(wire: Wire, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A proxy of the environment is used, with each step of it within the time of the call."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:3128")
    with pytest.raises(httpx.TimeoutException, match=r"^no whole reply after 10 s$"):
        call(wire, chain([OK + b"\r\n"] if url.startswith("https") else [], repeat(b"H")), url=url)
    assert (wire.hosts, wire.time_s) == (["proxy.test"], 10)
    assert None not in wire.timeouts


def test_a_call_within_its_time_is_answered(wire: Wire) -> None:
    """A reply that is whole in time comes as it is."""
    assert call(wire, [OK, b"Content-Length: 2\r\n\r\n", b"a", b"b"]) == b"ab"
