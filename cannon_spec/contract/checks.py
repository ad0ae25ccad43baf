"""Checks of the contract's files: they use the words of the meta-schema, and every name they use exists (floor 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from cannon_spec import claim_ids
from cannon_spec.contract.catalog import Catalog, Claim, Model, Operation, iter_nodes
from cannon_spec.contract.engines import Engine
from cannon_spec.contract.keywords import CONSTRAINTS
from cannon_spec.contract.price_checks import check_prices
from cannon_spec.contract.wording import show_value
from cannon_spec.errors import CatalogError
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer

PARTS = ("lifecycle", "media", "scenarios")
"""The data files beside the catalog and the ledger, each under its own name in a bundle."""

INDEX_WORDS = ("name", "claim")
"""What the catalog itself says of an operation; the rest is in the operation's own file."""

_VENDOR_PARTS = {
    "replies": ("processing", "succeeded", "log", "only_with"),
    "drift": ("patch",),
    "cases": ("when",),
    "defaults": ("when",),
}
"""By the key above them: parts in which names are the vendor's, so that a field ``claim`` names no claim."""

_ENVELOPES = ("create", "accepted", "request", "status", "error", "webhook")


def check_words(bundle: dict[str, Any], meta: dict[str, Any], engine: Engine) -> None:
    """Check that each file of a bundle has the words that the meta-schema lists for its kind, and no others."""
    other_parts = ("claims", "statements", "schemas", *PARTS)
    catalog = {key: value for key, value in bundle.items() if key not in other_parts}
    entries: dict[str, Any] = catalog.get("operations", {})
    index, operations = _split_entries(entries) if isinstance(entries, dict) else (entries, {})
    parts = {"catalog": {**catalog, "operations": index}, "operations": operations}
    check_parts({**parts, **{part: bundle.get(part) for part in other_parts}}, meta, engine)


