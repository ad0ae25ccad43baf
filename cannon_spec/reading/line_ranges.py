"""Ranges of bytes of a long file, each read as the whole lines that start in it (floor 2)."""

from __future__ import annotations

import os

from cannon_spec import inputs

_CHUNK_BYTES = 8 * 1024
"""What is read at once behind a range: most lines are shorter."""

_LONGEST_END = len(b"\r\n")


def read_range(descriptor: int, start: int, end: int) -> bytes:
    """The lines of an open file that start at the bytes from ``start`` up to, but without, ``end``.

    The last of them is read to its end, which may be far behind ``end``. One that is longer than a document may be is
    cut where that is certain. Nothing is moved in the file: several processes may read from one descriptor. Raises
    OSError.
    """
    # The byte before tells whether a line starts at the first one.
    before = max(start - 1, 0)
    data = _read_bytes(descriptor, before, end)
    if start:
        newline = data.find(b"\n")
        data = data[newline + 1 :] if newline >= 0 else b""
    if not data or data.endswith(b"\n"):
        return data
    return data + _read_rest(descriptor, end, _LONGEST_END + inputs.MAX_BYTES - (len(data) - data.rfind(b"\n") - 1))


def count_lines(descriptor: int, start: int, end: int) -> int:
    """How many lines of an open file start at the bytes from ``start`` up to ``end``. Raises OSError.

    ``end`` is at most the size of the file.
    """
    # A line starts at the first byte, and behind each end of a line.
    return _read_bytes(descriptor, max(start - 1, 0), end - 1).count(b"\n") + (start == 0 < end)


def _read_bytes(descriptor: int, start: int, end: int) -> bytes:
    """The bytes from ``start`` up to ``end``, or to the end of the file. Some file systems give a part at a time."""
    pieces: list[bytes] = []
    while start < end and (data := os.pread(descriptor, end - start, start)):
        pieces.append(data)
        start += len(data)
    return b"".join(pieces)


def _read_rest(descriptor: int, start: int, most: int) -> bytes:
    """What a line has from ``start`` on, with its end, but at most some bytes."""
    pieces: list[bytes] = []
    while most > 0 and (data := os.pread(descriptor, min(_CHUNK_BYTES, most), start)):
        end = data.find(b"\n") + 1
        pieces.append(data[:end] if end else data)
        if end:
            break
        start, most = start + len(data), most - len(data)
    return b"".join(pieces)
