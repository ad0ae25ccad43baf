"""What is put into words once for all documents with the same slip (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

from cannon_spec.contract.cache import CacheName
from cannon_spec.contract.catalog import Catalog
from cannon_spec.finding import Patch

LONGEST_TEXT = 100
"""The longest text of a document that may be a part of a key: longer ones hardly come twice."""

MOST_NAMES = 30
"""The most names of an object that may be a part of a key."""

_MOST_LETTERS = 2000
"""The most letters in a key: names in a document may be long, and would fill the memory."""

_MOST_ENTRIES = 4096
"""The most entries that a catalog keeps."""


class _Wording(Protocol):
    """A finding, or several, with the patch that ends the problem."""

    @property
    def fix(self) -> Patch | None: ...


W = TypeVar("W", bound=_Wording)


_WORDINGS: CacheName[Hashable, _Wording] = CacheName()


def find_or_build(catalog: Catalog, key: Hashable, build: Callable[..., W], *arguments: Any) -> W:
    """What the catalog keeps under a key, or else what ``build`` makes of the arguments, kept from now on.

    Nothing is kept under None and under long keys.
    """
    wordings = catalog.caches[_WORDINGS]
    wording = None if key is None else cast("W | None", wordings.get(key))
    if wording is None:
        wording = build(*arguments)
        if key is not None and _count_letters(key) <= _MOST_LETTERS and not _shares_value(wording.fix or ()):
            if len(wordings) >= _MOST_ENTRIES:
                wordings.clear()
            wordings[key] = wording
    return wording


def identify_scalar(value: Any) -> Hashable:
    """What a scalar is in a key; None for a long text, a list or an object."""
    if isinstance(value, (list, dict)) or (isinstance(value, str) and len(value) > LONGEST_TEXT):
        return None
    # In Python 1 equals 1.0 and True, and 0.0 equals -0.0; their texts are different.
    return type(value), str(value)


def _count_letters(key: Hashable) -> int:
    if isinstance(key, tuple):
        return sum(map(_count_letters, key))
    return len(key) if isinstance(key, str) else 0


def _shares_value(patch: Patch) -> bool:
    """Whether a patch has a list or an object: that becomes a part of the fixed document, which a caller may change."""
    return any(isinstance(each.get("value"), (list, dict)) for each in patch)
