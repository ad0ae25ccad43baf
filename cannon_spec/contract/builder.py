"""Build the values of a catalog from the parts of a contract, each part when it is first asked for (floor 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from threading import RLock
from types import MappingProxyType
from typing import Any, TypeVar

from cannon_spec import claim_ids
from cannon_spec.contract.aliases import check_aliases
from cannon_spec.contract.catalog import Catalog, Model, Operation, ServedModel
from cannon_spec.contract.checks import (
    ENVELOPES,
    check_claim_ids,
    check_claims,
    check_operation,
    check_parts,
    check_schema,
    find_claim,
    require_name,
)
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.default_checks import check_defaults
from cannon_spec.contract.engines import Engine
from cannon_spec.contract.lazy import LazyMapping
from cannon_spec.contract.media_checks import check_media, check_paces, check_tables
from cannon_spec.contract.prices import Price, build_price
from cannon_spec.contract.refs import inline_refs
from cannon_spec.contract.shared_tables import fill_in_tables
from cannon_spec.contract.source import PARTS, ContractSource
from cannon_spec.errors import CatalogError

V = TypeVar("V")

_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "lifecycle": check_paces,
    "media": check_tables,
    "aliases": check_aliases,
    "scenarios": lambda part: require_name(part["default"], part["scenarios"], "scenarios default", "scenario"),
}
"""The check of each part beside its words and claims."""


class CatalogBuilder:
    """Builds one catalog. Each part is checked when it is read: its words by the meta-schema, and the names it uses."""

    def __init__(self, source: ContractSource, meta: dict[str, Any], engine: Engine) -> None:
        self._source, self._meta, self._engine = source, meta, engine
        self._list_faults = engine.compile(meta)
        self._lock = RLock()  # reentrant: an operation reads its claims and schemas
        self._ledgers: dict[str | None, Mapping[str, Claim]] = {}
        self._index = self._check("catalog", source.index)
        self._read_ledger(None)
        self.catalog = self._build()

    def read_all(self) -> None:
        """Read and check every part. Raises CatalogError for the first fault."""
        catalog = self.catalog
        for part in (catalog.lifecycle, catalog.media, catalog.scenarios, catalog.aliases):
            dict(part)
        for mapping in (catalog.claims, catalog.models, catalog.operations, catalog.schemas):
            dict(mapping)
        for operation in catalog.operations.values():
            if operation.is_covered:
                check_defaults(catalog, operation)
                check_media(catalog, operation)
        for name in ENVELOPES:
            require_name(f"envelope/{name}", catalog.schemas, "the envelope", "schema")
        for number, statement in enumerate(catalog.statements):
            check_claims(f"statements {number}", statement, catalog.claims)

    def _build(self) -> Catalog:
        claims = self._map(self._read_claim, lambda: (id_ for ledger in self._iter_ledgers() for id_ in ledger))
        check_claim_ids(claim_ids, claims)
        check_claims("", {"claims": self._index["status_reply"]["claims"]}, claims)
        lifecycle, media, scenarios, aliases = map(self._build_part, PARTS)
        return Catalog(
            base_url=self._index["base_url"],
            status_reply=MappingProxyType(self._index["status_reply"]),
            claims=claims,
            operations=self._map(self._read_operation, lambda: self._index["operations"]),
            models=self._map(self._read_model, lambda: self._index["models"]),
            schemas=self._map(self._read_schema, self._source.list_schemas),
            lifecycle=lifecycle,
            media=media,
            scenarios=scenarios,
            aliases=aliases,
            settings=MappingProxyType(self._check("settings", self._source.read_settings())),
            _list_statements=cache(self._list_statements),
            _list_documented_inputs=cache(lambda id_: tuple(self._source.read_documented_inputs(id_))),
            _engine=self._engine,
        )

    def _check(self, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        """Return ``value`` if it has the words that the meta-schema lists for its kind, and no others."""
        check_parts({kind: value}, self._meta, self._list_faults)
        return value

    def _map(self, read: Callable[[str], V], list_names: Callable[[], Iterable[str]]) -> LazyMapping[V]:
        return LazyMapping(read, list_names, self._lock)

    def _build_part(self, name: str) -> LazyMapping[Any]:
        @cache
        def read() -> dict[str, Any]:
            part = self._check(name, self._source.read_part(name))
            check_claims("", {name: part}, self.catalog.claims)
            part = fill_in_tables(part) if name == "media" else part
            _CHECKS[name](part)
            return part

        return self._map(lambda key: read()[key], read)

    def _read_claim(self, id_: str) -> Claim:
        for ledger in chain(tuple(self._ledgers.values()), self._iter_ledgers()):
            if id_ in ledger:
                return ledger[id_]
        raise KeyError(id_)

    def _iter_ledgers(self) -> Iterator[Mapping[str, Claim]]:
        for operation in (None, *self._index["operations"]):
            yield self._read_ledger(operation)

    def _read_ledger(self, operation: str | None) -> Mapping[str, Claim]:
        """The claims of an operation's ledger, or of the shared one."""
        if operation not in self._ledgers:
            entries = self._read_ledger_file(operation).get("claims", {})
            for id_ in entries:
                if any(id_ in ledger for ledger in self._ledgers.values()):
                    place = "claims" if operation is None else f"claims of {operation}"
                    raise CatalogError(place, f"the claim {id_} is in another ledger too", "give it another id")
            self._ledgers[operation] = {id_: _build_claim(id_, entry) for id_, entry in entries.items()}
        return self._ledgers[operation]

    def _read_ledger_file(self, operation: str | None) -> dict[str, Any]:
        ledger = self._source.read_ledger(operation)
        try:
            return self._check("ledger", ledger) if ledger else ledger
        except CatalogError as error:
            place = error.place if operation is None else f"{error.place} of {operation}"
            raise CatalogError(place, error.problem, error.advice) from None

    def _list_statements(self) -> tuple[Mapping[str, Any], ...]:
        operations = (None, *self._index["operations"])
        statements = [each for id_ in operations for each in self._source.read_statements(id_)]
        check_parts({"statements": statements}, self._meta, self._list_faults)
        return tuple(statements)

    def _read_model(self, id_: str) -> Model:
        entry = self._index["models"][id_]
        claim = find_claim(entry["claim"], f"model {id_}", self.catalog.claims)
        return Model(id_, entry["name"], entry.get("maker", ""), claim)

    def _read_operation(self, id_: str) -> Operation:
        entry, place = self._index["operations"][id_], f"operation {id_}"
        self._read_ledger(id_)
        data = self._source.read_operation(id_)
        if data:
            self._check("operations", {id_: data})
        claims = self.catalog.claims
        operation = Operation(
            id_,
            entry["name"],
            find_claim(entry["claim"], place, claims),
            MappingProxyType(data),
            MappingProxyType(dict(self._build_served_models(place, data))),
            _build_prices(data.get("price")),
            **_find_remarks(data, place, claims),
            _media=self.catalog.media,
        )
        if data:
            check_operation(self.catalog, operation)
        return operation

    def _build_served_models(self, operation: str, data: dict[str, Any]) -> Iterator[tuple[str, ServedModel]]:
        for id_, entry in data.get("models", {}).items():
            place = f"{operation} model {id_}"
            require_name(id_, self._index["models"], operation, "model")
            model, claims = self.catalog.models[id_], self.catalog.claims
            yield (
                id_,
                ServedModel(
                    id_,
                    model.name,
                    model.maker,
                    model.claim,
                    service_claim=find_claim(entry["claim"], place, claims),
                    schema=entry.get("schema"),
                    **_find_remarks(entry, place, claims),
                ),
            )

    def _read_schema(self, id_: str) -> Mapping[str, Any]:
        schema = inline_refs(id_, self._source.read_schema)
        self._check("schemas", {id_: schema})
        check_schema(id_, schema, self.catalog.claims)
        return schema


def _build_claim(id_: str, entry: dict[str, Any]) -> Claim:
    lists = {name: tuple(entry.get(name, ())) for name in ("breaks", "observed")}
    return Claim(**{"id": id_, **entry, **lists})


def _build_prices(entry: dict[str, Any] | None) -> tuple[Price, ...]:
    """The cases of an operation's price in their order, then the price of what no case fits."""
    return () if entry is None else (*map(build_price, entry.get("cases", ())), build_price(entry))


def _find_remarks(entry: dict[str, Any], place: str, claims: Mapping[str, Claim]) -> dict[str, Any]:
    """The claims that an operation or served model names beside its rules."""
    lists = {key: tuple(find_claim(id_, place, claims) for id_ in entry.get(key, ())) for key in ("notes", "notices")}
    shut_down = entry.get("shut_down")
    return {**lists, "shut_down": None if shut_down is None else find_claim(shut_down, place, claims)}
