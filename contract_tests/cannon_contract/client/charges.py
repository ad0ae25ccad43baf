"""What the balance shows of the charge of one request (floor 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cannon_contract.client import balance
from cannon_contract.client.api import Api
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec.amounts import round_credits, to_credits

LEAST_PATIENCE_S = 5.0
"""How long after the end of a request its charge may come, where three times its duration is no longer."""
_DURATIONS = 3
_RECHECK_S = 0.2
_RECHECKS = 40


@dataclass(frozen=True, slots=True)
class Charge:
    """How far the balance fell from before a create until ``waited_s`` seconds after the end of its request.

    ``open_credits`` are the costs of earlier creates that may have been charged meanwhile.
    """

    fall: float
    waited_s: float
    open_credits: float


@dataclass(frozen=True, slots=True)
class ChargeStart:
    """The time and the balance before a create, and the costs of earlier creates that no balance had shown."""

    time_s: float
    balance: float
    open_credits: float


def begin_charge(api: Api) -> ChargeStart:
    """Read the balance before a create."""
    return ChargeStart(api.now_s(), api.read_credits(), api.find_open_credits())


def measure_charge(api: Api, start: ChargeStart, end: dict[str, Any]) -> Charge | None:
    """Wait until the charge of a request that has just ended shows, and a second for another; None for a failure.

    A service may charge at the create, at the end, or late.
    """
    cost = to_credits(end.get("billableCredits"))
    if cost is None or end.get("status") != "succeeded":
        return None
    end_s = api.now_s()
    patience_s = max(LEAST_PATIENCE_S, _DURATIONS * (end_s - start.time_s))
    while start.balance - api.read_credits() < cost and api.now_s() - end_s < patience_s:
        api.sleep(max(_RECHECK_S, patience_s / _RECHECKS))
    api.sleep(balance.PAUSE_S)
    return Charge(round_credits(start.balance - api.read_credits()), api.now_s() - end_s, start.open_credits)


def expect_charge(api: Api, charge: Charge, cost: float) -> None:
    """Raise ClaimBroken unless the balance fell by the cost of a request, and by no more than late charges beside.

    Raises NotTested where the account is also used from elsewhere.
    """
    api.account_use.check_quiet()
    if cost <= charge.fall <= round_credits(cost + charge.open_credits):
        return
    api.account_use.watch_longer(api.read_credits, api.sleep)
    api.account_use.check_quiet()
    if charge.fall < 0:
        raise NotTested(f"the balance rose by {-charge.fall:g} meanwhile, which hides the charge")
    late = f" and at most {charge.open_credits:g} for earlier requests" if charge.open_credits else ""
    raise ClaimBroken(
        f"creditsRemaining, from before a create until {charge.waited_s:.0f} s after its success: "
        f"expected a fall by {cost:g} for its billableCredits{late}, got a fall by {charge.fall:g}"
    )
