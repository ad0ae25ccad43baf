"""A mapping whose values are read when they are first asked for (floor 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class LazyMapping(Mapping[str, V], Generic[V]):
    """Values by name, each read once: ``read`` returns the value of a name, or raises KeyError.

    ``list_names`` lists every name, in order, for those who ask for all of them.
    """

    __slots__ = ("_list_names", "_read", "_values")

    def __init__(self, read: Callable[[str], V], list_names: Callable[[], Iterable[str]]) -> None:
        self._read, self._list_names = read, list_names
        self._values: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        try:
            return self._values[name]
        except KeyError:
            value = self._values[name] = self._read(name)
            return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, or ``default`` if there is none."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in tuple(self._list_names())

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._list_names()))

    def __len__(self) -> int:
        return len(tuple(self._list_names()))
