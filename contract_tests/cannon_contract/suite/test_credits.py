"""What a request costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cannon_contract.client.api import OPERATION, Api
from cannon_contract.client.flows import create, create_and_finish, poll, poll_to_end, shared_run


@pytest.mark.shares
@pytest.mark.claim("credits-hold")
def test_a_success_costs_what_was_held(api: Api) -> None:
    """The balance falls by billableCredits when a request is accepted, and success changes it no more."""
    journey = shared_run(api)
    before, after, at_end = journey.credits
    assert before - after == journey.end["billableCredits"]
    assert at_end == (after if journey.end["status"] == "succeeded" else before)


@pytest.mark.claim("credits-hold")
@pytest.mark.needs("mock")
def test_a_failure_gives_back_what_was_held(api: Api) -> None:
    """What was held for a request that fails is given back."""
    before = api.read_credits()
    reply = create(api, x_mock_scenario="failed-internal")
    during = api.read_credits()
    seen = poll_to_end(api, reply)
    assert during < before or len(seen) == 1, "nothing was held while the request was under way"
    assert api.read_credits() == before


@pytest.mark.shares
@pytest.mark.claim("credits-billable-at-once")
def test_the_cost_is_known_at_once(api: Api) -> None:
    """BillableCredits of the first poll is more than nothing, and that of the last."""
    journey = shared_run(api)
    first, last = journey.polls[0]["billableCredits"], journey.end["billableCredits"]
    assert first > 0
    assert first == last


@pytest.mark.claim("credits-price-seedream5")
@pytest.mark.creates(1, model="seedream5", resolution=None)
def test_an_image_of_seedream_5_costs_28(api: Api) -> None:
    """BillableCredits of an image of Seedream 5.0 Lite is 28."""
    assert create_and_finish(api, api.build_body(model="seedream5", resolution=None))["billableCredits"] == 28


@pytest.mark.claim("credits-price-scaled")
@pytest.mark.parametrize(
    ("model", "resolution", "credits"),
    [
        pytest.param(*case, marks=pytest.mark.creates(1, model=case[0], resolution=case[1]))
        for case in (
            ("gptimage2", "1K", 31),
            ("gptimage2", "2K", 51),
            ("gptimage2", "4K", 81),
            ("seedream45", None, 33),
            ("nanobanana2", "2K", 61),
            ("wan27image", None, 24),
            ("flux2", "2K", 122),
            ("grok", None, 20),
        )
    ],
)
def test_an_image_costs_what_the_provider_asks(api: Api, model: str, resolution: str | None, credits: int) -> None:
    """BillableCredits is the provider's price at the rate of the one charge that is known."""
    body = api.build_body(model=model, resolution=resolution)
    assert poll(api, create(api, body))["billableCredits"] == credits


@pytest.mark.claim("credits-price-image")
def test_a_model_without_a_price_costs_28(own: Callable[..., Api], tmp_path: Path) -> None:
    """An image of a model that has no price of its own costs 28 credits."""
    model = {"name": "A new model", "claim": "user-overlay", "operations": {OPERATION: "user-overlay"}}
    file = tmp_path / "overlay.json"
    file.write_text(json.dumps({"models": {"new": model}}))
    api = own(overlay=str(file))
    assert poll(api, create(api, api.build_body(model="new", resolution=None)))["billableCredits"] == 28
