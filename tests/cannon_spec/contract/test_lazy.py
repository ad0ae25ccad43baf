"""The shipped contract is read by part, when a part is asked for; any other contract is read and checked whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import RLock
from typing import Any

import pytest

from cannon_spec import CatalogError, load_catalog, validate_request
from cannon_spec.contract import builder, engines, source
from cannon_spec.contract.lazy import LazyMapping
from tests.support.payloads import DOCUMENTED, FOLDER


def test_a_value_is_read_once_and_when_it_is_asked_for() -> None:
    """A lazy mapping reads a value at its first use and keeps it; listing names reads none."""
    reads: list[str] = []
    values = {"one": 1, "two": 2}

    def read(name: str) -> int:
        reads.append(name)
        return values[name]

    mapping: Mapping[str, int] = LazyMapping(read, lambda: values, RLock())
    assert (list(mapping), len(mapping), "one" in mapping, "three" in mapping, reads) == (
        ["one", "two"],
        2,
        True,
        False,
        [],
    )
    assert (mapping["one"], mapping["one"], mapping.get("two"), mapping.get("three", 3)) == (1, 1, 2, 3)
    assert reads == ["one", "two", "three"]
    assert dict(mapping) == values


def test_threads_read_one_after_the_other() -> None:
    """While a thread reads a value or lists the names, no other thread can."""
    lock = RLock()
    with ThreadPoolExecutor(1) as pool:

        def has_lock(*_: str) -> tuple[str, ...]:
            return () if pool.submit(lock.acquire, blocking=False).result() else ("locked",)

        mapping = LazyMapping(has_lock, has_lock, lock)
        assert (mapping["one"], list(mapping)) == (("locked",), ["locked"])


def test_the_mappings_of_a_catalog_share_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a catalog is read under one lock: an operation reads ledgers, schemas and models."""
    locks: list[object] = []
    build = LazyMapping.__init__

    def record(self: LazyMapping[object], read: Any, list_names: Any, lock: Any) -> None:
        locks.append(lock)
        build(self, read, list_names, lock)

    monkeypatch.setattr(LazyMapping, "__init__", record)
    catalog = load_catalog()
    mappings = (catalog.claims, catalog.operations, catalog.models, catalog.schemas)
    assert len(locks) == len(mappings) + len(source.PARTS)
    assert len(set(map(id, locks))) == 1


def test_a_part_with_a_fault_is_refused_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the shipped contract with a fault is refused whenever it is read, not only at first."""
    folder = source.Folder(str(FOLDER))
    monkeypatch.setattr(folder, "read_part", lambda name: {"default": "no-such-scenario", "scenarios": {}})
    catalog = builder.CatalogBuilder(folder, folder.read_meta(), engines.choose(None)).catalog
    for _ in range(2):
        with pytest.raises(CatalogError, match="no-such-scenario"):
            catalog.scenarios["default"]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the contract that are read from here on, without the folder."""
    names: list[str] = []
    read_json = source.read_json

    def record(file: str) -> dict[str, object]:
        names.append(str(Path(file).relative_to(FOLDER)))
        return read_json(file)

    monkeypatch.setattr(source, "read_json", record)
    return names


def test_judging_reads_what_its_operation_needs(files: list[str]) -> None:
    """Judging one body reads the index, the shared ledger, and the files of its operation and model; nothing else."""
    assert validate_request(DOCUMENTED, catalog=load_catalog()).ok
    operation, model = "operations/image.generate/", "models/gptimage2.schema.json"
    own_files = {f"{operation}{name}" for name in ("operation.json", "evidence.json", "input.schema.json")}
    assert {name for name in files if name.startswith(("operations/", "models/"))} == {*own_files, model}
    assert not {"scenarios.json", "media.json"} & set(files)


def test_a_contract_of_a_folder_is_read_whole(files: list[str]) -> None:
    """A folder that is named is read whole when it loads: every operation and every schema."""
    load_catalog(FOLDER)
    expected = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.json") if "examples" not in file.parts}
    assert set(files) == expected


def test_a_fault_of_the_shipped_contract_is_named_when_it_is_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of the shipped contract is checked when it is read."""
    folder = source.Folder(str(FOLDER))
    monkeypatch.setattr(folder, "read_operation", lambda id_: json.loads('{"price": {}}'))
    catalog = builder.CatalogBuilder(folder, folder.read_meta(), engines.choose(None)).catalog
    with pytest.raises(CatalogError, match=r"operation image\.generate"):
        catalog.operations["image.generate"]
