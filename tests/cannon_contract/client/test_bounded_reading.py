"""How much of a reply is read, and for how long."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from itertools import count, islice, repeat

import httpx
import pytest

from cannon_contract.client.bounded_reading import LargeReply, SlowReply, bound_reply

MIB = bytes(2**20)
KEY = {"x-api-key": "cs_live_4f9aQ7xE"}


class Body(httpx.SyncByteStream):
    """A body that comes in parts; it counts those that were read, and knows whether it was closed."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.count, self.is_closed = parts, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.count += 1
            yield part

    def close(self) -> None:
        self.is_closed = True


def read(
    body: Body, headers: dict[str, str], status: int = 200, seconds_each: float = 0, path: str = "/", **reply: str
) -> bytes:
    """The content of a reply with a body and headers, to a call with headers; time goes on with each look at it."""
    times = count(0, seconds_each)
    hooks = {"response": [lambda response: bound_reply(response, lambda: next(times))]}
    reply_headers = {name.replace("_", "-"): value for name, value in reply.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=reply_headers, stream=body))
    with httpx.Client(transport=transport, event_hooks=hooks) as client:
        return client.send(
            httpx.Request("GET", f"http://x{path}", headers=headers), follow_redirects=not headers
        ).content


@pytest.mark.parametrize(
    ("headers", "path", "status", "mib"),
    [
        (KEY, "/", 200, 8),
        ({"authorization": "Bearer a"}, "/", 200, 8),
        ({}, "/", 302, 8),
        ({}, "/a/api/v1/status", 200, 8),
        ({}, "/__mock__/health", 200, 8),
        ({}, "/", 200, 100),
    ],
)
def test_a_reply_without_an_end_is_not_read_to_it(headers: dict[str, str], path: str, status: int, mib: int) -> None:
    """Of a reply at most 8 MiB are read, of a file 100; then the connection is closed and the error says so."""
    body = Body(repeat(MIB))
    with pytest.raises(LargeReply, match=f"^more than {mib} MiB$"):
        read(body, headers, status, path=path, **({"location": "/next"} if status == 302 else {}))
    assert (body.count, body.is_closed) == (mib + 1, True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity", "gzip, identity", "utf-8"])
def test_a_reply_within_its_bounds_is_read_whole(coding: str) -> None:
    """A reply of exactly 8 MiB is read, with its content coding undone."""
    encode = {"gzip": gzip.compress, "deflate": zlib.compress}.get(coding.partition(",")[0], bytes)
    parts = encode(MIB * 8)
    body = Body([parts[:1000], parts[1000:]])
    assert read(body, KEY, content_encoding=coding) == MIB * 8
    assert body.is_closed


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_the_bytes_are_counted_with_the_coding_undone(coding: str) -> None:
    """A small body that grows beyond the bounds when its coding is undone is not read."""
    encode = {"gzip": gzip.compress, "deflate": zlib.compress}[coding]
    body = Body([encode(MIB * 8 + b"x")])
    with pytest.raises(LargeReply, match="more than 8 MiB"):
        read(body, KEY, content_encoding=coding)
    assert body.is_closed


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd, gzip"])
def test_a_coding_that_cannot_be_bounded_is_not_undone(coding: str) -> None:
    """A reply with a coding that could grow without bounds is refused before it is read."""
    body = Body([b"a"])
    with pytest.raises(httpx.TransportError, match=f"the content coding {coding}, for which no call asks"):
        read(body, KEY, content_encoding=coding)
    assert (body.count, body.is_closed) == (0, True)


def test_a_coding_that_cannot_be_undone_is_no_traceback() -> None:
    """A body that is not in the coding of its header is a reply that cannot be decoded."""
    with pytest.raises(httpx.DecodingError):
        read(Body([b"no gzip"]), KEY, content_encoding="gzip")


@pytest.mark.parametrize(("headers", "seconds"), [(KEY, 30), ({}, 120)])
def test_a_reply_must_be_whole_in_time(headers: dict[str, str], seconds: int) -> None:
    """A reply that comes byte by byte is not waited for: after its time the connection is closed."""
    body = Body(repeat(b" "))
    with pytest.raises(SlowReply, match=f"^not whole after {seconds} s$"):
        read(body, headers, seconds_each=1)
    assert (body.count, body.is_closed) == (seconds + 1, True)
    assert read(Body(islice(repeat(b" "), seconds)), headers, seconds_each=1) == b" " * seconds
