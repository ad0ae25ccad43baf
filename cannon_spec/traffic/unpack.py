"""Unpack recorded bodies that are still compressed, up to a limit (floor 2)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from gzip import BadGzipFile, GzipFile
from importlib import import_module
from io import BytesIO
from typing import Any

from cannon_spec.installation import advise_extra

_MAX_LAYERS = 4
"""A body that is compressed so many times is none that a server sent."""

_GZIP, _ZSTD, _ZLIB = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")


class UnreadableBody(Exception):
    """A recorded body cannot be read; the message says why, and is the same for each body with this problem."""


class UnlikelyReading(UnreadableBody):
    """Bytes that nothing but a header calls compressed cannot be unpacked, so they may be something else."""


class MissingLibrary(UnreadableBody):
    """The library that unpacks a body is not installed."""


def unpack(data: bytes, codings: Sequence[str], limit: int) -> bytes:
    """Unpack what the bytes themselves or ``codings``, those of Content-Encoding, say is compressed.

    Most recorders unpack a body and leave the header as it was, so text is returned as it is. Raises UnreadableBody,
    also for a result of more than ``limit`` bytes.
    """
    pending_codings = [coding for coding in codings if coding in _DECODERS]
    for _ in range(_MAX_LAYERS):
        coding = _find_coding(data)
        if coding is not None:
            data = expect_within(_DECODERS[coding](data, limit), limit)
            pending_codings = [each for each in pending_codings if each != coding]
        elif pending_codings and not is_text(data):
            data = expect_within(_unpack_by_header(data, pending_codings.pop(), limit), limit)
        else:
            return data
    raise UnreadableBody(f"compressed {_MAX_LAYERS} times or more")


def expect_within(data: bytes, limit: int) -> bytes:
    """The bytes. Raises UnreadableBody if they are more than ``limit``."""
    if len(data) > limit:
        raise UnreadableBody(f"larger than {limit / 2**20:.3g} MiB")
    return data


def _unpack_by_header(data: bytes, coding: str, limit: int) -> bytes:
    try:
        return _DECODERS[coding](data, limit)
    except MissingLibrary:
        raise
    except UnreadableBody as error:
        raise UnlikelyReading(str(error)) from None


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters."""
    try:
        return not _NO_TEXT.search(data.decode())
    except UnicodeDecodeError:
        return False


def _find_coding(data: bytes) -> str | None:
    """The compression that the first bytes show. Those of br show nothing."""
    if data.startswith(_GZIP):
        return "gzip"
    if data.startswith(_ZSTD):
        return "zstd"
    return "deflate" if data.startswith(_ZLIB) and not is_text(data) else None


def _unpack_gzip(data: bytes, limit: int) -> bytes:
    try:
        with GzipFile(fileobj=BytesIO(data)) as stream:
            return stream.read(limit + 1)
    except EOFError:
        raise UnreadableBody("cut off") from None
    except (BadGzipFile, zlib.error):
        raise _damaged("gzip") from None


def _unpack_deflate(data: bytes, limit: int) -> bytes:
    """Unpack a zlib stream, or the bare one that some servers send under this name."""
    for window_bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        decoder = zlib.decompressobj(window_bits)
        try:
            return _expect_end(decoder.decompress(data, limit + 1), limit, decoder.eof)
        except zlib.error:
            continue
    raise _damaged("deflate")


def _unpack_br(data: bytes, limit: int) -> bytes:
    brotli = _import_library("br", "brotli")
    decoder = brotli.Decompressor()
    if not hasattr(decoder, "can_accept_more_data"):  # older ones unpack without a limit
        raise MissingLibrary(f"compressed with br, which needs brotli 1.2 or later; {advise_extra('traffic')}")
    try:
        result = decoder.process(data, output_buffer_limit=limit + 1)
        while not decoder.can_accept_more_data() and len(result) <= limit:
            result += decoder.process(b"", output_buffer_limit=limit + 1)
    except brotli.error:
        raise _damaged("br") from None
    return _expect_end(result, limit, decoder.is_finished())


def _unpack_zstd(data: bytes, limit: int) -> bytes:
    zstd = _import_library("zstd", "compression.zstd", "backports.zstd")  # the first is a part of Python 3.14
    decoder = zstd.ZstdDecompressor()
    try:
        result = decoder.decompress(data, max_length=limit + 1)
    except zstd.ZstdError:
        raise _damaged("zstd") from None
    return _expect_end(result, limit, decoder.eof)


def _import_library(coding: str, *names: str) -> Any:
    """The first module that is installed. Raises MissingLibrary if there is none."""
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise MissingLibrary(f"compressed with {coding}, which needs {names[-1]}; {advise_extra('traffic')}")


def _expect_end(result: bytes, limit: int, has_ended: bool) -> bytes:
    """The result of a decoder that came to the end of its stream, or was stopped at the limit."""
    if has_ended or len(result) > limit:
        return result
    raise UnreadableBody("cut off")


def _damaged(coding: str) -> UnreadableBody:
    return UnreadableBody(f"compressed with {coding}, and damaged")


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _unpack_gzip,
    "x-gzip": _unpack_gzip,
    "deflate": _unpack_deflate,
    "br": _unpack_br,
    "zstd": _unpack_zstd,
}
