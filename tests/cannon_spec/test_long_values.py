"""Long values are judged in steps that grow with their length, not with its square."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cannon_spec import validate_request
from cannon_spec.contract import readings
from cannon_spec.contract.patterns import compile_pattern
from tests.support.operation_count import MOST_GROWTH
from tests.support.pattern_steps import count_steps
from tests.support.payloads import CATALOG

LENGTH = 20
LONG = 200_000

TEXTS: dict[str, Callable[[int], str]] = {
    "commas after an address": lambda length: "https://a.example" + "," * length + "x",
    "spaces after an address": lambda length: "https://a.example" + " " * length + "x",
    "spaces before an address": lambda length: " " * length + "http:/",
    "spaces around a number": lambda length: " " * length + "5" + " " * length + "x",
    "digits": lambda length: "1" * length + "x",
    "noughts": lambda length: "0" * length + "1:1x",
    "digits of a ratio": lambda length: "1" * length + ":" + "3" * length + "xxx",
    "letters": lambda length: "x" * length,
}

VALUES: dict[str, tuple[str, dict[str, Any]]] = {
    "a ratio": ("image.generate", {"aspect_ratio": f"{'1' * LONG}:{'3' * LONG}"}),
    "a number": ("video.generate", {"duration": f"{' ' * LONG}5{' ' * LONG}x"}),
    "an address": ("image.generate", {"reference_image_urls": ["https://a.example" + "," * LONG]}),
}


def list_contract_patterns() -> list[str]:
    """Every pattern of the contract that a value is held against, once."""
    patterns: dict[str, None] = {}

    def collect(node: Any) -> None:
        if isinstance(node, dict) and isinstance(node.get("pattern"), str):
            patterns[node["pattern"]] = None
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            collect(child)

    for schema in CATALOG.schemas.values():
        collect(schema)
    return list(patterns)


@pytest.mark.parametrize("name", TEXTS)
def test_a_pattern_takes_twice_the_steps_for_twice_the_text(name: str) -> None:
    """No pattern that a value of a user is held against tries a long text again from each of its letters."""
    searched_patterns = [readings._ADDRESS_BREAK, *map(compile_pattern, list_contract_patterns())]
    rows = [(pattern, False) for pattern in searched_patterns] + [(readings._NUMBER, True)]
    for pattern, is_whole in rows:
        once, twice = (count_steps(pattern, TEXTS[name](size), is_whole=is_whole) for size in (LENGTH, 2 * LENGTH))
        assert twice <= MOST_GROWTH * once, pattern.pattern


def test_the_steps_of_a_bad_pattern_are_seen() -> None:
    """A pattern that is tried from each letter again takes four times the steps for twice the text."""
    once, twice = (count_steps(re.compile(" +x"), " " * size) for size in (LENGTH, 2 * LENGTH))
    assert twice > 3 * once


@pytest.mark.parametrize("name", VALUES)
def test_a_value_may_be_longer_than_python_reads_as_a_number(name: str) -> None:
    """A value of hundreds of thousands of letters is judged as any other, whatever it looks like."""
    operation, fields = VALUES[name]
    assert validate_request({"operation": operation, "input": {"prompt": "a cat", **fields}}) is not None


def test_a_long_text_is_split_into_its_addresses() -> None:
    """Separators inside an address, however many, do not end it."""
    text = f"https://a.example{',' * LONG}x; , https://b.example"
    assert readings.split_addresses(text) == [f"https://a.example{',' * LONG}x", "https://b.example"]
