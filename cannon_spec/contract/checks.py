"""What the files of the contract must be: known words only, and no name that leads nowhere (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from cannon_spec import claim_ids
from cannon_spec.contract.catalog import Catalog, Claim, iter_nodes
from cannon_spec.contract.engines import Engine
from cannon_spec.contract.keywords import CONSTRAINTS
from cannon_spec.contract.price_checks import check_prices
from cannon_spec.errors import CatalogError
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer

PARTS = ("lifecycle", "media", "scenarios")
"""The data files beside the catalog and the ledger, each under its own name in a bundle."""

_ENVELOPES = ("create", "accepted", "request", "status", "error", "webhook")


def check_words(bundle: dict[str, Any], meta: dict[str, Any], engine: Engine) -> None:
    """Each file of the bundle has the words that the meta-schema lists for its kind, and no other."""
    apart = ("claims", "schemas", *PARTS)
    catalog = {key: value for key, value in bundle.items() if key not in apart}
    check_parts({"catalog": catalog, **{part: bundle.get(part) for part in apart}}, meta, engine)


def check_parts(whole: dict[str, Any], meta: dict[str, Any], engine: Engine) -> None:
    """The same for some of the parts: the files by their kinds."""
    for path, keyword_path in engine.validator(meta)(whole):
        file, where = _split_place(path)
        problem = f"{where} breaks {keyword_path[-1]}{_describe(meta, keyword_path, follow(whole, path))}"
        raise CatalogError(file, problem, "see meta.schema.json")


def _split_place(path: Path) -> tuple[str, str]:
    """The file that a place of the bundle is in, and the place within it."""
    size = 2 if path[:1] == ("schemas",) else 1
    file = " ".join(map(str, ("schema", *path[1:size]) if size > 1 else path[:size]))
    return file or "the contract", "/".join(map(str, path[size:])) or "its top"


def _describe(meta: dict[str, Any], keyword_path: Path, value: Any) -> str:
    """The words that are unknown or missing, where that is what is wrong."""
    node: Any = meta
    for part in keyword_path[:-1]:
        node = _follow_ref(meta, node, part)[part]
    if keyword_path[-1] == "additionalProperties":
        known = _follow_ref(meta, node, "properties").get("properties", {})
        return ": unknown word " + ", ".join(sorted(value.keys() - known.keys()))
    if "propertyNames" in keyword_path:
        return f": each name in it must be like {node['pattern']}"
    if keyword_path[-1] == "enum":
        return f": one of {', '.join(map(str, _follow_ref(meta, node, 'enum')['enum']))}"
    if keyword_path[-1] == "type":
        return f": it must be of type {_follow_ref(meta, node, 'type')['type']}"
    if keyword_path[-1] == "required":
        return ": lacks " + ", ".join(sorted(set(_follow_ref(meta, node, "required")["required"]) - value.keys()))
    return ""


def _follow_ref(meta: dict[str, Any], node: Any, part: str | int) -> Any:
    """``node``, or what its ``$ref`` names where ``part`` is not in it: engines differ in showing that step."""
    while isinstance(node, dict) and part not in node and "$ref" in node:
        node = follow(meta, from_pointer(node["$ref"][1:]))
    return node


def check_names(catalog: Catalog) -> None:
    """Each schema, operation and claim that is named exists, and each keyword that constrains names its claim."""
    check_claim_ids(claim_ids, catalog.claims)
    for place, schema in _iter_schema_ids(catalog):
        _require_name(schema, catalog.schemas, place, "schema")
    for model in catalog.models.values():
        for name in model.operations:
            _require_name(name, catalog.operations, f"model {model.id}", "operation")
    for operation in catalog.operations.values():
        if operation.is_covered:
            _require_name(operation.data["default_model"]["id"], catalog.models, f"operation {operation.id}", "model")
            check_prices(f"operation {operation.id} price", operation.prices, catalog.schemas[operation.input or ""])
    for id_, whole in catalog.schemas.items():
        for path, node in iter_nodes(whole):
            _check_node(f"schema {id_}#{to_pointer(path)}", node, catalog.claims)
    parts = (
        ("", catalog.lifecycle),
        ("", catalog.media),
        ("", catalog.scenarios),
        ("", catalog.status_reply),
        *_entries(catalog),
    )
    for place, part in parts:
        check_claims(place, part, catalog.claims)


def check_claims(place: str, part: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Each claim that a part of the contract names is in the ledger."""
    for where, id_ in _iter_claim_ids((place, part)):
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
    """Each schema that something names, after the place that names it."""
    yield from (("the envelope", f"envelope/{name}") for name in _ENVELOPES)
    for operation in catalog.operations.values():
        yield from ((f"operation {operation.id}", each) for each in (operation.input, operation.output) if each)
    yield from ((f"model {model.id}", model.schema) for model in catalog.models.values() if model.schema is not None)


def _require_name(name: str, names: Mapping[str, Any], place: str, what: str) -> None:
    if name not in names:
        raise CatalogError(place, f"names the {what} {name}, which does not exist", f"add that {what}, or correct it")


def _check_node(place: str, node: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    evidence = node.get("x-evidence", {})
    constraining = {word for word in CONSTRAINTS if word in node}
    if constraining != evidence.keys():
        word = sorted(constraining ^ evidence.keys())[0]
        raise CatalogError(place, f"{word} and x-evidence do not match", "name one claim for each constraint there is")
    for id_ in (*evidence.values(), *node.get("x-cap", {}).values()):
        find_claim(id_, place, claims)
    try:
        re.compile(node.get("pattern", ""))
    except re.error as error:
        raise CatalogError(place, f"the pattern is none: {error}", "write a regular expression") from None


def _entries(catalog: Catalog) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"operation {operation.id}", operation.data) for operation in catalog.operations.values()]


def _iter_claim_ids(*parts: tuple[str, Any]) -> Iterator[tuple[str, str]]:
    """Every claim id named under the keys claim, claims, default_claims and …_claim."""
    for place, part in parts:
        for key, value in part.items():
            where = f"{place} {key}".strip()
            if key == "claim" or key.endswith("_claim"):
                yield where, value
            elif key == "claims":
                yield from ((where, id_) for id_ in value)
            elif key == "default_claims":
                yield from ((where, id_) for id_ in value.values())
            elif isinstance(value, Mapping):
                yield from _iter_claim_ids((where, value))
            elif isinstance(value, list):
                yield from _iter_claim_ids(*((where, item) for item in value if isinstance(item, Mapping)))


def find_claim(id_: str, place: str, claims: Mapping[str, Claim]) -> Claim:
    """The claim of that id. Raises CatalogError, naming ``place``, for one that the ledger does not have."""
    try:
        return claims[id_]
    except KeyError:
        raise CatalogError(place, f"names the claim {id_}, which is not in the ledger", "add it to claims") from None
