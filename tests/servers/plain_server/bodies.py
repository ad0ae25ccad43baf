"""The bodies of HTTP requests, as their two framings deliver them."""

from collections.abc import Iterator
from email.message import Message
from typing import BinaryIO

LARGEST_BODY = 1_000_000
LARGEST_DRAIN = 32 * LARGEST_BODY
PIECE = 65_536
LONGEST_LINE = 1024


class BadFraming(Exception):
    """The length of a body cannot be told, or the body ended before its length."""


def read_body(file: BinaryIO, headers: Message) -> bytes | None:
    """Read a body to its end; a too large one is read away, so that its sender comes to read the reply."""
    body = bytearray()
    length = 0
    for piece in read_pieces(file, headers):
        length += len(piece)
        if length > LARGEST_DRAIN:
            raise BadFraming
        if length <= LARGEST_BODY:
            body += piece
    return bytes(body) if length <= LARGEST_BODY else None


def read_pieces(file: BinaryIO, headers: Message) -> Iterator[bytes]:
    """Read a body piece by piece."""
    if "transfer-encoding" in headers:
        return read_chunks(file)
    length = headers.get("content-length", "0").strip()
    if not (length.isascii() and length.isdigit()):
        raise BadFraming
    return read_exactly(file, int(length))


def read_exactly(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Read so many bytes."""
    while length:
        piece = file.read(min(length, PIECE))
        if not piece:
            raise BadFraming
        length -= len(piece)
        yield piece


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Read chunks up to the empty one, and the trailers after it."""
    while length := read_chunk_length(file):
        yield from read_exactly(file, length)
        file.readline(LONGEST_LINE)
    while file.readline(LONGEST_LINE).strip():
        pass


def read_chunk_length(file: BinaryIO) -> int:
    """Read the line before a chunk."""
    try:
        return int(file.readline(LONGEST_LINE).partition(b";")[0], 16)
    except ValueError:
        raise BadFraming from None
