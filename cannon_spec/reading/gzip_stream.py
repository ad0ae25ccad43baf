"""Files that are compressed with gzip, unpacked within a bound (floor 2)."""

from __future__ import annotations

import io
import zlib
from gzip import BadGzipFile, GzipFile
from typing import IO, Any, cast

from cannon_spec import claim_ids
from cannon_spec.errors import NotJSON

MAX_UNPACKED_BYTES = 4 * 1024 * 1024 * 1024
"""The most bytes that a file may unpack to: far more than people keep in one, and seconds to read."""


def unpack_gzip(stream: IO[bytes]) -> IO[bytes]:
    """The stream that a compressed one unpacks to, read piece by piece.

    Reading it raises NotJSON where the compressed one is damaged or cut off, or unpacks to too much.
    """
    return cast("IO[bytes]", io.BufferedReader(_UnpackedStream(stream)))


class _UnpackedStream(io.RawIOBase):
    def __init__(self, stream: IO[bytes]) -> None:
        self._gzip = GzipFile(fileobj=stream, mode="rb")
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._gzip.read(len(buffer))
        except EOFError:
            raise _refuse("the file is cut off: its gzip data has no end", "copy or download it once more") from None
        except (BadGzipFile, zlib.error) as error:
            raise self._refuse_data(error) from None
        self._size += len(data)
        if self._size > MAX_UNPACKED_BYTES:
            raise _refuse(f"the file unpacks to more than {MAX_UNPACKED_BYTES // 1024**2} MiB", "split it")
        buffer[: len(data)] = data
        return len(data)

    def _refuse_data(self, error: Exception) -> NotJSON:
        """The error for data that gzip did not write, or that has changed since."""
        if not self._size and str(error).startswith("Not a gzipped file"):
            return _refuse("the file is not gzip data", "compress it with gzip, or leave .gz out of its name")
        return _refuse("the file is damaged: its gzip data has changed", "copy or download it once more")


def _refuse(problem: str, advice: str) -> NotJSON:
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY)
