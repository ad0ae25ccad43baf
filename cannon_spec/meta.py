"""What the files of the contract must be: known words only, and no name that leads nowhere (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cannon_spec.contract import Catalog, Claim, nodes
from cannon_spec.engines import Validator
from cannon_spec.errors import CatalogError
from cannon_spec.overlay import CONSTRAINTS
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer

PARTS = ("lifecycle", "pixels", "scenarios")
"""The data files beside the catalog and the ledger, each under its own name in a bundle."""

_ENVELOPES = ("create", "accepted", "request", "status", "error")


def check_words(bundle: dict[str, Any], meta: dict[str, Any], compile_: Callable[..., Validator]) -> None:
    """Each file of the bundle has the words that the meta-schema lists for its kind, and no other."""
    validators: dict[str, tuple[dict[str, Any], Validator]] = {}

    def check(place: str, kind: str, value: Any) -> None:
        if kind not in validators:
            schema = {"$defs": meta["$defs"], "$ref": f"#/$defs/{kind}"}
            validators[kind] = schema, compile_(schema)
        schema, violations = validators[kind]
        for path, keyword_path in violations(value):
            where = "/".join(map(str, path)) or "its top"
            problem = f"{where} breaks {keyword_path[-1]}{_unknown_words(schema, keyword_path, follow(value, path))}"
            raise CatalogError(place, problem, f"see meta.schema.json, $defs/{kind}")

    check("catalog", "catalog", {key: bundle.get(key) for key in ("base_url", "operations", "models")})
    for part in ("claims", *PARTS):
        check(part, part, bundle[part])
    for id_, schema in bundle["schemas"].items():
        check(f"schema {id_}", "schema", schema)


def _unknown_words(meta: dict[str, Any], keyword_path: Path, value: Any) -> str:
    if keyword_path[-1] != "additionalProperties":
        return ""
    node: Any = meta
    for part in keyword_path[:-1]:
        node = node[part]
        node = follow(meta, from_pointer(node[1:])) if part == "$ref" else node
    return ": unknown word " + ", ".join(sorted(value.keys() - node.get("properties", {}).keys()))


def check_names(catalog: Catalog) -> None:
    """Each schema, operation and claim that is named exists, and each keyword that constrains names its claim."""
    for name in _ENVELOPES:
        _known(f"envelope/{name}", catalog.schemas, "the envelope", "schema")
    for operation in catalog.operations.values():
        for name in filter(None, (operation.input, operation.output)):
            _known(name, catalog.schemas, f"operation {operation.id}", "schema")
    for model in catalog.models.values():
        if model.schema is not None:
            _known(model.schema, catalog.schemas, f"model {model.id}", "schema")
        for name in model.operations:
            _known(name, catalog.operations, f"model {model.id}", "operation")
    for id_, schema in catalog.schemas.items():
        for path, node in nodes(schema):
            _check_evidence(f"schema {id_}#{to_pointer(path)}", node, catalog.claims)
    for place, id_ in _named(
        ("", catalog.lifecycle), ("", catalog.pixels), ("", catalog.scenarios), *_entries(catalog)
    ):
        known_claim(id_, place, catalog.claims)


def _known(name: str, names: Mapping[str, Any], place: str, what: str) -> None:
    if name not in names:
        raise CatalogError(place, f"names the {what} {name}, which does not exist", f"add that {what}, or correct it")


def _check_evidence(place: str, node: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    evidence = node.get("x-evidence", {})
    constraining = {word for word in CONSTRAINTS if word in node}
    if constraining != evidence.keys():
        word = sorted(constraining ^ evidence.keys())[0]
        raise CatalogError(place, f"{word} and x-evidence do not match", "name one claim for each constraint there is")
    for id_ in evidence.values():
        known_claim(id_, place, claims)


def _entries(catalog: Catalog) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"operation {operation.id}", operation.data) for operation in catalog.operations.values()]


def _named(*parts: tuple[str, Any]) -> Iterator[tuple[str, str]]:
    """Every claim id named under the keys claim, claims and …_claim."""
    for place, part in parts:
        for key, value in part.items():
            where = f"{place} {key}".strip()
            if key == "claim" or key.endswith("_claim"):
                yield where, value
            elif key == "claims":
                yield from ((where, id_) for id_ in value)
            elif isinstance(value, Mapping):
                yield from _named((where, value))


def known_claim(id_: str, place: str, claims: Mapping[str, Claim]) -> Claim:
    """The claim of that id. Raises CatalogError, naming ``place``, for one that the ledger does not have."""
    try:
        return claims[id_]
    except KeyError:
        raise CatalogError(place, f"names the claim {id_}, which is not in the ledger", "add it to claims") from None
