"""A mapping whose values are read when they are first asked for (floor 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class LazyMapping(Mapping[str, V], Generic[V]):
    """Values by name, each read once: ``read`` returns the value of a name, or raises KeyError.

    ``list_names`` lists every name, in order, for those who ask for all of them. Both are called with ``lock`` held, so
    that threads never read at the same time. Mappings that read from each other share one reentrant lock.
    """

    __slots__ = ("_list_names", "_lock", "_read", "_values")

    def __init__(
        self, read: Callable[[str], V], list_names: Callable[[], Iterable[str]], lock: AbstractContextManager[Any]
    ) -> None:
        self._read, self._list_names, self._lock = read, list_names, lock
        self._values: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        # Most values were read before: without the lock, judging costs no more than with a dict.
        return self._values[name] if name in self._values else self._read_once(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, or ``default`` if there is none."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _read_once(self, name: str) -> V:
        with self._lock:
            if name not in self._values:
                self._values[name] = self._read(name)
            return self._values[name]

    def _names(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._list_names())
