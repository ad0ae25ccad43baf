"""How much of a reply is read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from itertools import repeat

import httpx
import pytest

from cannon_contract.client.bounded_reading import LargeReply, bound_reply

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


def read(body: Body, headers: dict[str, str], status: int = 200, path: str = "/", **reply: str) -> bytes:
    """The content of a reply with a body and headers, to a call with headers."""
    hooks = {"response": [bound_reply]}
    reply_headers = {name.replace("_", "-"): value for name, value in reply.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=reply_headers, stream=body))
    with httpx.Client(transport=transport, event_hooks=hooks) as client:
        return client.send(
            httpx.Request("GET", f"http://x{path}", headers=headers), follow_redirects=not headers
        ).content


@pytest.mark.parametrize(
    ("headers", "path", "status", "mib"),
    [
        (KEY, "/", 200, 2),
        ({"authorization": "Bearer a"}, "/", 200, 2),
        ({}, "/", 302, 2),
        ({}, "/a/api/v1/status", 200, 2),
        ({}, "/__mock__/health", 200, 2),
        ({}, "/", 200, 40),
    ],
)
def test_a_reply_without_an_end_is_not_read_to_it(headers: dict[str, str], path: str, status: int, mib: int) -> None:
    """Of a reply at most 2 MiB are read, of a file 40; then the connection is closed and the error says so."""
    body = Body(repeat(MIB))
    with pytest.raises(LargeReply, match=f"^more than {mib} MiB$"):
        read(body, headers, status, path=path, **({"location": "/next"} if status == 302 else {}))
    assert (body.count, body.is_closed) == (mib + 1, True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity", "gzip, identity", "utf-8"])
def test_a_reply_within_its_bounds_is_read_whole(coding: str) -> None:
    """A reply of exactly 2 MiB is read, with its content coding undone."""
    encode = {"gzip": gzip.compress, "deflate": zlib.compress}.get(coding.partition(",")[0], bytes)
    parts = encode(MIB * 2)
    body = Body([parts[:1000], parts[1000:]])
    assert read(body, KEY, content_encoding=coding) == MIB * 2
    assert body.is_closed


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_the_bytes_are_counted_with_the_coding_undone(coding: str) -> None:
    """A small body that grows beyond the bounds when its coding is undone is not read."""
    encode = {"gzip": gzip.compress, "deflate": zlib.compress}[coding]
    body = Body([encode(MIB * 2 + b"x")])
    with pytest.raises(LargeReply, match="more than 2 MiB"):
        read(body, KEY, content_encoding=coding)
    assert body.is_closed


def test_no_piece_of_a_reply_grows_large() -> None:
    """A part whose coding is undone is a small piece, though the target sends all of a bomb at once."""
    body = Body([gzip.compress(MIB * 32)])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=body))
    hooks = {"response": [bound_reply]}
    with httpx.Client(transport=transport, event_hooks=hooks) as client, client.stream("GET", "http://x/") as response:
        sizes = [len(part) for part in response.iter_bytes()]
    assert (sum(sizes), max(sizes) < 5 * len(MIB)) == (32 * len(MIB), True)


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1", b'{"a":[]}'])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_reply_of_many_values_is_not_read(value: bytes, coding: str) -> None:
    """A reply of the API with so many JSON values that to judge them takes much memory is not read; a file is."""
    content = b"[" + b",".join([value] * 40_000) + b"]"
    parts = [gzip.compress(content) if coding == "gzip" else content]
    with pytest.raises(LargeReply, match=r"^JSON values for more than 1 MiB of memory$"):
        read(Body(parts), KEY, content_encoding=coding)
    assert read(Body(parts), {}, content_encoding=coding) == content


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
