"""A document as it would be without one problem, so that the rest of it can be judged (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from cannon_spec.finding import Finding, Patch
from cannon_spec.pointer import from_pointer, has_place


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
    for finding in findings:
        path = _find_origin(repair.origins, finding.path)
        while not has_place(root, from_pointer(path)):  # it is in what the repair added: its object is there
            path = path.rpartition("/")[0]
        yield replace(finding, path=path, fix=_trace_fix(root, repair.origins, finding.fix))


def _trace_fix(root: Any, origins: tuple[tuple[str, str], ...], fix: Patch | None) -> Patch | None:
    """The same fix for ``root``; None where ``root`` has no such place yet."""
    if fix is None:
        return None
    words = ("path", "from")
    patch = [{**each, **{word: _find_origin(origins, each[word]) for word in words if word in each}} for each in fix]
    places = [from_pointer(each[word])[:-1] for each in patch for word in words if word in each]
    return tuple(patch) if all(has_place(root, place) for place in places) else None


def _find_origin(origins: tuple[tuple[str, str], ...], pointer: str) -> str:
    for path, origin in origins:
        if pointer == path or pointer.startswith(path + "/"):
            return origin + pointer.removeprefix(path)
    return pointer
