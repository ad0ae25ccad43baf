"""A progress bar for long files, and findings written past it (floor 2)."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO, cast

_LONG_FILE_BYTES = 1024 * 1024
"""A file of this size has a bar."""


class ProgressOutput:
    """Standard output, or another stream, beside a progress bar on standard error while a long file is read."""

    def __init__(self, stream: TextIO | None = None, *, has_bar: bool = True) -> None:
        self._has_bar = has_bar
        self._stream = stream or sys.stdout
        self._bar: Any = None

    def write(self, text: str) -> None:
        """Write without breaking the bar."""
        if self._bar is None:
            self._stream.write(text)
        else:
            self._bar.write(text, file=self._stream, end="")

    @contextmanager
    def track(self, stream: IO[bytes]) -> Iterator[IO[bytes]]:
        """Show how much is read of a stream: the caller reads the one that it gets instead."""
        size = _measure_long_file(stream) if self._has_bar else None
        if size is None:
            yield stream
            return
        from tqdm import tqdm  # late: only a long file on a terminal needs it

        with tqdm(total=size, unit="B", unit_scale=True, delay=0.5, leave=False) as self._bar:
            try:
                yield cast("IO[bytes]", _TrackedStream(stream, self._bar.update))
            finally:
                self._bar = None


class _TrackedStream(io.RawIOBase):
    """A stream that reports the number of bytes of each read."""

    def __init__(self, stream: IO[bytes], advance: Callable[[int], object]) -> None:
        self._stream = stream
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        return self._report(self._stream.read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._report(self._stream.readline(-1 if size is None else size))

    def _report(self, data: bytes) -> bytes:
        self._advance(len(data))
        return data


def _measure_long_file(stream: IO[bytes]) -> int | None:
    """The size in bytes of a file that is to have a bar; None without a terminal, for a pipe and for a short file."""
    if not sys.stderr.isatty() or not stream.seekable():
        return None
    size = os.fstat(stream.fileno()).st_size
    return size if size >= _LONG_FILE_BYTES else None
