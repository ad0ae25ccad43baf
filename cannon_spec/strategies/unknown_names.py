"""Names that mean nothing to the judge, for fields that the contract does not have (floor 2, pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from cannon_spec.contract.aliases import find_field_alias
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.nodes import iter_nodes
from cannon_spec.nearest import find_nearest


def build_filter(catalog: Catalog) -> Callable[[str], bool]:
    """Whether a name resembles no field of the contract, and is none that other services have.

    What the judge takes for a slip or an alias is judged as the field that it may stand for, and so may break a second
    rule.
    """
    list_names = cache(lambda: tuple(dict.fromkeys(_list_field_names(catalog))))  # late: few are drawn from
    return lambda name: find_field_alias(catalog.aliases, name) is None and find_nearest(name, list_names()) is None


def _list_field_names(catalog: Catalog) -> Iterable[str]:
    inputs = (operation.input for operation in catalog.operations.values() if operation.input is not None)
    for schema in ("envelope/create", *inputs):
        for _, node in iter_nodes(catalog.schemas[schema]):
            yield from node.get("properties", ())
