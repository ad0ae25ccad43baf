"""What is known of prices, and what a run plans with them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_contract.spending import plan
from cannon_contract.spending.default_input import find_documented_input
from cannon_contract.spending.plan import Step
from cannon_contract.spending.price_list import PriceList
from cannon_contract.spending.price_sources import read_prices
from cannon_spec.contract.prices import PerUnit, Price
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.pricing.price_file import describe_age
from cannon_spec.strategies import broken_requests, requests
from tests.support.payloads import CATALOG

WORDS = read_prices(None, None, CATALOG)
"""The words and the documented prices of the contract, and no price of a file."""
NOW = datetime(2026, 11, 26, 15, 40, tzinfo=UTC)


def body(**input: Any) -> dict[str, Any]:
    return {"operation": "image.generate", "input": {"prompt": "x", **input}}


def known(*entries: KnownPrice, assumed: float | None = None) -> PriceList:
    return replace(WORDS, prices=entries, assumed_price=assumed)


def price(credits: float, operation: str = "image.generate", per: PerUnit | None = None, **when: Any) -> KnownPrice:
    return KnownPrice(Price(credits, when, per), operation)


FOUR_K, ONE_K = price(81, model="gptimage2", resolution="4K"), price(31, model="gptimage2", resolution="1K")


@pytest.mark.parametrize(
    ("entries", "create", "price"),
    [
        ([ONE_K, FOUR_K], body(model="gptimage2", resolution="1K"), 31),
        ([ONE_K, FOUR_K], body(model="gptimage2"), 81),
        ([ONE_K, FOUR_K, price(40, model="gptimage2", resolution=None)], body(model="gptimage2"), 40),
        ([ONE_K, FOUR_K, price(20, model="grok", resolution=None)], body(model="gptimage2"), 81),
        ([ONE_K, FOUR_K], body(resolution="1K"), 31),
        ([ONE_K, price(35, model=None, resolution="1K")], body(resolution="1K"), 35),
        ([price(20, model="grok"), price(25, model=None)], body(), 25),
        ([ONE_K, FOUR_K], body(model="gptimage2", resolution="8K"), 81),
        ([ONE_K, FOUR_K], body(model="gptimag2", resolution="1K"), 31),
        ([ONE_K, FOUR_K], {**body(model="gptimage2", resolution="1K"), "operation": "image.generat"}, 31),
        ([ONE_K, FOUR_K], {**body(model="gptimage2", resolution="1K"), "operation": "video.generate"}, None),
        ([ONE_K, FOUR_K], {"operation": 7, "input": [7]}, 81),
        ([ONE_K, FOUR_K], None, 81),
        ([ONE_K], body(model="grok"), None),
        ([ONE_K], body(model="gptimage2", resolution="2K"), None),
        ([price(9, operation="", model="grok")], {**body(model="grok"), "operation": "video.generate"}, 9),
    ],
)
def test_the_dearest_price_that_a_create_may_have(entries: list[KnownPrice], create: Any, price: float | None) -> None:
    """What a create leaves out may be any, unless its price is known; and an unknown value matches every price."""
    assert known(*entries).estimate(create) == price
    assert known(*entries, assumed=5).estimate(create) == (5 if price is None else price)


def test_the_usual_model_may_be_dearer_than_those_that_are_known() -> None:
    """A create without a model gets the assumed price as its estimate, where that is above every known price."""
    one = price(20, model="grok")
    assert known(one).estimate(body()) is None
    assert known(one, assumed=50).estimate(body()) == 50
    assert known(one, assumed=5).estimate(body()) == 20


@pytest.mark.parametrize("value", ["text", 0, -1, 10**9])
def test_a_charged_value_of_another_type_or_size_is_read_back(value: Any, tmp_path: Path) -> None:
    """A value that a target charged is read back, although the contract would refuse its type or size."""
    create = {"operation": "video.upscale", "input": {"video_url": "https://e.test/1.mp4", "duration_seconds": value}}
    file = tmp_path / "prices.json"
    file.write_text(WORDS.with_charges([(create, 7)]).to_json(NOW))
    assert read_prices(str(file), None, CATALOG).estimate(create) == 7


@given(create=requests() | broken_requests().map(lambda broken: broken.body), credits=st.integers(1, 90))
def test_a_stated_cost_is_the_estimate_of_the_next_run(create: Any, credits: int, tmp_path_factory: Any) -> None:
    """A run writes the stated costs, and the next run reads them as estimates of the same creates."""
    new_list = WORDS.with_charges([(create, credits)])
    if new_list.prices:
        file = tmp_path_factory.mktemp("prices") / "prices.json"
        file.write_text(new_list.to_json(NOW))
        again = read_prices(str(file), None, CATALOG)
        assert again == new_list
        assert again.estimate(create) == credits
        assert find_documented_input(CATALOG, "image.generate", again)


def test_the_dearest_of_a_run_replaces_what_was_known() -> None:
    """Of several charges for the same the dearest is kept, in place of what was known of it and of nothing else."""
    create = body(model="gptimage2", resolution="1K")
    new_list = known(ONE_K, FOUR_K).with_charges([(create, 40), (create, 35)])
    assert new_list.prices == (FOUR_K, price(40, model="gptimage2", resolution="1K"))


def test_a_price_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Prices for any operation, by ranges, lists and absence, and by the second, are read back; 31 is written as 31."""
    entries = (
        price(31.0, operation=""),
        price(0.5, model="grok"),
        price(7, model=["gptimage2", "grok"], resolution=None),
        price(5, "video.generate", PerUnit("duration", "second", 2), duration={"minimum": 9}),
    )
    text = known(*(replace(each, written_at=NOW) for each in entries)).to_json(NOW)
    assert json.loads(text)["prices"][:2] == [
        {"credits": 31},
        {"operation": "image.generate", "when": {"model": "grok"}, "credits": 0.5},
    ]
    assert "31.0" not in text
    (tmp_path / "prices.json").write_text(text)
    assert read_prices(str(tmp_path / "prices.json"), None, CATALOG).prices == entries


