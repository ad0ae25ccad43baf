"""Reads WAV files: chunks of a RIFF file, of which ``fmt`` says how many bytes a second has (floor 6)."""

from __future__ import annotations

import struct

from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, UnknownFormat

_MOST_CHUNKS = 1_000
_UNKNOWN_SIZES = (0, 2**32 - 1)
"""Sizes that a writer leaves which cannot go back: the sound goes on to the end of the file."""


def read_wav(content: bytes) -> MeasuredFile:
    """Measure a WAV file of any coding: its bytes by those of a second. Raises BrokenFile where it is cut off."""
    bytes_per_second, position = 0, 12
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(content):
            raise BrokenFile("it has no chunk data")
        name, size = struct.unpack_from("<4sI", content, position)
        position += 8
        if name == b"fmt " and position + 12 <= len(content):
            bytes_per_second = struct.unpack_from("<I", content, position + 8)[0]
        if name == b"data":
            return MeasuredFile(_find_data_size(content, position, size) / _check_rate(bytes_per_second))
        position += size + size % 2
    raise UnknownFormat(f"a WAV file with more than {_MOST_CHUNKS} chunks")


def _find_data_size(content: bytes, start: int, size: int) -> int:
    rest = len(content) - start
    if size in _UNKNOWN_SIZES:
        return rest
    if size > rest:
        raise BrokenFile(f"its sound has {size} bytes, of which {rest} are there")
    return size


def _check_rate(bytes_per_second: int) -> int:
    if not bytes_per_second:
        raise BrokenFile("it does not say how many bytes a second has")
    return bytes_per_second
