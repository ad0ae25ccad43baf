"""What a run that may cost credits is going to create, priced before anything is sent (floor 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cannon_spec import Catalog, validate_request
from contract_tests.prices import Prices


@dataclass(frozen=True, slots=True)
class Step:
    """What one test creates: ``bodies`` that cost, and ``probes`` that are to be refused, which cost nothing then.

    ``shared`` is the one body that all tests create together which look at a plain request; None for others.
    """

    test: str
    bodies: tuple[Any, ...]
    probes: tuple[Any, ...]
    shared: Any = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with what it may cost; ``left_out`` says why it is not to run, and is empty where it is."""

    test: str
    creates: int
    cost: float
    left_out: str


def plan(steps: Iterable[Step], prices: Prices, allowed: float) -> tuple[Planned, ...]:
    """What of the steps fits under the ceiling, one after the other."""
    planned, spent, is_made = [], 0.0, False
    for step in steps:
        if step.shared is not None and not is_made:
            step = replace(step, bodies=(step.shared, *step.bodies))
        each = _priced(step, prices, allowed, spent)
        if not each.left_out:
            spent += each.cost
            is_made = is_made or step.shared is not None
        planned.append(each)
    return tuple(planned)


def told(planned: tuple[Planned, ...], allowed: float) -> list[str]:
    """The plan in lines for people."""
    kept = [each for each in planned if not each.left_out]
    creates, cost = sum(each.creates for each in kept), sum(each.cost for each in kept)
    lines = [f"plan: {creates} creates in {len(kept)} tests, {cost:g} credits at most of {allowed:g} allowed"]
    lines += [f"  {each.cost:>8g}  {each.test}" for each in kept if each.creates]
    reasons: dict[str, int] = {}
    for each in planned:
        if each.left_out:
            reasons[each.left_out] = reasons.get(each.left_out, 0) + 1
    return [*lines, *(f"  left out: {count} tests: {reason}" for reason, count in reasons.items())]


def default(catalog: Catalog, operation: str) -> Mapping[str, Any]:
    """The model and resolution to create with where nothing has a price."""
    return {"model": catalog.operations[operation].data["default_model"]["id"], "resolution": "1K"}


def cheapest(catalog: Catalog, operation: str, prices: Prices) -> Mapping[str, Any]:
    """The model and resolution to create with where a test needs no other: the cheapest that the contract allows.

    Among those that cost the same, the operation's own default comes first, then identifiers that are documented.
    """
    usual, candidates = default(catalog, operation), []
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
    named = {price.resolution for price in prices.known} - {""}
    return tuple(sorted({*named, *catalog.pixels["computed"]["side"]}))


def _priced(step: Step, prices: Prices, allowed: float, spent: float) -> Planned:
    costs = [prices.dearest(body) for body in step.bodies]
    probes = [prices.dearest(body) for body in step.probes]
    creates, known = len(costs) + len(probes), [each for each in (*costs, *probes) if each is not None]
    cost = sum(each for each in costs if each is not None)
    if not creates:
        reason = ""
    elif not allowed:
        reason = "creates requests, which may cost credits (--allow-spend CREDITS)"
    elif len(known) < creates:
        reason = "a price is not known (--prices FILE, or --assume-price CREDITS)"
    elif spent + cost + max((each for each in probes if each is not None), default=0) > allowed:
        reason = f"could cross --allow-spend {allowed:g}"
    else:
        reason = ""
    return Planned(step.test, creates, cost, reason)
