"""Load the contract: the shipped one, one of a user's folder, or one under an overlay (floor 1)."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from cannon_spec import claim_ids
from cannon_spec.contract import engines, overlay
from cannon_spec.contract.builder import CatalogBuilder
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.checks import check_claims, check_parts
from cannon_spec.contract.engines import Engine
from cannon_spec.contract.source import (
    Bundle,
    ContractSource,
    Folder,
    find_shipped_folder,
    read_bundle,
    read_json,
    to_whole_numbers,
)
from cannon_spec.errors import CatalogError
from cannon_spec.nearest import suggest_name


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
    folder, judge = Folder(find_shipped_folder() if path is None else os.fspath(path)), engines.choose(engine)
    if overlay is None:
        # The shipped contract was checked whole before it was shipped: of it only what is used is read.
        return _build(folder, folder.read_meta(), judge, is_whole=path is not None)
    file = os.fspath(overlay)
    return _build_patched(folder, read_json(file), file, judge)


def check_overlay(patch: dict[str, Any], place: str) -> None:
    """Check that a patch can be an overlay of the shipped contract. Raises CatalogError, which names ``place``."""
    _build_patched(Folder(find_shipped_folder()), to_whole_numbers(patch), place, engines.choose(None))


def _build_patched(folder: Folder, patch: dict[str, Any], place: str, engine: Engine) -> Catalog:
    """The catalog of a folder under an overlay, all of it checked."""
    bundle = _patch_bundle(read_bundle(folder), patch, place)
    try:
        return _build(Bundle(bundle), folder.read_meta(), engine, is_whole=True)
    except CatalogError as error:
        raise error.relabel(lambda inner_place: f"{place}: {inner_place}") from None


def _build(source: ContractSource, meta: dict[str, Any], engine: Engine, *, is_whole: bool) -> Catalog:
    """The catalog of a source; ``is_whole`` reads and checks all of it at once."""
    builder = CatalogBuilder(source, meta, engine)
    if is_whole:
        builder.read_all()
    return builder.catalog


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The shipped contract, read once a process."""
    return load_catalog()


def read_part(kind: str, path: os.PathLike[str] | str) -> dict[str, Any]:
    """Read a user's JSON file of a kind that the meta-schema has, and check it. Raises CatalogError."""
    file = os.fspath(path)
    return check_part(kind, read_json(file), file)


def check_part(kind: str, value: dict[str, Any], place: str) -> dict[str, Any]:
    """Check a value of a kind that the meta-schema has, and return it. Raises CatalogError, which names ``place``."""
    meta, value = Folder(find_shipped_folder()).read_meta(), to_whole_numbers(value)
    try:
        check_parts({kind: value}, meta, engines.choose(None).compile(meta))
    except CatalogError as error:
        raise error.relabel(lambda _: place) from None
    return value


def add_scenarios(catalog: Catalog, path: os.PathLike[str] | str) -> Catalog:
    """Add the scenarios of a file to the contract. One with a name that the contract has replaces it.

    Raises CatalogError.
    """
    return merge_scenarios(catalog, read_json(os.fspath(path)), os.fspath(path))


def merge_scenarios(catalog: Catalog, value: dict[str, Any], file: str) -> Catalog:
    """Add the scenarios of a value as ``add_scenarios`` does. Raises CatalogError, which names ``file``."""
    more = check_part("more_scenarios", value, file)
    scenarios = {**catalog.scenarios["scenarios"], **more["scenarios"]}
    default = more.get("default", catalog.scenarios["default"])
    if default not in scenarios:
        advice = suggest_name(default, scenarios, "cannon-mock --list-scenarios lists the others")
        raise CatalogError(file, f"default: there is no scenario {default}", advice)
    try:
        check_claims(f"{file}: scenarios", more["scenarios"], catalog.claims)
    except CatalogError as error:
        raise CatalogError(error.place, error.problem, "leave the claim out, or use one of the ledger") from None
    return replace(catalog, scenarios=MappingProxyType({"default": default, "scenarios": scenarios}))


def read_whole_contract(overlay: os.PathLike[str] | str | None = None) -> dict[str, Any]:
    """The shipped contract as one JSON object, as the file ``overlay`` patches it. Raises CatalogError."""
    bundle = read_bundle(Folder(find_shipped_folder()))
    return bundle if overlay is None else _patch_bundle(bundle, read_json(os.fspath(overlay)), os.fspath(overlay))


def _patch_bundle(bundle: dict[str, Any], patch: dict[str, Any], file: str) -> dict[str, Any]:
    """The contract as patched by an overlay; errors name ``file``."""
    for part, value in sorted(patch.items()):
        if part not in bundle:
            advice = suggest_name(part, bundle, f"use {', '.join(sorted(bundle))}")
            raise CatalogError(file, f"unknown part {part}", advice)
        if type(value) is not type(bundle[part]):
            raise CatalogError(file, f"{part} has the wrong JSON type", "write it as in the files of schemas/")
    for id_, entry in sorted(patch.get("claims", {}).items()):
        if entry is None:
            raise CatalogError(file, f"the claim {id_} cannot be removed", "add a claim that says what you know")
    patched_bundle = overlay.apply_overlay(bundle, patch, claim_ids.USER_OVERLAY)
    claim = {**bundle["claims"][claim_ids.USER_OVERLAY], "source": f"the overlay file {os.path.basename(file)}"}
    return {**patched_bundle, "claims": {**patched_bundle["claims"], claim_ids.USER_OVERLAY: claim}}
