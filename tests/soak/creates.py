"""The creates of a soak: good bodies of every operation, some with keys, receivers and scenarios."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import NamedTuple

from cannon_spec import load_catalog, validate_request
from cannon_spec.example import build_example
from tests.soak.ledger import Create
from tests.soak.receivers import SHARES


class PlannedCreate(NamedTuple):
    """A create and its scenario, empty for the default one."""

    create: Create
    scenario: str


SCENARIOS: dict[str, tuple[int | None, ...]] = {
    "failed-internal": (),
    "failed-moderation": (),
    "slow": (),
    "latency": (),
    "error-500": (500,),
    "error-500-stored": (500,),
    "error-503": (503,),
    "rate-limited": (429,),
    "insufficient-credits": (402,),
    "connection-reset": (None,),
    "connection-reset-stored": (None,),
    "cut-off": (None,),
}
"""The scenarios that creates ask for, with the answers beside 202 that these give; None: the connection breaks."""

_KEY_SHARE, _RECEIVER_SHARE, _SCENARIO_SHARE, _PLAIN_SHARE, _LONG_SHARE = 0.7, 0.3, 0.15, 0.7, 0.01
_LONGEST_PROMPT, _VERY_LONG_PROMPT = 2000, 300_000


def plan_create(random: Random, account: str, number: int, receivers: dict[str, str]) -> PlannedCreate:
    """A create of an account, drawn at random; ``number`` tells it from the others of the account."""
    kind = random.random()
    text = random.choice(_list_bodies() if kind > _PLAIN_SHARE else _list_bodies()[:1])
    body = json.loads(text if kind > _LONG_SHARE else random.choice(_list_long_bodies()))
    if "prompt" in body["input"] and kind > _LONG_SHARE:
        body["input"]["prompt"] = f"{number} " + "A lighthouse in fog. " * random.randrange(1, _LONGEST_PROMPT // 21)
    receiver = ""
    if random.random() < _RECEIVER_SHARE:
        (receiver,) = random.choices(list(SHARES), weights=list(SHARES.values()))
        body["webhook_url"] = receivers[receiver]
    key = f"soak-{number}" if random.random() < _KEY_SHARE else None
    scenario = random.choice(list(SCENARIOS)) if random.random() < _SCENARIO_SHARE else ""
    return PlannedCreate(Create(account, key, json.dumps(body), receiver), scenario)


@cache
def _list_bodies() -> list[str]:
    """A good body for each operation; first that of a small picture, which most creates have."""
    catalog = load_catalog()
    bodies = [build_example(catalog, each.id) for each in catalog.operations.values() if each.is_covered]
    picture = {"prompt": "A lighthouse", "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "1K"}
    return [json.dumps(each) for each in ({"operation": "image.generate", "input": picture}, *bodies)]


@cache
def _list_long_bodies() -> list[str]:
    """The bodies whose prompt may be very long."""
    bodies = [body for body in map(json.loads, _list_bodies()) if "prompt" in body["input"]]
    for body in bodies:
        body["input"]["prompt"] = "A lighthouse. " * (_VERY_LONG_PROMPT // 14)
    return [json.dumps(body) for body in bodies if validate_request(body).ok]
