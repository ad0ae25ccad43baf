"""The plan of a run that may cost credits: what its tests create, priced before anything is sent (floor 6)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from cannon_contract.spending.price_list import PriceList
from cannon_spec.contract import wording


@dataclass(frozen=True, slots=True)
class Step:
    """What one test creates.

    ``bodies`` cost credits. ``probes`` should be refused, and cost nothing if they are. ``shared_bodies`` are those of
    the requests that several tests look at. ``obstacle`` says why the test cannot run on the target, and is empty where
    it can.
    """

    test: str
    bodies: tuple[Any, ...]
    probes: tuple[Any, ...]
    shared_bodies: tuple[Any, ...] = ()
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A step with its estimate, in credits.

    ``cost`` is that of its bodies, ``dearest_probe`` that of the probe that costs most if the target accepts it.
    ``skip_reason`` says why the test is left out; it is empty for a test that runs. ``is_over`` says that the test is
    left out for its cost alone: it runs after all if other creates have cost less than their estimates.
    """

    test: str
    creates: int
    cost: float
    probes: int
    dearest_probe: float
    skip_reason: str
    is_over: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Convert the entry to plain JSON values, for a report."""
        return {
            "test": self.test,
            "creates": self.creates,
            "cost": self.cost,
            "probes": self.probes,
            "dearest_probe": self.dearest_probe,
            "left_out": self.skip_reason,
            "is_over": self.is_over,
        }

    def fits(self, spent_credits: float, ceiling: float) -> bool:
        """Whether a test that was left out for its cost alone stays under the ceiling now."""
        return self.is_over and spent_credits + self.cost + self.dearest_probe <= ceiling


def make_plan(
    steps: Iterable[Step], prices: PriceList, ceiling: float, most_creates: int | None = None
) -> tuple[PlannedTest, ...]:
    """Plan which of the steps stay under the ceiling, one after the other in their order.

    Their creates, those that should be refused too, stay below ``most_creates``, if that is given. Then tests of
    requests come before those that only have creates refused: a few creates show more of a request than of refusals.
    """
    if most_creates is not None:
        steps = sorted(steps, key=lambda step: not (step.bodies or step.shared_bodies))
    plan: list[PlannedTest] = []
    creates_left = math.inf if most_creates is None else most_creates
    planned_credits, paid_bodies = 0.0, list[Any]()
    for step in steps:
        # The first test that shares a request pays for it. If that test is skipped, the next one that shares it pays.
        unpaid_bodies = [each for each in step.shared_bodies if each not in paid_bodies]
        step = replace(step, bodies=(*unpaid_bodies, *step.bodies))
        planned_test = _plan_test(step, prices, planned_credits, ceiling)
        creates = planned_test.creates + planned_test.probes
        if not planned_test.skip_reason and creates > creates_left:
            reason = f"would send more creates than --max-creates {most_creates} allows"
            planned_test = replace(planned_test, skip_reason=reason)
        if not planned_test.skip_reason:
            creates_left -= creates
            planned_credits += planned_test.cost
            paid_bodies += unpaid_bodies
        plan.append(planned_test)
    return tuple(plan)


def describe_plan(plan: tuple[PlannedTest, ...], ceiling: float) -> list[str]:
    """Describe the plan in lines for people."""
    running = [each for each in plan if not each.skip_reason]
    creates, cost = sum(each.creates for each in running), sum(each.cost for each in running)
    probes, dearest = sum(each.probes for each in running), max((each.dearest_probe for each in running), default=0)
    lines = [
        f"plan: {len(running)} of {len(plan)} tests; {wording.format_count(creates, 'create')} may cost {cost:g} of "
        f"{ceiling:g} credits allowed"
    ]
    lines += [f"  {each.cost:>8g}  {each.test}" for each in running if each.creates]
    if probes:
        lines.append(
            f"  {wording.format_count(probes, 'create')} should be refused: free if refused, up to {dearest:g} each "
            "if not"
        )
    reasons = Counter(each.skip_reason for each in plan if each.skip_reason)
    return [
        *lines,
        *(f"  left out: {wording.format_count(count, 'test')}: {reason}" for reason, count in reasons.most_common()),
    ]


def _plan_test(step: Step, prices: PriceList, planned_credits: float, ceiling: float) -> PlannedTest:
    """Decide whether a test runs when ``planned_credits`` are planned for tests before it."""
    costs, probes = ([prices.estimate(body) for body in bodies] for bodies in (step.bodies, step.probes))
    cost = sum(each for each in costs if each is not None)
    dearest = max((each for each in probes if each is not None), default=0.0)
    is_over = False
    if step.obstacle:
        reason = step.obstacle
    elif not costs and not probes:
        reason = ""
    elif not ceiling:
        reason = "creates requests, which may cost credits (--allow-spend CREDITS)"
    elif None in (*costs, *probes):
        reason = "a price is unknown (--prices FILE, or --assume-price CREDITS)"
    elif planned_credits + cost + dearest > ceiling:
        # A probe counts although it should cost nothing: a target that accepts it must not cross the ceiling.
        reason, is_over = f"could cross --allow-spend {ceiling:g}, unless other tests cost less than planned", True
    else:
        reason = ""
    return PlannedTest(step.test, len(costs), cost, len(probes), dearest, reason, is_over)
