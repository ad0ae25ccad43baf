"""What the fuzz targets are told about the mock is whole, and the targets stand a few inputs of each kind."""

from __future__ import annotations

import random

import pytest

from cannon_mock import Config, create_app
from tests.fuzz.api_document import build_document
from tests.fuzz.targets import TARGETS
from tests.support.contract_runs import OPERATION

_INPUTS = 300
"""How many inputs a test makes of the seeds of a target; make fuzz makes hundreds of thousands."""


def test_each_route_is_in_the_document() -> None:
    """The document that Schemathesis makes calls by has each route of the mock with its method, and a body for each."""
    app = create_app(Config())
    paths = build_document(app, OPERATION)["paths"]
    rules = [
        (rule.rule.replace("<", "{").replace(">", "}"), rule.methods or set()) for rule in app.url_map.iter_rules()
    ]
    calls = {(path, method.lower()) for path, methods in rules for method in methods - {"HEAD", "OPTIONS"}}
    assert {(path, method) for path, methods in paths.items() for method in methods} == calls
    routes = [(name, route) for path in paths.values() for name, route in path.items()]
    assert [name for name, route in routes if ("requestBody" in route) != (name in ("post", "put"))] == []


def mutate(seeds: list[bytes], chance: random.Random) -> bytes:
    """A seed with some parts changed, cut, doubled, or put in from another seed."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(0, 4)):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.choice((0, 1, 4, 30)))
        other = chance.choice(seeds)
        pieces = (
            b"",
            bytes([chance.randrange(256)]),
            other[: chance.randint(0, 60)],
            content[start:end] * 2,
            b"\\ud800",
        )
        content[start:end] = chance.choice(pieces)
    return bytes(content)


@pytest.mark.extended
@pytest.mark.parametrize("name", TARGETS)
def test_a_target_stands_what_is_made_of_its_seeds(name: str) -> None:
    """No input makes the judge's engines and decoders differ, its readers fail, or the mock answer 500."""
    call, list_seeds = TARGETS[name]
    seeds, chance = list_seeds(), random.Random(16)
    for _ in range(_INPUTS):
        call(mutate(seeds, chance))
