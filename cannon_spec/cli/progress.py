"""A progress bar for long files, and findings written past it (floor 2)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

_LONG_FILE_BYTES = 1024 * 1024
"""A file of this size has a bar."""


class ProgressOutput:
    """Standard output, beside a progress bar on standard error while a long file is read."""

    def __init__(self) -> None:
        self._bar: Any = None

    def write(self, text: str) -> None:
        """Write to standard output without breaking the bar."""
        if self._bar is None:
            sys.stdout.write(text)
        else:
            self._bar.write(text, file=sys.stdout, end="")

    @contextmanager
    def track(self, stream: IO[bytes]) -> Iterator[Callable[[int], object]]:
        """Show how much of a stream is read; the caller passes each number of bytes to the function it gets."""
        size = _measure_long_file(stream)
        if size is None:
            yield lambda count: None
            return
        from tqdm import tqdm  # late: only a long file on a terminal needs it

        with tqdm(total=size, unit="B", unit_scale=True, delay=0.5, leave=False) as self._bar:
            try:
                yield self._bar.update
            finally:
                self._bar = None


def _measure_long_file(stream: IO[bytes]) -> int | None:
    """The size in bytes of a file that is to have a bar; None without a terminal, for a pipe and for a short file."""
    if not sys.stderr.isatty() or not stream.seekable():
        return None
    size = os.fstat(stream.fileno()).st_size
    return size if size >= _LONG_FILE_BYTES else None
