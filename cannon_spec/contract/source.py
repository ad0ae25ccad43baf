"""The parts of a contract as JSON values, from a folder like ``schemas/`` or from a patched bundle (floor 1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Protocol

from cannon_spec import inputs
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.system_errors import find_advice, find_reason

PARTS = ("lifecycle", "media", "scenarios", "aliases")
"""The data files beside the catalog and the ledger, each under its own name in a bundle."""

_INDEX_WORDS = ("name", "claim")
"""What the catalog itself says of an operation; the rest is in the operation's own file."""

_DOCUMENTED = "documented"
"""How the names of examples begin that are those of the vendor's pages."""

_SUFFIX = ".schema.json"
_META = "meta"


class ContractSource(Protocol):
    """Where the parts of a contract come from. Each method raises CatalogError for a part that cannot be read."""

    @property
    def index(self) -> dict[str, Any]:
        """The catalog: base_url, status_reply, and the index of operations and of models."""

    def read_part(self, name: str) -> dict[str, Any]:
        """One of PARTS."""

    def read_operation(self, id_: str) -> dict[str, Any]:
        """What the file of an operation says; empty if it has none."""

    def read_documented_inputs(self, id_: str) -> list[dict[str, Any]]:
        """The inputs of the examples on the vendor's pages for an operation, the shortest first."""

    def read_ledger(self, operation: str | None = None) -> dict[str, Any]:
        """The claims that operations share, or those of one operation."""

    def read_statements(self, operation: str | None = None) -> list[dict[str, Any]]:
        """The statements of the vendor's shared pages, or of the page of one operation."""

    def read_settings(self) -> dict[str, Any]:
        """The settings of our mock that differ from its defaults, by name."""

    def list_schemas(self) -> list[str]:
        """The ids of all schemas: ``models/gptimage2``."""

    def read_schema(self, id_: str) -> dict[str, Any]:
        """One schema. Raises KeyError if there is none."""


class Folder:
    """A contract in a folder: every part is a file of its own, read when it is asked for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._schemas: list[str] = []
        self.index = read_json(self._join("catalog.json"))

    def read_meta(self) -> dict[str, Any]:
        """The meta-schema. Raises CatalogError if the folder has none."""
        file = self._join(_META + _SUFFIX)
        if not os.path.exists(file):
            raise CatalogError(self._path, "has no meta.schema.json", "use a copy of the folder schemas/")
        return read_json(file)

    def read_part(self, name: str) -> dict[str, Any]:
        """Read the file of a part."""
        return read_json(self._join(f"{name}.json"))

    def read_operation(self, id_: str) -> dict[str, Any]:
        """Read ``operation.json`` in the folder of an operation."""
        file = self._join("operations", id_, "operation.json")
        return read_json(file) if os.path.exists(file) else {}

    def read_documented_inputs(self, id_: str) -> list[dict[str, Any]]:
        """Read the inputs of the files ``documented*.json`` among the examples of an operation."""
        home = self._join("examples", id_)
        names = sorted(os.listdir(home)) if os.path.isdir(home) else []
        files = [os.path.join(home, name) for name in names if name.startswith(_DOCUMENTED)]
        return sorted((read_json(file)["input"] for file in files), key=len)

    def read_ledger(self, operation: str | None = None) -> dict[str, Any]:
        """Read ``evidence.json``, of the contract or of one operation."""
        file = self._join(*_find_home(operation), "evidence.json")
        return read_json(file) if operation is None or os.path.exists(file) else {}

    def read_statements(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Read ``statements.json``, of the contract or of one operation."""
        file = self._join(*_find_home(operation), "statements.json")
        statements: list[dict[str, Any]] = read_json(file).get("statements", []) if os.path.exists(file) else []
        return statements

    def read_settings(self) -> dict[str, Any]:
        """None: a folder has no settings, only an overlay may have some."""
        return {}

    def list_schemas(self) -> list[str]:
        """List the files that end in ``.schema.json``, but for the meta-schema."""
        if not self._schemas:
            self._schemas = sorted(id_ for id_ in self._iter_schemas() if id_ != _META)
        return self._schemas

    def read_schema(self, id_: str) -> dict[str, Any]:
        """Read the file of a schema."""
        file = self._join(*f"{id_}{_SUFFIX}".split("/"))
        if not os.path.exists(file):
            raise KeyError(id_)
        return read_json(file)

    def _join(self, *names: str) -> str:
        return os.path.join(self._path, *names)

    def _iter_schemas(self) -> Iterator[str]:
        for parent, _, names in os.walk(self._path):
            for name in names:
                if name.endswith(_SUFFIX):
                    file = os.path.relpath(os.path.join(parent, name), self._path)
                    yield file.replace(os.sep, "/").removesuffix(_SUFFIX)


