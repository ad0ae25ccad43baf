"""The prices of a run: those of the user's file go before those of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec import validate_input, validate_request
from cannon_spec.contract.prices import build_price
from cannon_spec.pricing.body_cost import BodyCost, RunPrices
from cannon_spec.pricing.known_price import KnownPrice
from tests.support.payloads import CATALOG

PER_SECOND = {"field": "duration", "unit": "second"}


def price(credits: float, operation: str = "image.generate", **entry: Any) -> KnownPrice:
    return KnownPrice(build_price({"credits": credits, **entry}), operation)


def body(operation: str = "image.generate", **input: Any) -> dict[str, Any]:
    return {"operation": operation, "input": {"prompt": "A fox", **input}}


def find_cost(document: Any, *entries: KnownPrice) -> BodyCost:
    return RunPrices(CATALOG, entries, "prices.json").find_cost(document, validate_request(document, catalog=CATALOG))


GPT = price(7, when={"model": "gptimage2"})
GPT_4K = price(9, when={"model": "gptimage2", "resolution": "4K"})
NO_MODEL = price(5, when={"model": None, "resolution": None})


@pytest.mark.parametrize(
    ("entries", "document", "credits", "source"),
    [
        ([price(3)], body(model="flux2"), 3, "price 1"),
        ([price(3, "")], body(model="flux2"), 3, "price 1"),
        ([price(9, ""), price(3)], body(model="flux2"), 3, "price 2"),
        ([GPT, price(3)], body(model="gptimage2"), 7, "price 1"),
        ([price(3), GPT], body(model="gptimage2"), 7, "price 2"),
        ([GPT_4K, GPT], body(model="gptimage2", resolution="4K", aspect_ratio="16:9"), 9, "price 1"),
        ([GPT_4K, GPT], body(model="gptimage2", resolution="2K"), 7, "price 2"),
        ([GPT], body(), 7, "price 1"),
        ([price(9, "", when={"model": "flux2"}), price(3)], body(model="flux2"), 3, "price 2"),
        ([price(6, when={"model": "gptimage2", "style": None}), NO_MODEL], body(), 5, "price 2"),
        ([price(2), price(8)], body(), 8, "price 2"),
        ([price(0.25)], body(), 0.25, "price 1"),
        ([price(2, "", per=PER_SECOND)], body("video.generate", model="seedance2", duration=10), 20, "price 1"),
        ([price(2, "", per=PER_SECOND)], body("video.generate", model="seedance2"), 10, "price 1"),
        ([price(2, "", per={**PER_SECOND, "default": 7})], body("video.generate", model="seedance2"), 14, "price 1"),
    ],
)
def test_the_entry_that_says_most_of_a_body_counts(
    entries: list[KnownPrice], document: Any, credits: float, source: str
) -> None:
    """An entry for the operation and with more conditions goes first, in any order; of equal ones the highest."""
    cost = find_cost(document, *entries)
    assert cost.credits == credits
    assert cost.evidence is not None
    assert (cost.evidence.claim, cost.evidence.strength, cost.evidence.source) == ("", "user", f"prices.json, {source}")


@pytest.mark.parametrize(
    "entry",
    [
        price(3, "video.generate"),
        price(3, when={"model": "grok"}),
        price(3, when={"resolution": {"minimum": 4}}),
        price(3, per={"field": "quality", "unit": "character"}),
    ],
)
def test_an_entry_for_other_bodies_changes_nothing(entry: KnownPrice) -> None:
    """Without an entry that fits, the contract says what a body costs, and how that is known."""
    cost = find_cost(body(model="gptimage2", resolution="1K"), entry)
    assert cost == find_cost(body(model="gptimage2", resolution="1K"))
    assert (cost.credits, cost.basis) == (31, 'model "gptimage2", resolution "1K"')
    assert cost.evidence == CATALOG.claims["credits-price-scaled"].evidence


def test_a_body_with_errors_is_not_counted() -> None:
    """The service refuses it, whatever a price file says."""
    document = body(model="gptimage2", resolution="8K")
    assert find_cost(document, price(3)) == BodyCost("image.generate", obstacle="errors")
    assert find_cost(None, price(3)) == BodyCost("", obstacle="errors")


def test_a_bare_input_costs_what_its_body_costs() -> None:
    """The input of an operation has the price of the whole body, with the values that the service normalises."""
    source = {"sora_video_id": "video_abc123", "source_video_url": "https://example.com/a.mp4"}
    input = {"prompt": "A fox", "model": "sora-2-pro", "duration": 9, **source}
    operation = "sora2.video.extend"
    report = validate_input(operation, input, catalog=CATALOG)
    cost = RunPrices(CATALOG).find_cost(input, report, operation)
    assert cost == find_cost({"operation": operation, "input": input})
    assert (cost.credits, cost.basis) == (113, 'model "sora-2-pro", duration 8')


def test_a_price_by_the_character_names_the_length() -> None:
    """The words for what a price goes by have the length of a text, not the text."""
    cost = find_cost({"operation": "narration.generate", "input": {"text": "x" * 1500, "voice_id": "v"}})
    assert (cost.credits, cost.basis) == (30, "text of 1500 characters")
