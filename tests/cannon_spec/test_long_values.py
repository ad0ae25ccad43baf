"""Long values are judged in a time that grows with their length, not with its square."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cannon_spec import validate_request
from cannon_spec.contract.readings import split_addresses

LENGTH = 200_000
SECONDS = 10  # in a time that grows with the square: minutes

VALUES: dict[str, tuple[str, dict[str, Any]]] = {
    "commas after an address": ("image.generate", {"reference_image_urls": ["https://a.example" + "," * LENGTH]}),
    "digits of a ratio": ("image.generate", {"aspect_ratio": f"{'1' * LENGTH}:{'3' * LENGTH}"}),
    "spaces around a number": ("video.generate", {"duration": f"{' ' * LENGTH}5{' ' * LENGTH}x"}),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_long_value_is_judged_in_time(name: str) -> None:
    operation, fields = VALUES[name]
    start = time.process_time()
    validate_request({"operation": operation, "input": {"prompt": "a cat", **fields}})
    assert time.process_time() - start < SECONDS


def test_a_long_text_is_split_into_its_addresses_in_time() -> None:
    start = time.process_time()
    text = f"https://a.example{',' * LENGTH}x; , https://b.example"
    assert split_addresses(text) == [f"https://a.example{',' * LENGTH}x", "https://b.example"]
    assert time.process_time() - start < SECONDS