class Bundle:
    """A contract as one JSON object, as an overlay patches it.

    ``operations`` has both the index and the files of operations, ``claims`` and ``statements`` those of all ledgers.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value
        self._operations = value["operations"]
        parts = ("claims", "statements", "schemas", "documented_inputs", "settings", *PARTS)
        rest = {key: part for key, part in value.items() if key not in parts}
        self.index = {**rest, "operations": {id_: _pick_index(each) for id_, each in self._operations.items()}}

    def read_part(self, name: str) -> dict[str, Any]:
        """The value of a part."""
        part: dict[str, Any] = self._value[name]
        return part

    def read_operation(self, id_: str) -> dict[str, Any]:
        """What the bundle says of an operation beside its index entry."""
        return {key: value for key, value in self._operations[id_].items() if key not in _INDEX_WORDS}

    def read_documented_inputs(self, id_: str) -> list[dict[str, Any]]:
        """The documented inputs of an operation; none for one that an overlay adds."""
        inputs: list[dict[str, Any]] = self._value["documented_inputs"].get(id_, [])
        return inputs

    def read_ledger(self, operation: str | None = None) -> dict[str, Any]:
        """All claims; an operation has no ledger of its own."""
        if operation is not None:
            return {}
        return {"claims": self._value["claims"]}

    def read_statements(self, operation: str | None = None) -> list[dict[str, Any]]:
        """All statements; an operation has none of its own."""
        return self._value["statements"] if operation is None else []

    def read_settings(self) -> dict[str, Any]:
        """The settings that an overlay sets."""
        settings: dict[str, Any] = self._value["settings"]
        return settings

    def list_schemas(self) -> list[str]:
        """The ids of the bundle's schemas."""
        return list(self._value["schemas"])

    def read_schema(self, id_: str) -> dict[str, Any]:
        """The schema with an id."""
        schema: dict[str, Any] = self._value["schemas"][id_]
        return schema


def read_bundle(folder: Folder) -> dict[str, Any]:
    """The whole contract of a folder as one JSON object."""
    bundle: dict[str, Any] = {**folder.index, "claims": {}, "statements": [], "settings": folder.read_settings()}
    bundle["operations"] = {id_: {**entry, **folder.read_operation(id_)} for id_, entry in bundle["operations"].items()}
    for operation in (None, *bundle["operations"]):
        bundle["claims"].update(folder.read_ledger(operation).get("claims", {}))
        bundle["statements"] += folder.read_statements(operation)
    bundle["documented_inputs"] = {id_: folder.read_documented_inputs(id_) for id_ in bundle["operations"]}
    parts = {name: folder.read_part(name) for name in PARTS}
    return {**bundle, **parts, "schemas": {id_: folder.read_schema(id_) for id_ in folder.list_schemas()}}


def find_shipped_folder() -> str:
    """The folder of the contract that came with this package."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    beside = os.path.join(package, "schemas")
    return beside if os.path.isdir(beside) else os.path.join(os.path.dirname(package), "schemas")


def read_expectations() -> list[frozenset[str]]:
    """The rules that each example document, and each change of one, breaks: one set of ids for each of them."""
    expectations = []
    for parent, _, names in sorted(os.walk(os.path.join(find_shipped_folder(), "examples"))):
        for name in sorted(names):
            value = read_json(os.path.join(parent, name))
            expectations += [frozenset(entry["expect"]) for entry in value.get("changes", [value])]
    return expectations


def read_json(file: str) -> dict[str, Any]:
    """The JSON object in a file. Raises CatalogError, which names the file."""
    try:
        value = inputs.read_file(file)
    except OSError as error:
        raise CatalogError(file, find_reason(error), find_advice(error)) from None
    except NotJSON as error:
        raise CatalogError(file, error.placed_problem, error.advice) from None
    if not isinstance(value, dict):
        raise CatalogError(file, "is not a JSON object", "see schemas/README.md for the form of each file")
    contents: dict[str, Any] = to_whole_numbers(value)
    return contents


def to_whole_numbers(value: Any) -> Any:
    """A copy in which 5.0 is 5: JSON Schema counts both as integers, but a header of a reply would show the point."""
    if isinstance(value, dict):
        return {key: to_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _find_home(operation: str | None) -> tuple[str, ...]:
    """The folder of an operation, or of what operations share, within the folder of the contract."""
    return () if operation is None else ("operations", operation)


def _pick_index(entry: Any) -> Any:
    return {key: entry[key] for key in _INDEX_WORDS if key in entry} if isinstance(entry, dict) else entry