def _split_entries(entries: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The catalog's index of operations, and what their own files say of those that have one."""
    index = {
        id_: {key: entry[key] for key in INDEX_WORDS if key in entry} if isinstance(entry, dict) else entry
        for id_, entry in entries.items()
    }
    files = {
        id_: {key: value for key, value in entry.items() if key not in INDEX_WORDS}
        for id_, entry in entries.items()
        if isinstance(entry, dict)
    }
    return index, {id_: entry for id_, entry in files.items() if entry}


def check_parts(parts: dict[str, Any], meta: dict[str, Any], engine: Engine) -> None:
    """Check values by their kinds in the meta-schema: ``{"keys": ...}``. Raises CatalogError for the first fault."""
    for path, keyword_path in engine.compile(meta)(parts):
        file, place = _split_place(path)
        problem, advice = _describe(meta, keyword_path, follow(parts, path))
        raise CatalogError(file, f"{place}: {problem}", advice)


def _split_place(path: Path) -> tuple[str, str]:
    """The file that a place of the bundle is in, and the place within it."""
    nouns = {"schemas": "schema", "operations": "operation"}
    size = 2 if path and path[0] in nouns else 1
    file = " ".join(map(str, (nouns[str(path[0])], *path[1:size]) if size > 1 else path[:size]))
    return file or "the contract", "/".join(map(str, path[size:])) or "top level"


def _describe(meta: dict[str, Any], keyword_path: Path, value: Any) -> tuple[str, str]:
    """What is wrong with a value that breaks a keyword of the meta-schema, and what to do."""
    keyword, node = str(keyword_path[-1]), meta
    for part in keyword_path[:-1]:
        node = _follow_ref(meta, node, part)[part]
    node = _follow_ref(meta, node, keyword)
    if keyword == "additionalProperties":
        words = node.get("properties", {}).keys()
        return f"unknown word {', '.join(sorted(value.keys() - words))}", f"use {', '.join(sorted(words))}"
    if keyword == "required":
        missing_words = ", ".join(sorted(set(node["required"]) - value.keys()))
        return f"lacks {missing_words}", f"add {missing_words}"
    if "propertyNames" in keyword_path:
        # The name itself is not shown: in a file of keys it may be a real API key.
        return "a name in it is not legal", f"use names of the form {node['pattern']}"
    return f"{show_value(value)} breaks {keyword}", _advise(keyword, node)


def _advise(keyword: str, node: Mapping[str, Any]) -> str:
    limit = node[keyword]
    if keyword in ("enum", "type") and isinstance(limit, list):
        return f"use one of {', '.join(map(str, limit))}"
    if isinstance(limit, (str, int, float)):
        return f"see meta.schema.json, where {keyword} is {limit}"
    return f"see meta.schema.json: {node.get('description', keyword)}"


def _follow_ref(meta: dict[str, Any], node: Any, part: str | int) -> Any:
    """``node``, or what its ``$ref`` names if ``part`` is not in it."""
    # Engines differ: one names the $ref among the steps of a keyword path, the other leaves it out.
    while isinstance(node, dict) and part not in node and "$ref" in node:
        node = follow(meta, from_pointer(node["$ref"][1:]))
    return node


def check_names(catalog: Catalog) -> None:
    """Check that each schema, operation, model and claim exists that something names.

    Each constraint of a schema must name its claim. Raises CatalogError.
    """
    check_claim_ids(claim_ids, catalog.claims)
    for place, schema in _iter_schema_ids(catalog):
        _require_name(schema, catalog.schemas, place, "schema")
    for operation in catalog.operations.values():
        if operation.is_covered:
            _check_default_model(operation)
            check_prices(f"operation {operation.id} price", operation.prices, catalog.schemas[operation.input or ""])
    for id_, whole in catalog.schemas.items():
        for path, node in iter_nodes(whole):
            _check_node(f"schema {id_}#{to_pointer(path)}", node, catalog.claims)
    status_reply = {"claims": catalog.status_reply["claims"]}
    for part in (catalog.lifecycle, catalog.media, catalog.scenarios, status_reply):
        check_claims("", part, catalog.claims)
    for operation in catalog.operations.values():
        check_claims(f"operation {operation.id}", operation.data, catalog.claims)
    for number, statement in enumerate(catalog.statements):
        check_claims(f"statements {number}", statement, catalog.claims)
    _require_name(catalog.scenarios["default"], catalog.scenarios["scenarios"], "scenarios default", "scenario")


def check_claims(place: str, part: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Check that each claim that a part of the contract names is in the ledger."""
    for where, id_ in _iter_claim_ids(place, part):
        find_claim(id_, where, claims)


def check_claim_ids(module: ModuleType, claims: Mapping[str, Claim]) -> None:
    """Check that the ledger has each claim that the code of a package names.

    ``module`` holds the ids as constants in capitals and nothing else in capitals, as ``cannon_spec.claim_ids`` does.
    A package calls this once, where it first has a catalog. Raises CatalogError, which names the constant.
    """
    for name, id_ in vars(module).items():
        if name.isupper():
            find_claim(id_, f"{module.__name__}.{name}", claims)


def _iter_schema_ids(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each id of a schema that something names, with what names it."""
    yield from (("the envelope", f"envelope/{name}") for name in _ENVELOPES)
    for operation in catalog.operations.values():
        place = f"operation {operation.id}"
        yield from ((place, each) for each in (operation.input, operation.output) if each)
        yield from ((f"{place} model {each.id}", each.schema) for each in operation.models.values() if each.schema)


def _check_default_model(operation: Operation) -> None:
    name = operation.default_model
    if name is not None and name not in operation.models:
        problem = f"its default model {name} does not serve it"
        raise CatalogError(f"operation {operation.id}", problem, "add it to models, or name another model")


def find_model(name: str, place: str, models: Mapping[str, Model]) -> Model:
    """The model with an id that ``place`` names. Raises CatalogError if the catalog has none."""
    _require_name(name, models, place, "model")
    return models[name]


def _require_name(name: str, names: Mapping[str, Any], place: str, what: str) -> None:
    if name not in names:
        raise CatalogError(
            place, f"names the {what} {name}, which does not exist", f"add that {what}, or correct the name"
        )


def _check_node(place: str, node: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    evidence = node.get("x-evidence", {})
    constraints = {word for word in CONSTRAINTS if word in node}
    if constraints - evidence.keys():
        word = min(constraints - evidence.keys())
        raise CatalogError(place, f"x-evidence has no claim for {word}", "name the claim that this word rests on")
    if evidence.keys() - constraints:
        word = min(evidence.keys() - constraints)
        raise CatalogError(place, f"x-evidence names {word}, which is not here", "add that word, or remove its claim")
    for id_ in (*evidence.values(), *node.get("x-cap", {}).values(), *node.get("x-normalise", {}).values()):
        find_claim(id_, place, claims)
    try:
        re.compile(node.get("pattern", ""))
    except re.error as error:
        raise CatalogError(place, f"pattern is no regular expression: {error}", "correct it") from None


def _iter_claim_ids(place: str, part: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    """Each claim id under the keys claim, claims, default_claims and …_claim, with its place.

    ``parent`` is the key that ``part`` is under. A scenario or property may be named as one of these keys: it is an
    object, and a claim id is text.
    """
    for key, value in part.items():
        where = f"{place} {key}".strip()
        if key in _VENDOR_PARTS.get(parent, ()):
            continue
        if isinstance(value, Mapping):
            is_by_field = (parent, key) == ("replies", "default_claims")
            yield from ((where, id_) for id_ in value.values()) if is_by_field else _iter_claim_ids(where, value, key)
        elif isinstance(value, list):
            yield from ((where, id_) for id_ in value if key == "claims")
            for item in value:
                yield from _iter_claim_ids(where, item, key) if isinstance(item, Mapping) else ()
        elif isinstance(value, str) and (key == "claim" or key.endswith("_claim")):
            yield where, value


def find_claim(id_: str, place: str, claims: Mapping[str, Claim]) -> Claim:
    """The claim with an id that ``place`` names. Raises CatalogError if the ledger has none."""
    try:
        return claims[id_]
    except KeyError:
        raise CatalogError(place, f"names the claim {id_}, which is not in the ledger", "add it to claims") from None
