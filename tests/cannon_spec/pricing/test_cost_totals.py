"""The sum of what bodies cost."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.finding import Evidence
from cannon_spec.pricing.body_cost import BodyCost
from cannon_spec.pricing.cost_totals import CostTotals

strengths = st.sampled_from(("documented", "assumed", "user"))
amounts = st.integers(0, 10**6) | st.decimals(0, 1000, places=3).map(float)
costs = st.builds(BodyCost, st.just("x"), amounts, st.builds(Evidence, st.just("c"), strengths, st.just("s")))
gaps = st.builds(BodyCost, st.just("x"), obstacle=st.sampled_from(("errors", "no-price")))


def add_up(bodies: list[BodyCost]) -> CostTotals:
    totals = CostTotals()
    for each in bodies:
        totals = totals.plus(each)
    return totals


@given(st.lists(costs | gaps, max_size=30))
def test_the_sum_is_exact(bodies: list[BodyCost]) -> None:
    """The credits are those of all counted bodies to the last decimal, and so is each share; the others are counted."""
    totals = add_up(bodies)
    counted = [each for each in bodies if each.credits is not None]
    assert Fraction(str(totals.credits)) == sum(Fraction(str(each.credits)) for each in counted)
    assert sum(Fraction(str(credits)) for _, _, credits in totals.list_shares()) == Fraction(str(totals.credits))
    assert (totals.counted_bodies, totals.uncounted_bodies) == (len(counted), len(bodies) - len(counted))


def test_the_totals_as_json() -> None:
    """Three times 0.1 is 0.3; the average is rounded to two decimals; shares go from strong to weak."""
    evidence = [Evidence("", strength, "") for strength in ("user", "user", "user", "documented")]
    totals = add_up([*(BodyCost("x", 0.1, each) for each in evidence), BodyCost("x", obstacle="errors")])
    assert totals.to_dict() == {
        "credits": 0.4,
        "average": 0.1,
        "counted_bodies": 4,
        "uncounted_bodies": 1,
        "credits_by_strength": {"documented": 0.1, "user": 0.3},
    }
    assert list(totals.to_dict()["credits_by_strength"]) == ["documented", "user"]
    assert CostTotals().average is None
