"""The plan of a run on a target that may charge: made, written, or kept to (floor 6)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from cannon_contract.runner.run import Run
from cannon_contract.spending import plan_file
from cannon_contract.spending.plan import PlannedTest, describe_plan, make_plan
from cannon_contract.spending.plan_file import BadPlan
from cannon_spec import validate_request

NEEDS_CHARGES = "goes with a target that may charge: --target live, or --target URL with --treat-as-live"


def list_conditions(run: Run) -> dict[str, Any]:
    """List what a plan of the run is made for. Prices are not among it: the plan has their sums."""
    options = run.options
    return plan_file.build_conditions(
        {
            "--target": options.target,
            "--operation": list(options.operation),
            "--treat-as-live": options.treat_as_live,
            "--allow-spend": options.allow_spend,
            "--prices": options.prices,
            "--assume-price": options.assume_price,
            "--probe-limits": options.probe_limits,
            "--max-creates": options.max_creates,
        }
    )


def load_plan(run: Run, path: str) -> None:
    """Read the plan that the run is to keep to; it lowers the budget to what the plan states. Raises BadPlan."""
    plan = plan_file.read_plan(path)
    plan.check_conditions(list_conditions(run))
    # People may edit the file: what the options of the run allow stays the most that it may cost.
    run.plan_file, run.budget.ceiling = plan, min(plan.limit, run.options.allow_spend)
    run.budget.ceiling_name = "the limit of the plan,"


def find_unplanned(run: Run, items: list[pytest.Item]) -> list[pytest.Item]:
    """Find the tests that a plan does not have; none without a plan. Raises BadPlan for a plan of unknown tests."""
    if run.plan_file is None:
        return []
    run.plan_file.check_tests({item.nodeid for item in items})
    return [item for item in items if item.nodeid not in run.plan_file.skip_reasons]


def plan_run(run: Run, items: Iterable[pytest.Item]) -> list[str]:
    """Plan the tests of a run whose target was found, and describe the plan. Raises BadPlan.

    On a target that charges nothing there is nothing to plan, and no line.
    """
    limiting_options = {
        "--plan-only": run.options.plan_only,
        "--plan": run.options.plan,
        "--max-creates": run.options.max_creates,
    }
    if not run.may_charge:
        used_options = [name for name, value in limiting_options.items() if value is not None]
        if used_options:
            raise BadPlan(f"{used_options[0]} {NEEDS_CHARGES}")
        return []
    body = {"operation": run.default_operation, "input": run.choose_input(run.default_operation)}
    run.budget.plain_body, run.budget.may_accept = body, lambda each: validate_request(each, catalog=run.catalog).ok
    steps, written_plan = [run.plan_step(item) for item in items], run.plan_file
    if written_plan is None:
        plan = make_plan(steps, run.budget.prices, run.budget.ceiling, run.budget.most_creates)
    else:
        # What the plan leaves out stays out, even where it has become cheaper.
        skips = written_plan.skip_reasons
        running_steps = [step for step in steps if not skips[step.test]]
        plan = make_plan(running_steps, run.budget.prices, run.budget.ceiling, run.budget.most_creates)
        plan += tuple(PlannedTest(step.test, 0, 0, 0, 0, skips[step.test]) for step in steps if skips[step.test])
        written_plan.check_plan(plan)
    run.plan_by_test = {each.test: each for each in plan}
    return [*run.budget.remarks, *describe_plan(plan, run.budget.ceiling)]


def save_plan(run: Run, path: str) -> list[str]:
    """Write the plan of the run to a file, and say how it is run. Raises BadPlan."""
    conditions = list_conditions(run)
    plan = tuple(run.plan_by_test.values())
    plan_file.write_plan(path, plan, run.budget.ceiling, conditions, datetime.now(UTC))
    command = f"cannon-contract {plan_file.describe_command(conditions)} --plan {shlex.quote(path)}"
    return [f"wrote the plan, and nothing was created; run it with: {command}"]
