"""The input as the service takes it: values that it changes are changed, defaults are added (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from cannon_spec.adjustments import adjust_values, find_adjustment
from cannon_spec.completion import Completion, complete_input
from cannon_spec.contract.catalog import AdjustmentKind, Catalog, Operation
from cannon_spec.finding import Finding

CHANGES: tuple[AdjustmentKind, ...] = ("normalise",)
"""What the service does with a value that is no error."""


def build_effective_input(
    catalog: Catalog,
    operation: Operation,
    document: Any,
    findings: Iterable[Finding],
    kinds: Container[AdjustmentKind] = CHANGES,
    *,
    is_bare: bool = False,
) -> Completion:
    """The input of a judged document as the service takes it, and the claims that its defaults rest on.

    ``document`` is a create body, or with ``is_bare`` the input alone; ``findings`` are those on it. ``kinds`` says
    which changes the service makes. What the result costs is what the service charges.
    """
    changed = [each for each in findings if _is_changed(catalog, each, kinds)]
    document = adjust_values(catalog, document, changed)
    return complete_input(catalog, operation, document if is_bare else document["input"])


def _is_changed(catalog: Catalog, finding: Finding, kinds: Container[AdjustmentKind]) -> bool:
    adjustment = find_adjustment(catalog, finding)
    return adjustment is not None and adjustment.kind in kinds
