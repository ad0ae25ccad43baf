"""A progress bar for long files, and findings written past it (floor 2)."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO

_LONG_FILE_BYTES = 1024 * 1024
"""A file of this size has a bar."""

_READ_BYTES = 256 * 1024
"""What is read at once of such a file: the bar moves by no less."""


class ProgressOutput:
    """Standard output, or another stream, beside a progress bar on standard error while a long file is read."""

    def __init__(self, stream: TextIO | None = None, *, has_bar: bool = True) -> None:
        self._has_bar = has_bar
        self._stream = stream or sys.stdout
        self._bar: Any = None
        # What goes into a file or a pipe cannot break the bar, and costs much less past it.
        self._is_on_terminal = self._stream.isatty()

    def write(self, text: str) -> None:
        """Write without breaking the bar."""
        if self._bar is None or not self._is_on_terminal:
            self._stream.write(text)
        else:
            self._bar.write(text, file=self._stream, end="")

    def advance(self, count: int) -> None:
        """Move the bar, where there is one, by some bytes of the stream that were read in another way."""
        if self._bar is not None:
            self._bar.update(count)

    @contextmanager
    def track(self, stream: IO[bytes]) -> Iterator[IO[bytes]]:
        """Show how much is read of a stream: the caller reads the one that it gets instead."""
        size = _measure_long_file(stream) if self._has_bar else None
        if size is None:
            yield stream
            return
        from tqdm import tqdm  # late: only a long file on a terminal needs it

        tqdm.monitor_interval = 0  # no thread: a process that has one must not be forked
        with tqdm(total=size, unit="B", unit_scale=True, delay=0.5, miniters=1, leave=False) as self._bar:
            try:
                yield io.BufferedReader(_TrackedStream(stream, self.advance), _READ_BYTES)
            finally:
                self._bar = None


class _TrackedStream(io.RawIOBase):
    """A stream that reports the number of bytes of each read."""

    def __init__(self, stream: IO[bytes], advance: Callable[[int], object]) -> None:
        self._stream = stream
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


def _measure_long_file(stream: IO[bytes]) -> int | None:
    """The size in bytes of a file that is to have a bar; None without a terminal, for a pipe and for a short file."""
    if not sys.stderr.isatty() or not stream.seekable():
        return None
    size = os.fstat(stream.fileno()).st_size
    return size if size >= _LONG_FILE_BYTES else None
