"""Price files: what is read of them, and which are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cannon_spec.contract.prices import Price
from cannon_spec.errors import BadPriceFile
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.pricing.price_file import read_price_file
from tests.support.payloads import CATALOG


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "prices.json"),
        ("[]", "no list of prices; it has the form"),
        ('{"prices": []}', "no list of prices"),
        ('{"prices": [{"credits": 1}, 7]}', "price 2 of 2: not an object"),
        ('{"prices": [{"model": "grok"}]}', "price 1 of 1: credits is missing; write a number"),
        ('{"prices": [{"credits": -1}]}', "price 1 of 1: credits is -1; write a number, 0 or more"),
        ('{"prices": [{"credits": 1, "modell": "grok"}]}', "unknown member modell; use operation, model,"),
        ('{"prices": [{"credits": 1, "model": 7}]}', "model is 7; write a text"),
        ('{"prices": [{"credits": 1, "model": "gptimag2"}]}', 'did you mean "gptimage2"'),
        ('{"prices": [{"credits": 1, "model": "gptimage2", "resolution": "8K"}]}', '"8K" is not accepted'),
        ('{"prices": [{"credits": 1, "operation": "tea"}]}', "tea"),
        ('{"prices": [{"credits": 1, "operation": 7}]}', "operation is 7; write its identifier"),
        ('{"prices": [{"credits": 1, "when": []}]}', "write an object of conditions"),
        ('{"prices": [{"credits": 1, "when": {"model": "gptimag2"}}]}', 'did you mean "gptimage2"'),
        (
            '{"prices": [{"credits": 1, "when": {"model": "gptimage2", "resolution": ["1K", "8K"]}}]}',
            '"8K" is not accepted',
        ),
        (
            '{"prices": [{"credits": 1, "when": {"resolution": {"most": 4}}}]}',
            "when.resolution is an object",
        ),
        ('{"prices": [{"credits": 1, "when": {"resolution": []}}]}', "write a plain value"),
        (
            '{"prices": [{"credits": 1, "model": "grok", "when": {"model": "grok"}}]}',
            "model is both beside when",
        ),
        ('{"prices": [{"credits": 1, "when": {"resolutoin": "1K"}}]}', "resolutoin"),
        (
            '{"written_at": "yesterday", "prices": [{"credits": 1}]}',
            'written_at is "yesterday"; write a time',
        ),
        ('{"prices": [{"credits": 1, "when": {"size.width": 7}}]}', "image.generate has no field size.width"),
        ('{"prices": [{"credits": 1, "per": 7}]}', "per is 7; write an object"),
        ('{"prices": [{"credits": 1, "per": {"field": "prompt", "unit": "word"}}]}', "a unit: second or character"),
        ('{"prices": [{"credits": 1, "per": {"field": "prompt", "unit": "character", "amount": 0}}]}', "above 0"),
        ('{"prices": [{"credits": 1, "per": {"field": "loudness", "unit": "second"}}]}', "has no field loudness"),
    ],
)
def test_a_bad_price_file_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    """Each is refused with the file's name, the entry, and what is wrong with it."""
    file = tmp_path / "prices.json"
    file.write_text(content)
    with pytest.raises(BadPriceFile, match=problem):
        read_price_file(str(file), CATALOG)
    with pytest.raises(BadPriceFile, match="check the path"):
        read_price_file(str(tmp_path / "none.json"), CATALOG)


def test_prices_of_what_is_not_judged_are_taken(tmp_path: Path) -> None:
    """A price of an operation that the contract knows by name only is kept, whatever its model is called."""
    when = {"model": "wan27video", "resolution": "1080p"}
    entry = {"operation": "video.generate", **when, "credits": 48}
    (tmp_path / "prices.json").write_text(json.dumps({"prices": [entry]}))
    prices = read_price_file(str(tmp_path / "prices.json"), CATALOG)
    assert prices == (KnownPrice(Price(48, when), "video.generate"),)


def test_a_file_of_before_is_read(tmp_path: Path) -> None:
    """Where model and resolution stand beside credits, absent and empty mean any, and null means left out."""
    entries = [
        {"operation": "image.generate", "model": "grok", "resolution": None, "credits": 20},
        {"model": "gptimage2", "credits": 81},
        {"operation": "", "model": "", "credits": 5},
    ]
    (tmp_path / "prices.json").write_text(json.dumps({"prices": entries}))
    expected = (
        KnownPrice(Price(20, {"model": "grok", "resolution": None}), "image.generate"),
        KnownPrice(Price(81, {"model": "gptimage2"})),
        KnownPrice(Price(5)),
    )
    assert read_price_file(str(tmp_path / "prices.json"), CATALOG) == expected
