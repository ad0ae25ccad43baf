"""Which operations can be judged: those whose input the contract describes (floor 1)."""

from __future__ import annotations

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.errors import UnknownName
from cannon_spec.nearest import suggest_name

_LISTING = "cannon-spec catalog lists the operations"


def list_covered_operations(catalog: Catalog) -> tuple[str, ...]:
    """The identifiers of the operations whose input the contract describes, in the order of the catalog."""
    return tuple(each.id for each in catalog.operations.values() if each.is_covered)


def find_covered_operation(catalog: Catalog, id_: str) -> Operation:
    """The operation with that identifier. Raises UnknownName where it is not covered; the text says what to do."""
    operation = catalog.operations.get(id_)
    if operation is not None and operation.is_covered:
        return operation
    # An operation that exists is no misspelling of another one.
    names = () if operation is not None else list_covered_operations(catalog)
    raise UnknownName(f"{id_} is not a covered operation; {suggest_name(id_, names, _LISTING)}")
