"""The fixes of findings, applied to a value one after the other until none is left (floor 1, pure)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from cannon_spec.finding import Finding, Patch, Report
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import from_pointer

MOST_FIXES = 1000
"""The most fixes of one value. What is left after them is in its report."""


class FixedValue(NamedTuple):
    """A value after its fixes, the findings that were fixed, in order, and the report on the value as it is now.

    The path of a fixed finding, and those of its fix, are of the value as it was just before that fix.
    """

    value: Any
    fixed_findings: tuple[Finding, ...]
    report: Report


def apply_fixes(value: Any, judge: Callable[[Any], Report]) -> FixedValue:
    """Apply the fixes of what ``judge`` finds; ``value`` itself stays as it is.

    The value is judged again after each fix, since a fix may move what another one names, or make it needless.
    """
    fixed_findings: list[Finding] = []
    former_values: set[int] = set()
    report = judge(value)
    while len(fixed_findings) < MOST_FIXES and (step := _find_step(value, report, former_values)) is not None:
        finding, value = step
        fixed_findings.append(finding)
        report = judge(value)
    return FixedValue(value, tuple(fixed_findings), report)


def _find_step(value: Any, report: Report, former_values: set[int]) -> tuple[Finding, Any] | None:
    """The next finding to fix, and the value with its fix applied.

    A fix that leads back to a former value is left out: it would be applied for ever.
    """
    findings = sorted((finding for finding in report.findings if finding.fix), key=_rank)
    if findings:
        former_values.add(_digest(value))
    for finding in findings:
        fixed_value = _try_fix(value, finding.fix or ())
        if _digest(fixed_value) not in former_values:
            return finding, fixed_value
    return None


def _digest(value: Any) -> int:
    return hash(json.dumps(value))  # the value itself will not do: in Python 1 equals 1.0 and True


def _rank(finding: Finding) -> tuple[int, bool]:
    """Outer fixes first, and of those of one level the ones that rename before the ones that replace a value."""
    fix = finding.fix or ()
    places = [each[name] for each in fix for name in ("from", "path") if name in each]
    return min((len(from_pointer(place)) for place in places), default=0), all(each["op"] == "replace" for each in fix)


def _try_fix(value: Any, fix: Patch) -> Any:
    """The value with a fix applied, or as it is if it does not have the places that the fix names."""
    try:
        return apply_patch(value, fix)
    except LookupError:
        return value
