"""What is known of prices, and what a run plans with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_contract.spending import plan, price_list
from cannon_contract.spending.default_input import find_default_input
from cannon_contract.spending.plan import Step
from cannon_contract.spending.price_list import Price, PriceList
from cannon_spec.strategies import broken_requests, requests
from tests.support.payloads import CATALOG

WORDS = price_list.read_prices(None, None, CATALOG)
"""No price, and the words of the contract."""


def body(**input: Any) -> dict[str, Any]:
    return {"operation": "image.generate", "input": {"prompt": "x", **input}}


def known(*entries: Price, assumed: float | None = None) -> PriceList:
    return PriceList(entries, assumed, WORDS.words, WORDS.usual)


FOUR_K, ONE_K = Price(81, model="gptimage2", resolution="4K"), Price(31, model="gptimage2", resolution="1K")


@pytest.mark.parametrize(
    ("entries", "create", "price"),
    [
        ([ONE_K, FOUR_K], body(model="gptimage2", resolution="1K"), 31),
        ([ONE_K, FOUR_K], body(model="gptimage2"), 81),
        ([ONE_K, FOUR_K, Price(40, model="gptimage2", resolution=None)], body(model="gptimage2"), 40),
        ([ONE_K, FOUR_K, Price(20, model="grok", resolution=None)], body(model="gptimage2"), 81),
        ([ONE_K, FOUR_K], body(resolution="1K"), 31),
        ([ONE_K, Price(35, model=None, resolution="1K")], body(resolution="1K"), 35),
        ([Price(20, model="grok"), Price(25, model=None)], body(), 25),
        ([ONE_K, FOUR_K], body(model="gptimage2", resolution="8K"), 81),
        ([ONE_K, FOUR_K], body(model="gptimag2", resolution="1K"), 31),
        ([ONE_K, FOUR_K], {**body(model="gptimage2", resolution="1K"), "operation": "image.generat"}, 31),
        ([ONE_K, FOUR_K], {**body(model="gptimage2", resolution="1K"), "operation": "video.generate"}, None),
        ([ONE_K, FOUR_K], {"operation": 7, "input": [7]}, 81),
        ([ONE_K, FOUR_K], None, 81),
        ([ONE_K], body(model="grok"), None),
        ([ONE_K], body(model="gptimage2", resolution="3K"), None),
        ([Price(9, operation="", model="grok")], {**body(model="grok"), "operation": "video.generate"}, 9),
    ],
)
def test_the_dearest_price_that_a_create_may_have(entries: list[Price], create: Any, price: float | None) -> None:
    """What a create leaves out may be any, unless its price is known; so may a word that nobody knows."""
    assert known(*entries).estimate(create) == price
    assert known(*entries, assumed=5).estimate(create) == (5 if price is None else price)


def test_the_usual_model_may_be_dearer_than_those_that_are_known() -> None:
    """A create without a model is reckoned at what is assumed, where that is more than any known price."""
    one = Price(20, model="grok")
    assert known(one).estimate(body()) is None
    assert known(one, assumed=50).estimate(body()) == 50
    assert known(one, assumed=5).estimate(body()) == 20


@given(create=requests() | broken_requests().map(lambda broken: broken.body), credits=st.integers(1, 90))
def test_what_was_charged_is_what_is_reckoned_next(create: Any, credits: int, tmp_path_factory: Any) -> None:
    """A run that was told a price writes it, and the next one reads it and reckons the same create at it."""
    learnt = WORDS.with_charges([(create, credits)])
    if learnt.known:
        file = tmp_path_factory.mktemp("prices") / "prices.json"
        file.write_text(learnt.to_json())
        again = price_list.read_prices(str(file), None, CATALOG)
        assert again == learnt
        assert again.estimate(create) == credits
        assert find_default_input(CATALOG, "image.generate", again)


def test_the_dearest_of_a_run_replaces_what_was_known() -> None:
    """Of several charges for the same the dearest is kept, in place of what was known of it and of nothing else."""
    create = body(model="gptimage2", resolution="1K")
    learnt = known(ONE_K, FOUR_K).with_charges([(create, 40), (create, 35)])
    assert set(learnt.known) == {FOUR_K, Price(40, model="gptimage2", resolution="1K")}


def test_whole_credits_are_written_whole(tmp_path: Path) -> None:
    """31 is 31, and a price that is for any operation is read as that again."""
    text = known(Price(31.0, operation=""), Price(0.5, model="grok")).to_json()
    assert json.loads(text) == {
        "prices": [{"credits": 31, "operation": ""}, {"credits": 0.5, "operation": "image.generate", "model": "grok"}]
    }
    assert "31.0" not in text
    (tmp_path / "prices.json").write_text(text)
    assert price_list.read_prices(str(tmp_path / "prices.json"), None, CATALOG).known[0].operation == ""


@pytest.mark.parametrize("model", CATALOG.models)
def test_the_cheapest_create_costs_what_was_thought(model: str) -> None:
    """What is chosen to create with is the cheapest that has a price, in words that have one."""
    priced = known(Price(20, model=model, resolution=None), Price(25, model=model, resolution="2K"))
    chosen = find_default_input(CATALOG, "image.generate", priced)
    assert (chosen["model"], "resolution" in chosen) == (model, False)
    assert priced.estimate(body(**chosen)) == 20


def test_a_probe_has_its_price_under_the_ceiling() -> None:
    """A body that is to be refused may be accepted: a step is left out if that could cross the ceiling."""
    steps = [Step("pays", (body(),), ()), Step("probes", (), (body(),)), Step("cannot", (), (), obstacle="no clock")]
    planned = plan.make_plan(steps, known(Price(20)), 39)
    reasons = [each.skip_reason for each in planned]
    assert reasons == ["", "could cross --allow-spend 39, unless the others cost less than they may", "no clock"]
    assert [each.fits(19, 39) for each in planned] == [False, True, False]
    assert not planned[1].fits(20, 39)
    assert [each.skip_reason for each in plan.make_plan(steps, known(Price(20)), 40)] == ["", "", "no clock"]
    told = "\n".join(plan.describe_plan(plan.make_plan(steps, known(Price(20)), 40), 40))
    assert "plan: 2 of 3 tests, with 1 creates that may cost 20 credits in all of 40 allowed" in told
    assert "and 1 creates that are to be refused, which cost nothing then (up to 20 each otherwise)" in told
    assert "left out: 1 test: no clock" in told