def test_a_documented_price_needs_no_file() -> None:
    """A price that the vendor's pages state is known without a file; no other word may mean it; a file repeats none."""
    create = {"operation": "prompt.enhance.image", "input": {"prompt": "x"}}
    assert WORDS.estimate(create) == 1
    assert WORDS.estimate({**create, "operation": "prompt.enhance.imag"}) is None
    assert WORDS.estimate(body(model="gptimage2")) is None
    assert known(price(5, "prompt.enhance.image"), assumed=90).estimate(create) == 5
    assert known(assumed=90).estimate(create) == 1
    assert json.loads(WORDS.with_charges([(body(), 31)]).to_json(NOW))["prices"][0]["operation"] == "image.generate"


def test_a_price_file_says_how_old_each_price_is(tmp_path: Path) -> None:
    """A run dates the prices that it saw, keeps the dates of the others, and a reader is warned after 30 days."""
    file, create = tmp_path / "prices.json", body(model="gptimage2", resolution="1K")
    file.write_text(json.dumps({"prices": [FOUR_K.to_dict()]}))
    undated = read_prices(str(file), None, CATALOG)
    assert describe_age("p.json", undated.prices, NOW) == [
        "p.json: prices without a date (written_at): 1 of 1; how old they are is unknown"
    ]
    file.write_text(undated.with_charges([(create, 31)], NOW).to_json(NOW))
    again = read_prices(str(file), None, CATALOG)
    assert [each.written_at for each in again.prices] == [None, NOW]
    later = NOW + timedelta(days=30, seconds=1)
    assert describe_age("p.json", again.prices, later)[0] == (
        "warning: p.json: prices older than 30 days: 1 of 2 (the oldest is of 2026-11-26); the service may charge more "
        "by now"
    )
    assert len(describe_age("p.json", again.prices, NOW + timedelta(days=30))) == 1
    assert [each["written_at"] for each in json.loads(again.to_json(later))["prices"]] == [None, "2026-11-26T15:40:00Z"]


VIDEO = {"operation": "video.generate", "input": {"model": "wan27video"}}
PER_SECOND = price(6, "video.generate", PerUnit("duration", "second", 1, 5))


@pytest.mark.parametrize(
    ("entries", "input", "credits"),
    [
        ([PER_SECOND], {"duration": 4}, 24),
        ([PER_SECOND], {"duration": 0.5}, 3),
        ([PER_SECOND], {}, 30),
        ([PER_SECOND], {"duration": "long"}, None),
        ([price(6, "video.generate", PerUnit("duration", "second"))], {}, None),
        ([PER_SECOND, price(99, "video.generate", duration={"minimum": 9})], {"duration": 9}, 99),
        ([PER_SECOND, price(99, "video.generate", duration={"minimum": 9})], {"duration": 8}, 48),
        ([price(2, "video.generate", **{"size.width": [640, 1280]})], {"size": {"width": 640}}, 2),
        ([price(2, "video.generate", **{"size.width": [640, 1280]})], {"size": {"width": 1920}}, None),
        ([price(2, "video.generate", **{"size.width": [640, 1280]})], {"size": 640}, 2),
    ],
)
def test_prices_go_by_any_field(entries: list[KnownPrice], input: dict[str, Any], credits: float | None) -> None:
    """Ranges, nested fields and growth count; where a cost has no bound, or no price fits, it is what is assumed."""
    body = {**VIDEO, "input": {**VIDEO["input"], **input}}
    video = replace(known(*entries), known_values={"operation": WORDS.known_values["operation"]})
    assert video.estimate(body) == credits
    assert replace(video, assumed_price=7).estimate(body) == (credits or 7)


@pytest.mark.parametrize("model", CATALOG.operations["image.generate"].models)
def test_the_cheapest_create_costs_what_was_thought(model: str) -> None:
    """What is chosen to create with is the cheapest that has a price, in words that have one."""
    priced = known(price(20, model=model, resolution=None), price(25, model=model, resolution="2K"))
    chosen = find_documented_input(CATALOG, "image.generate", priced)
    assert (chosen["model"], "resolution" in chosen) == (model, False)
    assert priced.estimate(body(**chosen)) == 20


def test_a_probe_has_its_price_under_the_ceiling() -> None:
    """A body that should be refused may be accepted: a step is left out if that could cross the ceiling."""
    steps = [Step("pays", (body(),), ()), Step("probes", (), (body(),)), Step("cannot", (), (), obstacle="no clock")]
    planned = plan.make_plan(steps, known(price(20)), 39)
    reasons = [each.skip_reason for each in planned]
    assert reasons == ["", "could cross --allow-spend 39, unless other tests cost less than planned", "no clock"]
    assert [each.fits(19, 39) for each in planned] == [False, True, False]
    assert not planned[1].fits(20, 39)
    assert [each.skip_reason for each in plan.make_plan(steps, known(price(20)), 40)] == ["", "", "no clock"]
    told = "\n".join(plan.describe_plan(plan.make_plan(steps, known(price(20)), 40), 40))
    assert "plan: 2 of 3 tests; 1 create may cost 20 of 40 credits allowed" in told
    assert "1 create should be refused: free if refused, up to 20 each if not" in told
    assert "left out: 1 test: no clock" in told
