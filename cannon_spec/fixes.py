"""The fixes of findings, applied to a value one after the other until none is left (floor 1, pure)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cannon_spec.finding import MOST_ALIKE, Finding, Patch, Report
from cannon_spec.patch import PatchOperation, apply_patch
from cannon_spec.pointer import follow, from_pointer

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

    The value is judged again after each step, since a fix may move what another one names, or make it needless. A step
    is one fix, or several of one rule that name no common place.
    """
    fixing = _Fixing(value, judge)
    while fixing.fix_several() or fixing.fix_one():
        pass
    return FixedValue(fixing.value, tuple(fixing.fixed_findings), fixing.report)


class _Fixing:
    """A value while it is fixed, its report, and the findings that were fixed."""

    def __init__(self, value: Any, judge: Callable[[Any], Report]) -> None:
        self._judge = judge
        self._former_values: set[int] = set()
        self._most = 1
        self._alike_findings: list[Finding] = []
        self.fixed_findings: list[Finding] = []
        self._take([], value, judge(value))

    def fix_several(self) -> bool:
        """Apply several alike fixes in one step, if there are some and each of them ends its finding."""
        findings = self._alike_findings[: min(self._most, self._count_left())]
        if len(findings) < 2:
            return False
        value = _try_fix(self.value, [operation for finding in findings for operation in finding.fix or ()])
        report = self._judge(value)
        if _digest(value) in self._former_values or _has_any(report, findings):
            self._most = 1
            return False
        self._take(findings, value, report)
        return True

    def fix_one(self) -> bool:
        """Apply the first fix that can be applied.

        A fix that leads back to a former value is left out: it would be applied for ever.
        """
        for finding in self._findings if self._count_left() else ():
            value = _try_fix(self.value, finding.fix or ())
            if _digest(value) not in self._former_values:
                self._take([finding], value, self._judge(value))
                return True
        return False

    def _take(self, findings: list[Finding], value: Any, report: Report) -> None:
        """Go on with a value that has the fixes of ``findings``."""
        others = [finding for finding in self._alike_findings if finding not in findings] if findings else []
        # As long as the fixes of one rule make none of the others needless, a step takes twice as many.
        self._most = 2 * self._most if others and _has_all(report, others) else 1
        self.fixed_findings += findings
        self.value, self.report = value, report
        fixable_findings = sorted((finding for finding in report.findings if finding.fix), key=_rank)
        self._alike_findings = _select_alike(value, fixable_findings)
        self._findings = list(dict.fromkeys((*self._alike_findings, *fixable_findings)))
        if fixable_findings:
            self._former_values.add(_digest(value))

    def _count_left(self) -> int:
        return MOST_FIXES - len(self.fixed_findings)


def _has_any(report: Report, findings: list[Finding]) -> bool:
    return not set(findings).isdisjoint(report.findings)


def _has_all(report: Report, findings: list[Finding]) -> bool:
    return set(findings).issubset(report.findings)


def _select_alike(value: Any, findings: list[Finding]) -> list[Finding]:
    """The findings of the rule and the rank of the first one whose fixes name no common place, in a sound order.

    Where a fix puts items into an array, the last one comes first, so that the paths of the others hold on.
    """
    alike_findings = [each for each in findings if (each.rule, _rank(each)) == (findings[0].rule, _rank(findings[0]))]
    places_by_parent: dict[str, set[str]] = {}
    selection: dict[str, list[Finding]] = {}
    for finding in alike_findings[:MOST_ALIKE]:  # the one behind them stands for others
        places = _list_places(value, finding.fix or ())
        parent = min(places, default="").rpartition("/")[0]
        if places and places.isdisjoint(places_by_parent.setdefault(parent, set())):
            places_by_parent[parent] |= places
            selection.setdefault(parent, []).append(finding)
    return [
        finding
        for parent, group in selection.items()
        for finding in (reversed(group) if _may_move_items(value, parent, group[0]) else group)
    ]


def _may_move_items(value: Any, parent: str, finding: Finding) -> bool:
    """Whether a fix puts items into the array at ``parent``: those behind them move."""
    return isinstance(_follow(value, parent), list) and len(finding.fix or ()) > 1


def _list_places(value: Any, fix: Patch) -> set[str]:
    """The members of one object that a fix names, or the item that it replaces; empty if it does more than that."""
    places = {each[name] for each in fix for name in ("from", "path") if name in each}
    parents = {place.rpartition("/")[0] for place in places}
    if "" in places or len(parents) != 1:
        return set()
    parent = _follow(value, *parents)
    if isinstance(parent, list):
        is_replacement = [each["op"] for each in fix] == ["replace", *["add"] * (len(fix) - 1)]
        return {fix[0]["path"]} if is_replacement else set()
    return places if isinstance(parent, dict) else set()


def _follow(value: Any, pointer: str) -> Any:
    """The value at a pointer; None if there is none."""
    try:
        return follow(value, from_pointer(pointer))
    except LookupError:
        return None


def _digest(value: Any) -> int:
    return hash(json.dumps(value))  # the value itself will not do: in Python 1 equals 1.0 and True


def _rank(finding: Finding) -> tuple[int, bool]:
    """Outer fixes first, and of those of one level the ones that rename before the ones that replace a value."""
    fix = finding.fix or ()
    places = [each[name] for each in fix for name in ("from", "path") if name in each]
    return min((len(from_pointer(place)) for place in places), default=0), all(each["op"] == "replace" for each in fix)


def _try_fix(value: Any, fix: Sequence[PatchOperation]) -> Any:
    """The value with a fix applied, or as it is if it does not have the places that the fix names."""
    try:
        return apply_patch(value, fix)
    except LookupError:
        return value
