"""Apply a user's overlay: JSON Merge Patch (RFC 7386), with the user's claim as evidence of each change (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from cannon_spec.contract.keywords import CONSTRAINTS


def apply_overlay(bundle: dict[str, Any], patch: dict[str, Any], claim: str) -> dict[str, Any]:
    """Patch the contract. A constraint or model that the patch sets without a claim of its own rests on ``claim``."""
    result: dict[str, Any] = merge_patch(bundle, patch)
    result = _complete_models(_list_new_models(bundle, result), result, claim)
    for id_ in patch.get("schemas") or {}:
        if id_ in result["schemas"]:
            result["schemas"][id_] = _attribute(bundle["schemas"].get(id_, {}), result["schemas"][id_], claim)
    return result


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch: objects are merged key by key, null removes a key, any other value replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _list_new_models(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The models that a patch adds, by an entry of their own or by one of an operation that they serve."""
    served = (name for entry in after["operations"].values() for name in _read_models(entry))
    return [id_ for id_ in dict.fromkeys((*after["models"], *served)) if id_ not in before["models"]]


def _read_models(entry: Any) -> dict[str, Any]:
    models = entry.get("models") if isinstance(entry, dict) else None
    return models if isinstance(models, dict) else {}


def _complete_models(ids: Sequence[str], bundle: dict[str, Any], claim: str) -> dict[str, Any]:
    """Add what the patch leaves out of new models: each serves all operations that have models, unless one names it."""
    services = {name: dict(_read_models(each)) for name, each in bundle["operations"].items() if _read_models(each)}
    naming_operations: dict[str, list[str]] = {}
    for name, served_models in services.items():
        for id_ in served_models:
            naming_operations.setdefault(id_, []).append(name)
    models = dict(bundle["models"])
    for id_ in ids:
        entry, schema = models.get(id_, {}), f"models/{id_}"
        if not isinstance(entry, dict):
            continue
        models[id_] = {"name": id_, "claim": claim, **entry}
        service = {"claim": claim, **({"schema": schema} if schema in bundle["schemas"] else {})}
        for name in naming_operations.get(id_, services):
            own = services[name].get(id_, {})
            services[name][id_] = {**service, **own} if isinstance(own, dict) else own
    operations = {name: {**bundle["operations"][name], "models": each} for name, each in services.items()}
    return {**bundle, "models": models, "operations": {**bundle["operations"], **operations}}


def _attribute(before: Any, after: Any, claim: str) -> Any:
    """``after`` with ``claim`` as the evidence of each constraint that differs from ``before`` and names no new one."""
    if not isinstance(after, dict):
        return after
    old = before if isinstance(before, dict) else {}
    result = {key: _attribute_word(key, old.get(key), value, claim) for key, value in after.items()}
    old_evidence, evidence = old.get("x-evidence", {}), after.get("x-evidence", {})
    if not isinstance(evidence, dict):
        return result
    evidence = dict(evidence)
    for word in CONSTRAINTS:
        if word not in after:
            # The patch removed the constraint: its claim would stand beside nothing, which is an error.
            evidence.pop(word, None)
        elif after[word] != old.get(word) and evidence.get(word) == old_evidence.get(word):
            evidence[word] = claim
    result.pop("x-evidence", None)
    return {**result, "x-evidence": evidence} if evidence else result


def _attribute_word(key: str, before: Any, after: Any, claim: str) -> Any:
    """The value of one word of a schema: attributed if it holds schemas, unchanged if not."""
    if key == "items":
        return _attribute(before, after, claim)
    if key in ("properties", "$defs") and isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        return {name: _attribute(old.get(name), child, claim) for name, child in after.items()}
    if key == "allOf" and isinstance(after, list):
        old_branches = before if isinstance(before, list) else []
        pairs: Iterable[tuple[Any, Any]] = zip_longest(old_branches[: len(after)], after, fillvalue={})
        return [_attribute_condition(old_branch, branch, claim) for old_branch, branch in pairs]
    return after


def _attribute_condition(before: Any, after: Any, claim: str) -> Any:
    if not isinstance(after, dict) or "then" not in after:
        return after
    old = before.get("then") if isinstance(before, dict) else None
    return {**after, "then": _attribute(old, after["then"], claim)}
