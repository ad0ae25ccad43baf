"""The contract, read from its folder and checked (floor 1). The only file that reads ``schemas/``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cannon_spec import document, engines, overlay
from cannon_spec.contract import Catalog, Claim, Model, Operation
from cannon_spec.engines import Engine
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.meta import PARTS, check_names, check_words, known_claim
from cannon_spec.pointer import follow, from_pointer

OVERLAY_CLAIM = "user-overlay"
_SUFFIX = ".schema.json"
_META = "meta"


def load(path: Path | str | None = None, *, overlay: Path | str | None = None, engine: str | None = None) -> Catalog:
    """Read the contract from ``path`` (a folder as ``schemas/``; by default the one that came with this package).

    ``overlay`` names a file of JSON Merge Patch (RFC 7386) over it; ``engine`` is ``jsonschema``, ``jsonschema-rs`` or
    None for the faster of those installed. Raises CatalogError where a file is missing, has a word that the meta-schema
    does not know, or names a claim, schema or operation that does not exist.
    """
    folder = _shipped() if path is None else Path(path)
    chosen = engines.choose(engine)
    bundle, meta = _read(folder)
    if overlay is not None:
        bundle = _laid_over(bundle, Path(overlay))
    raw = bundle["schemas"]
    bundle = {**bundle, "schemas": {id_: _inlined(schema, id_, raw) for id_, schema in raw.items()}}
    check_words(bundle, meta, chosen)
    catalog = _build(bundle, chosen)
    check_names(catalog)
    return catalog


@lru_cache(maxsize=1)
def default() -> Catalog:
    """The shipped contract, read once a process."""
    return load()


def _shipped() -> Path:
    package = Path(__file__).resolve().parent
    beside = package / "schemas"
    return beside if beside.is_dir() else package.parent / "schemas"


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bundle that an overlay patches, and the meta-schema."""
    parts = {name: _json(folder / f"{name}.json") for name in PARTS}
    raw = {
        file.relative_to(folder).as_posix().removesuffix(_SUFFIX): _json(file)
        for file in sorted(folder.rglob("*" + _SUFFIX))
    }
    meta = raw.pop(_META, None)
    if meta is None:
        raise CatalogError(str(folder), "there is no meta.schema.json", "name a folder like the shipped schemas/")
    return {**_json(folder / "catalog.json"), **_json(folder / "evidence.json"), **parts, "schemas": raw}, meta


def _json(file: Path) -> dict[str, Any]:
    try:
        value = document.loads(file.read_bytes())
    except OSError as error:
        raise CatalogError(str(file), error.strerror or "cannot be read", "check the path") from None
    except NotJSON as error:
        raise CatalogError(str(file), error.problem, error.advice) from None
    if not isinstance(value, dict):
        raise CatalogError(str(file), "is not a JSON object", "see schemas/README.md for the form of each file")
    return value


def _inlined(node: Any, home: str, raw: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """``node`` with each ``$ref`` replaced by what it names, so that no engine has to resolve one."""
    if isinstance(node, list):
        return [_inlined(item, home, raw, seen) for item in node]
    if not isinstance(node, dict):
        return node
    own = {key: _inlined(value, home, raw, seen) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    found = _referred(node["$ref"], home, raw, seen)
    evidence = {**found.get("x-evidence", {}), **own.get("x-evidence", {})}
    return {**found, **own, **({"x-evidence": evidence} if evidence else {})}


def _referred(ref: Any, home: str, raw: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
    try:
        target, pointer = _resolved(str(ref), home)
        name = f"{target}#{pointer}"
        if name in seen:
            raise LookupError(name)
        found = _inlined(follow(raw[target], from_pointer(pointer)), target, raw, (*seen, name))
        if isinstance(found, dict):
            return found
        raise LookupError(name)
    except LookupError:
        raise CatalogError(f"schema {home}", f"the $ref {ref} leads nowhere", "name a $def that exists") from None


def _resolved(ref: str, home: str) -> tuple[str, str]:
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


def _laid_over(bundle: dict[str, Any], file: Path) -> dict[str, Any]:
    patch = _json(file)
    unknown = sorted(patch.keys() - bundle.keys())
    if unknown:
        known = ", ".join(sorted(bundle))
        raise CatalogError(str(file), f"unknown part {unknown[0]}", f"an overlay patches these: {known}")
    for part, value in patch.items():
        if type(value) is not type(bundle[part]):
            raise CatalogError(str(file), f"{part} has the wrong JSON type", "write it as in the files of schemas/")
    removed = sorted(id_ for id_, entry in patch.get("claims", {}).items() if entry is None)
    if removed:
        raise CatalogError(str(file), f"the claim {removed[0]} cannot be removed", "say what you know in a new claim")
    patched = overlay.applied(bundle, patch, OVERLAY_CLAIM)
    said = {**bundle["claims"][OVERLAY_CLAIM], "source": f"the overlay file {file.name}"}
    return {**patched, "claims": {**patched["claims"], OVERLAY_CLAIM: said}}


def _build(bundle: dict[str, Any], engine: Engine) -> Catalog:
    claims = {id_: Claim(id=id_, **entry) for id_, entry in bundle["claims"].items()}
    return Catalog(
        base_url=bundle["base_url"],
        claims=MappingProxyType(claims),
        operations=MappingProxyType({id_: _operation(id_, e, claims) for id_, e in bundle["operations"].items()}),
        models=MappingProxyType({id_: _model(id_, e, claims) for id_, e in bundle["models"].items()}),
        schemas=MappingProxyType(bundle["schemas"]),
        lifecycle=MappingProxyType(bundle["lifecycle"]),
        pixels=MappingProxyType(bundle["pixels"]),
        scenarios=MappingProxyType(bundle["scenarios"]),
        _engine=engine,
    )


def _operation(id_: str, entry: dict[str, Any], claims: dict[str, Claim]) -> Operation:
    claim = known_claim(entry["claim"], f"operation {id_}", claims)
    return Operation(id_, entry["name"], claim, entry.get("input"), entry.get("output"), MappingProxyType(entry))


def _model(id_: str, entry: dict[str, Any], claims: dict[str, Claim]) -> Model:
    place = f"model {id_}"
    operations = {name: known_claim(claim, place, claims) for name, claim in entry["operations"].items()}
    claim = known_claim(entry["claim"], place, claims)
    return Model(id_, entry["name"], entry.get("maker", ""), claim, entry.get("schema"), MappingProxyType(operations))
