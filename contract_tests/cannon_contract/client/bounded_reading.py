"""How much of a reply is read, and for how long: a target may send without an end (floor 6)."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import httpx

KEY_HEADERS = ("x-api-key", "authorization")
"""The headers that an API key may be in."""
READ_TIMEOUT_S = 30.0
"""How long a target may be silent before its reply, and within it."""

_MIB = 2**20
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS, "br": 0, "zstd": 0}
"""The content codings that httpx may undo, and what zlib needs to: 0 where zlib does not know them."""


class LargeReply(httpx.TransportError):
    """A reply has more bytes than are read."""


class SlowReply(httpx.ReadTimeout):
    """A reply comes, but not to its end in time."""


class ReplyBounds(NamedTuple):
    """What a reply may take: bytes, before and after a content coding is undone, and seconds for its body."""

    size: int
    seconds: float


REPLY_BOUNDS = ReplyBounds(8 * _MIB, READ_TIMEOUT_S)
FILE_BOUNDS = ReplyBounds(100 * _MIB, 120.0)
"""The bounds of a file of an output, which is fetched without an API key."""
_API_PATHS = ("/api/v1/", "/__mock__/health", "/__mock__/assumptions")


def bound_reply(response: httpx.Response, now_s: Callable[[], float] = time.monotonic) -> None:
    """Bound the reading of a reply whose body has not been read: a hook of a client, for redirects too.

    The reading raises LargeReply or SlowReply where the body is beyond its bounds, and the client then closes the
    connection. Raises httpx.TransportError at once for content codings that it could not bound.
    """
    bounds = FILE_BOUNDS if _is_file(response) else REPLY_BOUNDS
    if isinstance(response.stream, httpx.SyncByteStream):
        response.stream = _BoundedStream(response.stream, bounds, _find_coding(response), now_s)


def _is_file(response: httpx.Response) -> bool:
    """Whether a reply may be a file: neither a redirect nor one of the API, with or without an API key."""
    request = response.request
    is_call = any(name in request.headers for name in KEY_HEADERS) or any(
        map(request.url.path.__contains__, _API_PATHS)
    )
    return not (is_call or response.has_redirect_location)


def _find_coding(response: httpx.Response) -> str:
    """Find the content coding that httpx is going to undo; empty where there is none."""
    values = response.headers.get("content-encoding", "").lower().split(",")
    codings = [each for each in map(str.strip, values) if each in _WINDOW_BITS]
    if len(codings) > 1 or not all(_WINDOW_BITS[each] for each in codings):
        names = ", ".join(codings)
        raise httpx.TransportError(f"a reply with the content coding {names}, for which no call asks")
    return codings[0] if codings else ""


@dataclass
class _BoundedStream(httpx.SyncByteStream):
    """The bytes of a reply as they come. It looks at them before httpx undoes their content coding."""

    stream: httpx.SyncByteStream
    bounds: ReplyBounds
    coding: str
    now_s: Callable[[], float]

    def __iter__(self) -> Iterator[bytes]:
        end_s = self.now_s() + self.bounds.seconds
        count_decoded = _make_counter(self.coding, self.bounds.size)
        size = decoded_size = 0
        for chunk in self.stream:
            size += len(chunk)
            decoded_size += count_decoded(chunk)
            if max(size, decoded_size) > self.bounds.size:
                raise LargeReply(f"more than {self.bounds.size // _MIB} MiB")
            if self.now_s() > end_s:
                raise SlowReply(f"not whole after {self.bounds.seconds:g} s")
            yield chunk

    def close(self) -> None:
        self.stream.close()


def _make_counter(coding: str, most: int) -> Callable[[bytes], int]:
    """Make a function that counts the bytes of a chunk with its coding undone, up to one more than ``most``."""
    if not coding:
        return len
    decoder = zlib.decompressobj(_WINDOW_BITS[coding])

    def count(chunk: bytes) -> int:
        try:
            return len(decoder.decompress(chunk, most + 1))
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from None

    return count
