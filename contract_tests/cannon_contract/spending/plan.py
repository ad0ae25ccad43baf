"""What a run that may cost credits is going to create, priced before anything is sent (floor 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cannon_contract.spending.prices import Prices
from cannon_spec import Catalog, validate_request


@dataclass(frozen=True, slots=True)
class Step:
    """What one test creates: ``bodies`` that cost, and ``probes`` that are to be refused, which cost nothing then.

    ``shared`` is the one body that all tests create together which look at a plain request; None for others.
    ``lacking`` says why the test cannot run on the target, and is empty where it can.
    """

    test: str
    bodies: tuple[Any, ...]
    probes: tuple[Any, ...]
    shared: Any = None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A step with what it may cost, and what a probe may that is accepted all the same.

    ``left_out`` says why it is not to run, and is empty where it is. ``is_over`` says that it is left out for its cost
    alone: it may run after all, when the others have cost less than they might.
    """

    test: str
    creates: int
    cost: float
    probes: int
    dearest_probe: float
    skip_reason: str
    is_over: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The entry of a report: plain JSON values."""
        return {
            "test": self.test,
            "creates": self.creates,
            "cost": self.cost,
            "probes": self.probes,
            "dearest_probe": self.dearest_probe,
            "left_out": self.skip_reason,
            "is_over": self.is_over,
        }

    def fits(self, spent: float, allowed: float) -> bool:
        """Whether it can run when so much is spent: nothing else is against it, and it stays under the ceiling."""
        return self.is_over and spent + self.cost + self.dearest_probe <= allowed


def make_plan(steps: Iterable[Step], prices: Prices, allowed: float) -> tuple[PlannedTest, ...]:
    """What of the steps fits under the ceiling, one after the other."""
    planned, spent, is_made = [], 0.0, False
    for step in steps:
        if step.shared is not None and not is_made:
            step = replace(step, bodies=(step.shared, *step.bodies))
        each = _priced(step, prices, allowed, spent)
        if not each.skip_reason:
            spent += each.cost
            is_made = is_made or step.shared is not None
        planned.append(each)
    return tuple(planned)


def describe_plan(planned: tuple[PlannedTest, ...], allowed: float) -> list[str]:
    """The plan in lines for people."""
    kept = [each for each in planned if not each.skip_reason]
    creates, cost = sum(each.creates for each in kept), sum(each.cost for each in kept)
    probes, dearest = sum(each.probes for each in kept), max((each.dearest_probe for each in kept), default=0)
    lines = [
        f"plan: {len(kept)} of {len(planned)} tests, with {creates} creates that may cost {cost:g} credits in all of "
        f"{allowed:g} allowed"
    ]
    lines += [f"  {each.cost:>8g}  {each.test}" for each in kept if each.creates]
    if probes:
        lines.append(
            f"  and {probes} creates that are to be refused, which cost nothing then (up to {dearest:g} each otherwise)"
        )
    reasons = Counter(each.skip_reason for each in planned if each.skip_reason)
    return [*lines, *(f"  left out: {count} {_tests(count)}: {reason}" for reason, count in reasons.most_common())]


def _tests(count: int) -> str:
    return "test" if count == 1 else "tests"


def find_default_input(catalog: Catalog, operation: str) -> Mapping[str, Any]:
    """The model and resolution to create with where nothing has a price."""
    return {"model": catalog.operations[operation].data["default_model"]["id"], "resolution": "1K"}


def find_cheapest_input(catalog: Catalog, operation: str, prices: Prices) -> Mapping[str, Any]:
    """The model and resolution to create with where a test needs no other: the cheapest that the contract allows.

    Among those that cost the same, the operation's own default comes first, then identifiers that are documented.
    """
    usual, candidates = find_default_input(catalog, operation), []
    for model in catalog.models_of(operation):
        for resolution in (None, *_resolutions(catalog, prices)):
            input = {"model": model.id, **({} if resolution is None else {"resolution": resolution})}
            body = {"operation": operation, "input": {"prompt": "x" * 40, "aspect_ratio": "16:9", **input}}
            findings = (each for each in validate_request(body, catalog=catalog).findings)
            price = prices.dearest(body)
            if price is not None and all(each.rule == "model-assumed" for each in findings):
                weak = model.claim.severity == "warning"
                candidates.append(((price, model.id != usual["model"], weak, resolution is None), input))
    return min(candidates, key=lambda each: each[0])[1] if candidates else usual


def _resolutions(catalog: Catalog, prices: Prices) -> tuple[str, ...]:
    named = {price.resolution for price in prices.known if price.resolution}
    return tuple(sorted({*named, *catalog.media["image"]["computed"]["side"]}))


def _priced(step: Step, prices: Prices, allowed: float, spent: float) -> PlannedTest:
    costs, probes = ([prices.dearest(body) for body in bodies] for bodies in (step.bodies, step.probes))
    known = [each for each in (*costs, *probes) if each is not None]
    cost = sum(each for each in costs if each is not None)
    dearest = max((each for each in probes if each is not None), default=0.0)
    if step.obstacle:
        reason = step.obstacle
    elif not costs and not probes:
        reason = ""
    elif not allowed:
        reason = "creates requests, which may cost credits (--allow-spend CREDITS)"
    elif len(known) < len(costs) + len(probes):
        reason = "a price is not known (--prices FILE, or --assume-price CREDITS)"
    elif spent + cost + dearest > allowed:
        reason = f"could cross --allow-spend {allowed:g}, unless the others cost less than they may"
        return PlannedTest(step.test, len(costs), cost, len(probes), dearest, reason, is_over=True)
    else:
        reason = ""
    return PlannedTest(step.test, len(costs), cost, len(probes), dearest, reason)
