"""Values that the service changes in place of refusing them: it lowers one, or normalises it (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cannon_spec.contract.catalog import Adjustment, Catalog
from cannon_spec.finding import Finding
from cannon_spec.pointer import follow, from_pointer, replace_at


def find_adjustment(catalog: Catalog, finding: Finding) -> Adjustment | None:
    """How the service may change the value of a finding; None where it does not."""
    return catalog.rule_by_id(finding.rule).adjustment if "#" in finding.rule else None


def adjust_values(catalog: Catalog, document: Any, findings: Iterable[Finding]) -> Any:
    """A copy of a document with the value of each of those findings as the service changes it.

    The paths of ``findings`` are pointers into ``document``. A finding without an adjustment changes nothing.
    """
    for finding in findings:
        if find_adjustment(catalog, finding) is not None:
            path = from_pointer(finding.path)
            value = catalog.rule_by_id(finding.rule).adjust(follow(document, path))
            document = replace_at(document, path, value)
    return document
