"""How much of a reply is read: a target may send without an end (floor 6)."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from cannon_contract.client.call_deadline import find_deadline
from cannon_spec.json_memory import estimate_parsed_bytes

KEY_HEADERS = ("x-api-key", "authorization")
"""The headers that an API key may be in."""
_MIB = 2**20
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS, "br": 0, "zstd": 0}
"""The content codings that httpx may undo, and what zlib needs to: 0 where zlib does not know them."""


class LargeReply(httpx.TransportError):
    """A reply has more bytes, or more JSON values, than are read."""


class SlowReply(httpx.ReadTimeout):
    """A reply comes, but not to its end in time."""


LARGEST_REPLY, LARGEST_FILE = 2 * _MIB, 40 * _MIB
"""The most bytes of a reply, and of a file of an output, which is fetched without an API key: before and after its
content coding is undone."""
MOST_VALUES = _MIB
"""The most memory that the JSON values of a reply may take, beside its strings: 30,000 members, or 4,000 objects.

No reply that a page shows has a hundred. To judge a reply may take thirty times as much.
"""
_PIECE = 4096
_FILE_TIMES = 4
"""A file may take so many times as long as another reply."""
_API_PATHS = ("/api/v1/", "/__mock__/health", "/__mock__/assumptions")


def bound_reply(response: httpx.Response) -> None:
    """Bound the reading of a reply whose body has not been read: a hook of a client, for redirects too.

    The reading raises LargeReply where the body is beyond its bound, SlowReply where it is not whole at the deadline of
    its call, and the client then closes the connection. Raises httpx.TransportError at once for content codings that it
    could not bound.
    """
    is_file, deadline = _is_file(response), find_deadline()
    if is_file and deadline is not None:
        deadline.extend(_FILE_TIMES)
    if isinstance(response.stream, httpx.SyncByteStream):
        size, values = (LARGEST_FILE, math.inf) if is_file else (LARGEST_REPLY, MOST_VALUES)
        response.stream = _BoundedStream(response.stream, size, values, _find_coding(response))


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
    most: int
    most_values: float
    coding: str

    def __iter__(self) -> Iterator[bytes]:
        decode = _make_decoder(self.coding, self.most)
        size = decoded_size = values_size = 0
        for chunk in self._read_pieces():
            content = decode(chunk)
            size += len(chunk)
            decoded_size += len(content)
            values_size += estimate_parsed_bytes(content)
            if max(size, decoded_size) > self.most:
                raise LargeReply(f"more than {self.most // _MIB} MiB")
            if values_size > self.most_values:
                raise LargeReply(f"JSON values for more than {MOST_VALUES // _MIB} MiB of memory")
            yield chunk

    def _read_pieces(self) -> Iterator[bytes]:
        """Read pieces so small that no one of them grows by many megabytes when its coding is undone."""
        try:
            for chunk in self.stream:
                yield from (chunk[start : start + _PIECE] for start in range(0, len(chunk), _PIECE))
        except httpx.ReadTimeout as error:
            raise SlowReply(str(error)) from None

    def close(self) -> None:
        self.stream.close()


def _make_decoder(coding: str, most: int) -> Callable[[bytes], bytes]:
    """Make a function that undoes the coding of a chunk, up to one byte more than ``most``."""
    if not coding:
        return bytes
    decoder = zlib.decompressobj(_WINDOW_BITS[coding])

    def decode(chunk: bytes) -> bytes:
        try:
            return decoder.decompress(chunk, most + 1)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from None

    return decode
