"""A document as it would be without one problem, so that the rest of it can be judged (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from cannon_spec.finding import Finding, Patch
from cannon_spec.pointer import from_pointer, has_place

_Origins = Mapping[str, tuple[int, str]]
"""For a pointer into a document where its value stood before, with the place among the origins of its repair."""


class Repair(NamedTuple):
    """Findings on one problem, and the document without it.

    ``origins`` leads back: each pointer into ``document`` whose value stood elsewhere before, with that place.
    """

    findings: tuple[Finding, ...]
    document: Any
    origins: tuple[tuple[str, str], ...] = ()


def list_origins(patch: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """The origins of what a patch moves."""
    return tuple((each["path"], each["from"]) for each in patch if each["op"] == "move")


def trace_back(root: Any, repair: Repair, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings on the document of a repair, with paths and fixes that hold for ``root``, as it was before."""
    origins = _index_origins(repair.origins)
    for finding in findings:
        path = _find_origin(origins, finding.path)
        while not has_place(root, from_pointer(path)):  # it is in what the repair added: its object is there
            path = path.rpartition("/")[0]
        yield replace(finding, path=path, fix=_trace_fix(root, origins, finding.fix))


def _trace_fix(root: Any, origins: _Origins, fix: Patch | None) -> Patch | None:
    """The same fix for ``root``; None where ``root`` has no such place yet."""
    if fix is None:
        return None
    words = ("path", "from")
    patch = [{**each, **{word: _find_origin(origins, each[word]) for word in words if word in each}} for each in fix]
    places = [from_pointer(each[word])[:-1] for each in patch for word in words if word in each]
    return tuple(patch) if all(has_place(root, place) for place in places) else None


def _index_origins(origins: tuple[tuple[str, str], ...]) -> _Origins:
    index: dict[str, tuple[int, str]] = {}
    for number, (path, origin) in enumerate(origins):
        index.setdefault(path, (number, origin))
    return index


def _find_origin(origins: _Origins, pointer: str) -> str:
    """Where the value at a pointer, or one around it, stood before: by the first of its origins."""
    matches = [(origins[path], path) for path in _iter_enclosing(pointer) if path in origins]
    if not matches:
        return pointer
    (_, origin), path = min(matches)
    return origin + pointer.removeprefix(path)


def _iter_enclosing(pointer: str) -> Iterator[str]:
    """The pointer to a value, then those to the values around it, up to the document."""
    yield pointer
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer
