"""Which operations can be judged: those whose input the contract describes (floor 1)."""

from __future__ import annotations

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.errors import UnknownName
from cannon_spec.named_rules import suggest_operation

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
    advice = _LISTING if operation is not None else suggest_operation(catalog, id_, _LISTING)
    raise UnknownName(f"{id_} is not a covered operation; {advice}")
