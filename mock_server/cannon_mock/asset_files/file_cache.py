"""The files that were rendered last, as far as they fit into a number of bytes (floor 4)."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from threading import Lock

_MMAP_THRESHOLD = -3  # the number of this option of mallopt
_LARGE_BLOCK_BYTES = 1_000_000


class FileCache:
    """Keeps the most recently used files, up to a number of bytes.

    Only one file is rendered at a time: an encoder takes a hundred megabytes, which many threads must not take at once.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._files: OrderedDict[Hashable, bytes] = OrderedDict()
        self._files_lock, self._render_lock = Lock(), Lock()

    def get_or_render(self, key: Hashable, render: Callable[[], bytes]) -> bytes:
        """The bytes kept under a key, else those that ``render`` makes. Raises what it raises."""
        data = self._get(key)
        if data is not None:
            return data
        with self._render_lock:
            data = self._get(key)  # another thread may have rendered it meanwhile
            if data is None:
                data = render()
                self._keep(key, data)
        return data

    def _get(self, key: Hashable) -> bytes | None:
        with self._files_lock:
            data = self._files.get(key)
            if data is not None:
                self._files.move_to_end(key)
            return data

    def _keep(self, key: Hashable, data: bytes) -> None:
        with self._files_lock:
            self._files[key] = data
            self._bytes += len(data)
            while self._bytes > self._most_bytes:
                _, oldest_data = self._files.popitem(last=False)
                self._bytes -= len(oldest_data)


@cache
def map_large_blocks() -> None:
    """Have the pictures of an encoder go back to the system when it is done with them.

    Else glibc, after the first one, keeps such blocks for each thread that ever rendered a file: sixteen threads with a
    video in 4K each held 900 MB.
    """
    if sys.platform == "linux":
        import ctypes  # late: few mocks render a file

        set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries lack it, or do nothing
        if set_option is not None:
            set_option(_MMAP_THRESHOLD, _LARGE_BLOCK_BYTES)
