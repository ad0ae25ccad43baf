"""Reading the contract from its folder, and checking it (floor 1). No other module reads ``schemas/``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from cannon_spec import claim_ids, document
from cannon_spec.contract import engines, overlay
from cannon_spec.contract.catalog import Catalog, Claim, Model, Operation, ServedModel
from cannon_spec.contract.checks import (
    INDEX_WORDS,
    PARTS,
    check_claims,
    check_names,
    check_parts,
    check_words,
    find_claim,
    find_model,
)
from cannon_spec.contract.default_checks import check_defaults
from cannon_spec.contract.engines import Engine
from cannon_spec.contract.media_checks import check_media
from cannon_spec.contract.prices import Price, build_price
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.pointer import follow, from_pointer

_SUFFIX = ".schema.json"
_META = "meta"


def load_catalog(
    path: os.PathLike[str] | str | None = None,
    *,
    overlay: os.PathLike[str] | str | None = None,
    engine: str | None = None,
) -> Catalog:
    """Read the contract from a folder like ``schemas/`` (default: the one that came with this package).

    ``overlay`` is a file with a JSON Merge Patch (RFC 7386) of the contract. ``engine`` is ``jsonschema``,
    ``jsonschema-rs`` or None for the faster one that is installed. Raises CatalogError if a file is missing, uses a
    word that the meta-schema does not list, or names a claim, schema or operation that does not exist.
    """
    folder = _find_shipped_folder() if path is None else os.fspath(path)
    judge = engines.choose(engine)
    bundle, meta = _read_folder(folder)
    if overlay is None:
        return _check_and_build(bundle, meta, judge)
    file = os.fspath(overlay)
    bundle = _patch_bundle(bundle, file)
    try:
        return _check_and_build(bundle, meta, judge)
    except CatalogError as error:
        raise CatalogError(f"{file}: {error.place}", error.problem, error.advice) from None


def _check_and_build(bundle: dict[str, Any], meta: dict[str, Any], engine: Engine) -> Catalog:
    raw = bundle["schemas"]
    whole = {**bundle, "schemas": {id_: _inline_refs(schema, id_, raw) for id_, schema in raw.items()}}
    check_words(whole, meta, engine)
    catalog = _build_catalog(whole, engine)
    check_names(catalog)
    check_defaults(catalog)
    check_media(catalog)
    return catalog


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The shipped contract, read once a process."""
    return load_catalog()


def read_part(kind: str, path: os.PathLike[str] | str) -> dict[str, Any]:
    """Read a user's JSON file of a kind that the meta-schema has, and check it. Raises CatalogError."""
    file = os.fspath(path)
    return check_part(kind, _read_json(file), file)


def check_part(kind: str, value: dict[str, Any], place: str) -> dict[str, Any]:
    """Check a value of a kind that the meta-schema has, and return it. Raises CatalogError, which names ``place``."""
    meta, value = _read_json(os.path.join(_find_shipped_folder(), _META + _SUFFIX)), _to_whole_numbers(value)
    try:
        check_parts({kind: value}, meta, engines.choose(None))
    except CatalogError as error:
        raise CatalogError(place, error.problem, error.advice) from None
    return value


def add_scenarios(catalog: Catalog, path: os.PathLike[str] | str) -> Catalog:
    """Add the scenarios of a file to the contract. One with a name that the contract has replaces it.

    Raises CatalogError.
    """
    file, more = os.fspath(path), read_part("more_scenarios", path)
    scenarios = {**catalog.scenarios["scenarios"], **more["scenarios"]}
    default = more.get("default", catalog.scenarios["default"])
    if default not in scenarios:
        raise CatalogError(file, f"default: there is no scenario {default}", f"use one of {', '.join(scenarios)}")
    try:
        check_claims(f"{file}: scenarios", more["scenarios"], catalog.claims)
    except CatalogError as error:
        raise CatalogError(error.place, error.problem, "leave the claim out, or use one of the ledger") from None
    return replace(catalog, scenarios=MappingProxyType({"default": default, "scenarios": scenarios}))


def read_expectations() -> list[frozenset[str]]:
    """The rules that each example document, and each change of one, breaks: one set of ids for each of them."""
    expectations = []
    for parent, _, names in sorted(os.walk(os.path.join(_find_shipped_folder(), "examples"))):
        for name in sorted(names):
            value = _read_json(os.path.join(parent, name))
            expectations += [frozenset(entry["expect"]) for entry in value.get("changes", [value])]
    return expectations


