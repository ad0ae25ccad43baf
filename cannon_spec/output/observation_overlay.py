"""An overlay that makes of the observations of a contract run what the contract says (floor 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cannon_spec.contract.overlay import merge_patch
from cannon_spec.errors import CatalogError
from cannon_spec.output.observation_file import Observation, ObservationFile
from cannon_spec.pointer import Path, follow, from_pointer, replace_at

Bundle = dict[str, Any]
"""A contract as one JSON object."""

_ADVICE = "use the version and the overlay of the run that wrote the file"
_LONGEST_TEXT = 500
SETTINGS = ("mismatch_status", "refusal_status", "square_4k")
"""The settings of the mock whose values a contract run observes."""


def build_overlay(shipped_contract: Bundle, contract: Bundle, file: ObservationFile) -> dict[str, Any]:
    """Build the JSON Merge Patch that gives a contract the observed values, each with a claim of strength observed.

    It patches the shipped contract: what an overlay of the user's has made of that, in ``contract``, is in it too.
    Observations without a value are left out: what a text says cannot be put into the contract. Raises CatalogError
    for a value that the contract does not have.
    """
    patched_bundle = contract
    for observation in list_usable_observations(file):
        claim = f"observed-{observation.claim.id}"
        patched_bundle = merge_patch(patched_bundle, {"claims": {claim: _build_claim(observation, file)}})
        for pointer, value in observation.values:
            patched_bundle = _apply_value(patched_bundle, pointer, value, claim)
    patch: dict[str, Any] = _diff(shipped_contract, patched_bundle)
    return patch


def list_usable_observations(file: ObservationFile) -> list[Observation]:
    """List the observations that say which value of the contract differs."""
    return [each for each in file.observations if each.values]


def _build_claim(observation: Observation, file: ObservationFile) -> dict[str, str]:
    return {
        "text": f"Observed: {observation.observed_text[:_LONGEST_TEXT]}",
        "strength": "observed",
        "kind": "rule",
        "source": f"no public address: observed at {file.target} on {file.observed_at}",
    }


def _apply_value(bundle: Bundle, pointer: str, value: Any, claim: str) -> Bundle:
    """Replace one value, and the claim that stands beside it or above it."""
    path: Path = from_pointer(pointer)
    if path in {("settings", name) for name in SETTINGS}:
        patched_bundle: Bundle = merge_patch(bundle, {"settings": {path[-1]: value}})
        return patched_bundle
    try:
        if path[:1] == ("settings",):
            raise LookupError(pointer)
        patched_bundle = replace_at(bundle, path, value)
        for place in _list_claim_places(bundle, path):
            return replace_at(patched_bundle, place, claim)  # type: ignore[no-any-return]  # an object stays one
    except LookupError:
        raise CatalogError(f"the observed value {pointer}", "the contract has no such value", _ADVICE) from None
    return patched_bundle


def _list_claim_places(bundle: Bundle, path: Path) -> Iterator[Path]:
    """List the places that may name the claim of a value, the nearest first."""
    keyword = str(path[-1])
    if keyword in _get(bundle, (*path[:-1], "x-evidence")):
        yield (*path[:-1], "x-evidence", keyword)
    for size in range(len(path) - 1, 0, -1):
        if isinstance(_get(bundle, path[:size]).get("claim"), str):
            yield (*path[:size], "claim")


def _get(bundle: Bundle, path: Path) -> dict[str, Any]:
    """The object at a place; an empty one where there is none."""
    try:
        value = follow(bundle, path)
    except LookupError:
        return {}
    return value if isinstance(value, dict) else {}


def _diff(before: Any, after: Any) -> Any:
    """The JSON Merge Patch that makes ``after`` of ``before``."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return after
    removed_keys = {key: None for key in before if key not in after}
    changes = {key: _diff(before.get(key), value) for key, value in after.items() if before.get(key) != value}
    return {**removed_keys, **changes}
