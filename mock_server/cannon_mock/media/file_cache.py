"""The files that were rendered last, as far as they fit into a number of bytes (floor 3)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class FileCache:
    """Keeps the bytes of files, those not asked for the longest time first to go.

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
