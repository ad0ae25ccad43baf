"""Plans as files: what a run may cost, written before it and read by the run that keeps to it (floor 6)."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cannon_contract.spending.plan import PlannedTest
from cannon_spec import __version__, inputs
from cannon_spec.amounts import round_credits, to_credits
from cannon_spec.contract import wording
from cannon_spec.contract.source import find_shipped_folder
from cannon_spec.errors import NotJSON
from cannon_spec.printable import escape_unprintable
from cannon_spec.system_errors import explain_os_error
from cannon_spec.times import show_time

FORMAT = 1
CONTRACT = "contract"
_ADVICE = "write a new plan with --plan-only"


class BadPlan(Exception):
    """A plan cannot be run; says why and what to do."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was written.

    ``conditions`` are the contract and the options that it was made for, ``limit`` is the most credits that it may
    cost. ``skip_reasons`` maps each of its tests to why it is left out, empty for a test that runs.
    """

    path: str
    conditions: Mapping[str, Any]
    limit: float
    skip_reasons: Mapping[str, str]

    def check_conditions(self, conditions: Mapping[str, Any]) -> None:
        """Compare what the plan was made for with a run. Raises BadPlan for the first difference."""
        for name in {**conditions, **self.conditions}:
            old, new = self.conditions.get(name), conditions.get(name)
            if old != new:
                old_text, new_text = describe_condition(name, old), describe_condition(name, new)
                raise BadPlan(f"{self.path}: it is for {old_text}, and this run has {new_text}; {_ADVICE}")

    def check_tests(self, known_tests: set[str]) -> None:
        """Raise BadPlan for a test of the plan that is not among the known ones."""
        unknown_tests = sorted(set(self.skip_reasons) - known_tests)
        if unknown_tests:
            name = escape_unprintable(unknown_tests[0])
            raise BadPlan(f"{self.path}: it has a test that this run does not know: {name}; {_ADVICE}")

    def check_plan(self, plan: tuple[PlannedTest, ...]) -> None:
        """Compare the plan with the one that a run makes now. Raises BadPlan where a test may not run any more."""
        new_plan = {each.test: each for each in plan}
        for test in (test for test, reason in self.skip_reasons.items() if not reason):
            if test not in new_plan:
                raise BadPlan(f"{self.path}: an option of this run leaves out {test}; a plan runs whole: leave -k out")
            if new_plan[test].skip_reason:
                reason = f"{test} cannot run as planned: {new_plan[test].skip_reason}"
                raise BadPlan(f"{self.path}: {reason}; {_ADVICE}")


def build_conditions(options: Mapping[str, Any]) -> dict[str, Any]:
    """Build what a plan is made for: the version and the content of the contract, and options by their flags."""
    digest = hashlib.sha256()
    folder = Path(find_shipped_folder())
    for file in sorted(folder.rglob("*.json")):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return {CONTRACT: f"{__version__} {digest.hexdigest()[:16]}", **options}


def describe_condition(name: str, value: Any) -> str:
    """Show a condition as one would type it: ``--allow-spend 300``, ``no --prices``."""
    if _is_absent(value):
        return f"no {name}"
    if value is True:
        return name
    values = value if isinstance(value, list) else [f"{value:g}" if isinstance(value, float) else str(value)]
    return " ".join(f"{name} {shlex.quote(each) if name.startswith('--') else each}" for each in values)


def describe_command(conditions: Mapping[str, Any]) -> str:
    """Write the options of a plan as one would type them."""
    options = {name: value for name, value in conditions.items() if name.startswith("--") and not _is_absent(value)}
    return " ".join(describe_condition(name, value) for name, value in options.items())


def write_plan(
    path: str, plan: tuple[PlannedTest, ...], ceiling: float, conditions: Mapping[str, Any], now: datetime
) -> None:
    """Write a plan under a ceiling to a file. Raises BadPlan where that cannot be written."""
    running_tests = [each for each in plan if not each.skip_reason]
    cost = round_credits(sum(each.cost for each in running_tests))
    dearest_probe = max((each.dearest_probe for each in running_tests), default=0.0)
    value = {
        "format": FORMAT,
        "written_at": show_time(now),
        "made_for": conditions,
        "creates": sum(each.creates for each in running_tests),
        "cost": cost,
        # A probe should be refused. If the target accepts one, that is a finding, and may be charged.
        "limit": min(ceiling, round_credits(cost + dearest_probe)),
        "tests": [each.to_dict() for each in plan],
    }
    try:
        Path(path).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadPlan(f"{escape_unprintable(path)}: {explain_os_error(error, 'name a file')}") from None


def read_plan(path: str) -> PlanFile:
    """Read a plan. Raises BadPlan for a file that is none."""
    name = escape_unprintable(path)
    try:
        data = inputs.read_file(path)
    except OSError as error:
        raise BadPlan(f"{name}: {explain_os_error(error)}") from None
    except NotJSON as error:
        raise BadPlan(f"{name}: {error}") from None
    is_plan = isinstance(data, dict) and data.get("format") == FORMAT and data["format"] is not True
    tests = data.get("tests") if is_plan else None
    if not isinstance(tests, list) or not all(map(_is_planned_test, tests)):
        raise BadPlan(f"{name}: no plan of this version; {_ADVICE}")
    limit, conditions = to_credits(data.get("limit")), data.get("made_for")
    if limit is None or not isinstance(conditions, dict):
        raise BadPlan(f"{name}: a plan has a limit in credits, and says what it was made for; {_ADVICE}")
    for condition, value in conditions.items():
        if not _is_condition(value):
            shown_name, shown_value = escape_unprintable(condition), wording.show_value(value)
            raise BadPlan(f"{name}: made_for.{shown_name} is {shown_value}, which no option has; {_ADVICE}")
    return PlanFile(name, conditions, limit, {each["test"]: each["left_out"] for each in tests})


def _is_absent(value: Any) -> bool:
    return value is None or value is False or value == []


def _is_condition(value: Any) -> bool:
    """Whether a value is one that an option may have: a list of texts, or a plain value."""
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return value is None or isinstance(value, str | bool | int | float)


def _is_planned_test(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("test", "left_out"))
