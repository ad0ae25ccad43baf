"""The functions of the library that judge payloads, by the shipped contract unless a catalog is given (floor 1)."""

from __future__ import annotations

from typing import Any

from cannon_spec import validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.load import default_catalog
from cannon_spec.errors import ContractViolation
from cannon_spec.finding import Report, Strictness
from cannon_spec.fixes import FixedValue, apply_fixes


def validate_request(payload: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal") -> Report:
    """Judge a whole create body: ``{"operation", "input", "webhook_url"?}``.

    Every payload gets a Report, of whatever type it is; paths are JSON Pointers into it. ``strictness`` is ``normal``,
    ``strict`` (each warning that another body avoids becomes an error) or ``lenient`` (warnings are dropped).
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
    """Judge a reply of one kind: ``accepted``, ``request``, ``status``, ``error`` or ``webhook``.

    Replies may have keys that the contract does not list. The output of a succeeded request is judged by the schema of
    its operation. Raises ValueError for another kind.
    """
    return validate.response(catalog or default_catalog(), kind, body, strictness)


def fix_request(payload: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal") -> FixedValue:
    """Apply the fixes of all findings on a create body whose right value is certain.

    The result is ``(value, fixed_findings, report)``: a copy of the body with the fixes applied, the findings that they
    were of, in order, and the report on what is left. ``payload`` itself stays as it is.
    """
    return apply_fixes(payload, lambda value: validate_request(value, catalog=catalog, strictness=strictness))


def fix_input(
    operation: str, input: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal"
) -> FixedValue:
    """Do as ``fix_request`` for a bare input of one operation. Raises UnknownName for an unknown operation."""
    return apply_fixes(input, lambda value: validate_input(operation, value, catalog=catalog, strictness=strictness))


def check_request(payload: Any, *, catalog: Catalog | None = None, strictness: Strictness = "normal") -> None:
    """Judge a create body, and raise ContractViolation, with the report, if it has errors."""
    report = validate_request(payload, catalog=catalog, strictness=strictness)
    if not report.ok:
        raise ContractViolation(report)