def _find_shipped_folder() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    beside = os.path.join(package, "schemas")
    return beside if os.path.isdir(beside) else os.path.join(os.path.dirname(package), "schemas")


def _read_folder(folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contract as one JSON object, which an overlay patches, and the meta-schema."""
    parts = {name: _read_json(os.path.join(folder, f"{name}.json")) for name in PARTS}
    bundle = {"statements": [], **_read_json(os.path.join(folder, "catalog.json"))}
    _add_evidence(bundle, os.path.join(folder, "evidence.json"))
    for id_, entry in bundle.get("operations", {}).items():
        home = os.path.join(folder, "operations", id_)
        if os.path.exists(os.path.join(home, "operation.json")):
            entry.update(_read_json(os.path.join(home, "operation.json")))
            _add_evidence(bundle, os.path.join(home, "evidence.json"))
    raw = {id_: _read_json(file) for id_, file in sorted(_iter_schema_files(folder))}
    meta = raw.pop(_META, None)
    if meta is None:
        raise CatalogError(folder, "has no meta.schema.json", "use a copy of the folder schemas/")
    return {**bundle, **parts, "schemas": raw}, meta


def _add_evidence(bundle: dict[str, Any], file: str) -> None:
    """Add the claims and statements of a ledger. Raises CatalogError for a claim that another ledger has."""
    ledger, claims = _read_json(file), bundle.setdefault("claims", {})
    for word in sorted(ledger.keys() - {"claims", "statements"}):
        raise CatalogError(file, f"unknown word {word}", "use claims, statements")
    for id_ in ledger.get("claims", {}):
        if id_ in claims:
            raise CatalogError(file, f"the claim {id_} is in another ledger too", "give it another id")
    claims.update(ledger.get("claims", {}))
    bundle["statements"] += ledger.get("statements", ())


def _iter_schema_files(folder: str) -> Iterator[tuple[str, str]]:
    """Each schema's id and file: ``models/gptimage2`` and the path of ``models/gptimage2.schema.json``."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(_SUFFIX):
                file = os.path.join(parent, name)
                yield os.path.relpath(file, folder).replace(os.sep, "/").removesuffix(_SUFFIX), file


def _read_json(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as stream:
            value = document.loads(stream.read())
    except OSError as error:
        raise CatalogError(file, error.strerror or "cannot be read", "check the path") from None
    except NotJSON as error:
        raise CatalogError(file, error.problem, error.advice) from None
    if not isinstance(value, dict):
        raise CatalogError(file, "is not a JSON object", "see schemas/README.md for the form of each file")
    contents: dict[str, Any] = _to_whole_numbers(value)
    return contents


def _to_whole_numbers(value: Any) -> Any:
    """A copy in which 5.0 is 5: JSON Schema counts both as integers, but a header of a reply would show the point."""
    if isinstance(value, dict):
        return {key: _to_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _inline_refs(node: Any, home: str, raw: Mapping[str, Any], parents: tuple[str, ...] = ()) -> Any:
    """Replace each ``$ref`` in a node of the schema ``home`` by what it names.

    ``parents`` are the references that led here: one that leads to itself is an error, not an endless loop.
    """
    if isinstance(node, list):
        return [_inline_refs(item, home, raw, parents) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inline_refs(value, home, raw, parents) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    target = _find_target(node["$ref"], home, raw, parents)
    # A word beside the $ref replaces that word of the target, and its claim alone.
    evidence = {**target.get("x-evidence", {}), **own.get("x-evidence", {})}
    return {**target, **own, **({"x-evidence": evidence} if evidence else {})}


def _find_target(ref: Any, home: str, raw: Mapping[str, Any], parents: tuple[str, ...]) -> dict[str, Any]:
    try:
        schema, pointer = _resolve_ref(str(ref), home)
        name = f"{schema}#{pointer}"
        if name in parents:
            raise LookupError(name)
        target = _inline_refs(follow(raw[schema], from_pointer(pointer)), schema, raw, (*parents, name))
        if isinstance(target, dict):
            return target
        raise LookupError(name)
    except LookupError:
        problem = f"the $ref {ref} names no schema, or leads back to itself"
        raise CatalogError(f"schema {home}", problem, "name a $def that exists") from None


def _resolve_ref(ref: str, home: str) -> tuple[str, str]:
    """The id of the schema that a ``$ref`` of the schema ``home`` names, and the pointer within it."""
    file, _, pointer = ref.partition("#")
    if not file:
        return home, pointer
    parts = home.split("/")[:-1]
    for part in file.removesuffix(_SUFFIX).split("/"):
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts), pointer


def _patch_bundle(bundle: dict[str, Any], file: str) -> dict[str, Any]:
    """The contract as patched by the overlay in ``file``."""
    patch = _read_json(file)
    for part, value in sorted(patch.items()):
        if part not in bundle:
            raise CatalogError(file, f"unknown part {part}", f"use {', '.join(sorted(bundle))}")
        if type(value) is not type(bundle[part]):
            raise CatalogError(file, f"{part} has the wrong JSON type", "write it as in the files of schemas/")
    for id_, entry in sorted(patch.get("claims", {}).items()):
        if entry is None:
            raise CatalogError(file, f"the claim {id_} cannot be removed", "add a claim that says what you know")
    patched_bundle = overlay.apply_overlay(bundle, patch, claim_ids.USER_OVERLAY)
    claim = {**bundle["claims"][claim_ids.USER_OVERLAY], "source": f"the overlay file {os.path.basename(file)}"}
    return {**patched_bundle, "claims": {**patched_bundle["claims"], claim_ids.USER_OVERLAY: claim}}


def _build_catalog(bundle: dict[str, Any], engine: Engine) -> Catalog:
    claims = {id_: Claim(id=id_, **entry) for id_, entry in bundle["claims"].items()}
    models = {id_: _build_model(id_, entry, claims) for id_, entry in bundle["models"].items()}
    operations = {id_: _build_operation(id_, entry, models, claims) for id_, entry in bundle["operations"].items()}
    return Catalog(
        base_url=bundle["base_url"],
        status_reply=MappingProxyType(bundle["status_reply"]),
        claims=MappingProxyType(claims),
        operations=MappingProxyType(operations),
        models=MappingProxyType(models),
        schemas=MappingProxyType(bundle["schemas"]),
        lifecycle=MappingProxyType(bundle["lifecycle"]),
        media=MappingProxyType(bundle["media"]),
        scenarios=MappingProxyType(bundle["scenarios"]),
        statements=tuple(bundle["statements"]),
        _engine=engine,
    )


def _build_model(id_: str, entry: dict[str, Any], claims: dict[str, Claim]) -> Model:
    return Model(id_, entry["name"], entry.get("maker", ""), find_claim(entry["claim"], f"model {id_}", claims))


def _build_operation(
    id_: str, entry: dict[str, Any], models: Mapping[str, Model], claims: Mapping[str, Claim]
) -> Operation:
    place = f"operation {id_}"
    data = {key: value for key, value in entry.items() if key not in INDEX_WORDS}
    served_models = {
        name: _build_served_model(find_model(name, place, models), each, place, claims)
        for name, each in data.get("models", {}).items()
    }
    return Operation(
        id_,
        entry["name"],
        find_claim(entry["claim"], place, claims),
        MappingProxyType(data),
        MappingProxyType(served_models),
        _build_prices(entry.get("price")),
        **_find_remarks(data, place, claims),
    )


def _build_prices(entry: dict[str, Any] | None) -> tuple[Price, ...]:
    """The cases of an operation's price in their order, then the price of what no case fits."""
    return () if entry is None else (*map(build_price, entry.get("cases", ())), build_price(entry))


def _build_served_model(
    model: Model, entry: dict[str, Any], operation: str, claims: Mapping[str, Claim]
) -> ServedModel:
    place = f"{operation} model {model.id}"
    return ServedModel(
        model.id,
        model.name,
        model.maker,
        model.claim,
        service_claim=find_claim(entry["claim"], place, claims),
        schema=entry.get("schema"),
        **_find_remarks(entry, place, claims),
    )


def _find_remarks(entry: dict[str, Any], place: str, claims: Mapping[str, Claim]) -> dict[str, Any]:
    """The claims that an operation or served model names beside its rules."""
    lists = {key: tuple(find_claim(id_, place, claims) for id_ in entry.get(key, ())) for key in ("notes", "notices")}
    shut_down = entry.get("shut_down")
    return {**lists, "shut_down": None if shut_down is None else find_claim(shut_down, place, claims)}
