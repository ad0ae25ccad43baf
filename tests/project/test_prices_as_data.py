"""Prices are data: those that an overlay adds are judged when it loads, and charged by the mock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_mock import Config, create_app
from cannon_spec import CatalogError, load_catalog

KEY = {"x-api-key": "cs_test_prices"}
BY_SECONDS = {"field": "duration", "unit": "second", "default": 5}
ZOOM = {"when": {"camera.zoom": {"minimum": 2}}, "credits": 40, "claim": "user-overlay"}
NO_STYLE = {"when": {"style": None}, "credits": 7, "claim": "user-overlay"}
BY_CHARACTERS = {"field": "prompt", "unit": "character", "amount": 10}


def _write_overlay(folder: Path, price: dict[str, Any]) -> str:
    """An overlay with a price of image.generate, and a field for it."""
    fields = {"duration": {"type": "number"}, "camera": {"type": "object", "properties": {"zoom": {"type": "number"}}}}
    entry = {"claim": "user-overlay", "cases": None, **price}
    patch = {
        "operations": {"image.generate": {"price": entry}},
        "schemas": {"operations/image.generate/input": {"properties": fields}},
    }
    (folder / "overlay.json").write_text(json.dumps(patch))
    return str(folder / "overlay.json")


@pytest.mark.parametrize(
    ("price", "input", "credits"),
    [
        ({"credits": 10, "per": BY_SECONDS}, {"duration": 8.05}, 81),
        ({"credits": 10, "per": BY_SECONDS}, {}, 50),
        ({"credits": 3, "per": BY_CHARACTERS}, {"prompt": "x" * 25}, 8),
        ({"credits": 9, "cases": [ZOOM]}, {"camera": {"zoom": 2}}, 40),
        ({"credits": 9, "cases": [ZOOM]}, {"camera": {}}, 9),
        ({"credits": 9, "cases": [NO_STYLE]}, {}, 7),
        ({"credits": 9, "cases": [NO_STYLE]}, {"style": "noir"}, 9),
    ],
)
def test_the_mock_charges_a_price_by_any_field(
    price: dict[str, Any], input: dict[str, Any], credits: int, tmp_path: Path
) -> None:
    """The mock bills what the first price that fits costs, by a field of any depth."""
    client = create_app(Config(overlay=_write_overlay(tmp_path, price), progression="immediate")).test_client()
    body = {"operation": "image.generate", "input": {"prompt": "A fox", **input}}
    response = client.post("/api/v1/requests", json=body, headers=KEY)
    assert response.status_code == 202, response.text
    view = client.get(response.get_json()["urls"]["get"], headers=KEY).get_json()
    assert view["billableCredits"] == credits


def test_a_price_by_an_unknown_field_does_not_load(tmp_path: Path) -> None:
    """A price by a field that the input does not have is an error that names file, operation and field."""
    per = {"field": "frames", "unit": "second", "default": 5}
    with pytest.raises(CatalogError, match=r"overlay\.json: operation image\.generate price 1: names the field frames"):
        load_catalog(overlay=_write_overlay(tmp_path, {"credits": 1, "per": per}))
