"""What is prepared once for a contract, by names that say of what type it is (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CacheName(Generic[K, V]):
    """The name of a cache with keys and values of these types. Each is equal to itself alone."""


class Caches(dict[CacheName[Any, Any], dict[Any, Any]]):
    """The caches of a contract by their names; each begins empty. What made the values reads them with their types."""

    if TYPE_CHECKING:  # at run time it is that of a dict: it is called for each payload

        def __getitem__(self, name: CacheName[K, V], /) -> dict[K, V]: ...

    def __missing__(self, name: CacheName[K, V]) -> dict[K, V]:
        cache: dict[K, V] = {}
        self[name] = cache
        return cache
