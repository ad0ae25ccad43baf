"""Findings that are worded once for all documents with the same slip (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from cannon_spec.contract.catalog import Catalog
from cannon_spec.finding import Finding

LONGEST_TEXT = 100
"""The longest text of a document that may be a part of a key: longer ones hardly come twice."""

_MOST_FINDINGS = 4096
"""The most findings that a catalog keeps."""


def find_or_build(catalog: Catalog, key: Hashable, build: Callable[[], Finding]) -> Finding:
    """The finding that the catalog keeps under a key, or else the one that ``build`` makes, kept from now on.

    Under the key None nothing is kept.
    """
    findings = catalog.findings
    finding = None if key is None else findings.get(key)
    if finding is None:
        finding = build()
        if key is not None and not _shares_value(finding):
            if len(findings) >= _MOST_FINDINGS:
                findings.clear()
            findings[key] = finding
    return finding


def _shares_value(finding: Finding) -> bool:
    """Whether its fix has a list or an object: that becomes a part of the fixed document, which a caller may change."""
    return any(isinstance(each.get("value"), (list, dict)) for each in finding.fix or ())
