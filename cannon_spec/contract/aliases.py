"""The words that people bring from other services, and what they are in this contract (floor 1, pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.errors import CatalogError
from cannon_spec.nearest import find_nearest, fold


class FieldAlias(NamedTuple):
    """Names of one field in other services.

    ``fields`` are ours that may be meant, the likeliest first. With ``is_joint`` several names say together what all
    of them say here, as a width and a height do. With ``is_guess`` the fields are offered, and not taken for certain.
    ``advice`` is what to do where we have no such field.
    """

    names: tuple[str, ...]
    fields: tuple[str, ...]
    is_joint: bool = False
    is_guess: bool = False
    advice: str = ""


def find_field_alias(aliases: Mapping[str, Any], name: str) -> FieldAlias | None:
    """The entry that has a name of a field, in any case and punctuation; None if there is none."""
    entry = _find_entry(aliases["fields"], name)
    if entry is None:
        return None
    rest = {key: value for key, value in entry.items() if key not in ("names", "fields")}
    return FieldAlias(tuple(entry["names"]), tuple(entry["fields"]), **rest)


def find_operation_alias(aliases: Mapping[str, Any], name: str) -> str | None:
    """The operation that another service calls by a name; None if there is none."""
    entry = _find_entry(aliases["operations"], name)
    return None if entry is None else str(entry["operation"])


def find_model_alias(aliases: Mapping[str, Any], name: str) -> str | None:
    """The model that another service calls by a name; None if there is none."""
    entry = _find_entry(aliases["models"]["names"], name)
    return None if entry is None else str(entry["model"])


def find_misspelt_model(aliases: Mapping[str, Any], name: str, models: Iterable[str]) -> str | None:
    """The model whose identifier or name is most likely misspelt as ``name``; None if there is none.

    A name with another number, or with another word for a variant (``pro``, ``max``), is that of another model.
    """
    variants = aliases["models"]["variants"]
    marks = _find_marks(name, variants)
    return find_nearest(name, [each for each in models if _find_marks(each, variants) == marks])


def list_family(aliases: Mapping[str, Any], name: str, models: Iterable[str]) -> list[str]:
    """The models of the same family as a name: ``gptimage2`` for ``gpt-image-1``."""
    variants = aliases["models"]["variants"]
    stem = _find_stem(name, variants)
    return [each for each in models if stem and _find_stem(each, variants) == stem]


def check_aliases(aliases: Mapping[str, Any]) -> None:
    """Check that each name stands in one entry of its kind. Raises CatalogError."""
    for kind, entries in (("fields", aliases["fields"]), ("operations", aliases["operations"])):
        counts = Counter(fold(name) for entry in entries for name in entry["names"])
        name = next((name for name, count in counts.items() if count > 1), None)
        if name is not None:
            raise CatalogError(f"aliases {kind}", f"{name} is in two entries, or twice in one", "keep one of them")


def _find_entry(entries: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    word = fold(name)
    return next((entry for entry in entries if any(fold(each) == word for each in entry["names"])), None)


def _find_marks(name: str, variants: Collection[str]) -> tuple[str, frozenset[str]]:
    """The digits of a name, and its words for a variant: what tells models of one family apart."""
    word = fold(name)
    return "".join(filter(str.isdigit, word)), frozenset(each for each in variants if each in word)


def _find_stem(name: str, variants: Collection[str]) -> str:
    """The letters with which a name begins, without the words for a variant: ``nanobanana`` for ``nano-banana-pro``."""
    letters = re.split(r"\d", fold(name.rpartition("/")[2]))[0]
    for variant in variants:
        letters = letters.removesuffix(variant)
    return letters
