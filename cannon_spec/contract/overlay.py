"""What a user's overlay changes: JSON Merge Patch (RFC 7386), and the user's name under every change (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from cannon_spec.contract.keywords import CONSTRAINTS


def apply_overlay(bundle: dict[str, Any], patch: dict[str, Any], claim: str) -> dict[str, Any]:
    """``bundle`` patched. A constraint, model or claim that the patch sets without saying why rests on ``claim``."""
    patched: dict[str, Any] = merge_patch(bundle, patch)
    for id_, entry in (patch.get("models") or {}).items():
        if entry is not None and id_ not in bundle["models"]:
            patched["models"][id_] = _complete_model(id_, patched, claim)
    for id_ in patch.get("schemas") or {}:
        if id_ in patched["schemas"]:
            patched["schemas"][id_] = _attribute(bundle["schemas"].get(id_, {}), patched["schemas"][id_], claim)
    return patched


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects are merged key by key, null removes a key, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _complete_model(id_: str, bundle: dict[str, Any], claim: str) -> Any:
    entry = bundle["models"][id_]
    if not isinstance(entry, dict):
        return entry
    covered = {
        name: claim
        for name, operation in bundle["operations"].items()
        if isinstance(operation, dict) and "input" in operation
    }
    return {"name": id_, "claim": claim, "operations": covered, **entry}


def _attribute(before: Any, after: Any, claim: str) -> Any:
    """``after`` with ``claim`` as the evidence of each constraint that differs from ``before`` and names no new one."""
    if not isinstance(after, dict):
        return after
    known = before if isinstance(before, dict) else {}
    result = {key: _attribute_word(key, known.get(key), value, claim) for key, value in after.items()}
    said, evidence = known.get("x-evidence", {}), after.get("x-evidence", {})
    if not isinstance(evidence, dict):
        return result
    evidence = dict(evidence)
    for word in CONSTRAINTS:
        if word not in after:
            evidence.pop(word, None)
        elif after[word] != known.get(word) and evidence.get(word) == said.get(word):
            evidence[word] = claim
    result.pop("x-evidence", None)
    return {**result, "x-evidence": evidence} if evidence else result


def _attribute_word(key: str, before: Any, after: Any, claim: str) -> Any:
    """The value of one word of a schema: attributed where it holds schemas, as it is elsewhere."""
    if key == "items":
        return _attribute(before, after, claim)
    if key in ("properties", "$defs") and isinstance(after, dict):
        known = before if isinstance(before, dict) else {}
        return {name: _attribute(known.get(name), child, claim) for name, child in after.items()}
    if key == "allOf" and isinstance(after, list):
        old = before if isinstance(before, list) else []
        pairs: Iterable[tuple[Any, Any]] = zip_longest(old[: len(after)], after, fillvalue={})
        return [_attribute_condition(old_branch, branch, claim) for old_branch, branch in pairs]
    return after


def _attribute_condition(before: Any, after: Any, claim: str) -> Any:
    if not isinstance(after, dict) or "then" not in after:
        return after
    known = before.get("then") if isinstance(before, dict) else None
    return {**after, "then": _attribute(known, after["then"], claim)}
