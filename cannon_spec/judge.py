"""The judge as a library offers it: the shipped contract unless another catalog is given (floor 2)."""

from __future__ import annotations

from typing import Any

from cannon_spec import validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.load import default_catalog
from cannon_spec.errors import ContractViolation
from cannon_spec.finding import Report, Strictness


def validate_request(payload: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal") -> Report:
    """Judge a whole create body: ``{"operation", "input", "webhook_url"?}``.

    Whatever ``payload`` is, the answer is a Report; paths are JSON Pointers into it. ``strictness`` is ``normal``,
    ``strict`` (warnings are errors) or ``lenient`` (warnings are dropped).
    """
    return validate.request(catalog or default_catalog(), payload, strictness)


def validate_input(
    operation: str, input: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal"
) -> Report:
    """Judge a bare input of one operation; paths start at the input. Raises UnknownName for an unknown operation."""
    return validate.bare_input(catalog or default_catalog(), operation, input, strictness)


def validate_response(
    kind: str, body: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal"
) -> Report:
    """Judge a reply. ``kind`` is ``accepted``, ``request``, ``status`` or ``error``; raises ValueError for another.

    Keys that the contract does not know are allowed in replies. The output of a succeeded request is held to the
    schema of its operation.
    """
    return validate.response(catalog or default_catalog(), kind, body, strictness)


def check_request(payload: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal") -> None:
    """Raise ContractViolation, which holds the report, if a create body has errors."""
    report = validate_request(payload, catalog=catalog, strictness=strictness)
    if not report.ok:
        raise ContractViolation(report)
