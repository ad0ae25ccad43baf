"""What a target shows where the contract has a value: an overlay can take it over (floor 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cannon_contract.client.api import Api
from cannon_contract.suite.case_inputs import complete
from cannon_spec.amounts import to_credits
from cannon_spec.contract.prices import find_price
from cannon_spec.pointer import to_pointer


def note_setting(api: Api, claim: str, name: str, value: Any, choices: Collection[Any]) -> None:
    """Note how a target behaves where our mock has a setting with these choices."""
    if value in choices:
        api.note_value(claim, to_pointer(("settings", name)), value)


def note_price(api: Api, body: Mapping[str, Any], credits: Any) -> None:
    """Note what a request costs whose price does not grow with a field."""
    operation = api.catalog.operations[api.operation]
    price = find_price(operation.prices, complete(operation, body["input"]))
    if price is None or price.per is not None or not to_credits(credits):
        return
    index = operation.prices.index(price)
    place = ("cases", index) if index < len(operation.prices) - 1 else ()
    api.note_value(price.claim, to_pointer(("operations", operation.id, "price", *place, "credits")), credits)


def note_size(api: Api, body: Mapping[str, Any], size: tuple[int, int]) -> None:
    """Note the size of an image or a video where a table of its model has one."""
    operation = api.catalog.operations[api.operation]
    kind, model = operation.size_tables or "", operation.choose_model(body["input"])
    table = api.catalog.media[kind]["models"].get(model, {})
    input = {**table, **complete(operation, body["input"])}
    tier, ratio = input.get("resolution"), input.get("aspect_ratio")
    if ratio in table.get("sizes", {}).get(tier, ()):
        path = ("media", kind, "models", str(model), "sizes", str(tier), str(ratio))
        api.note_value(table["claim"], to_pointer(path), f"{size[0]}x{size[1]}")


def note_default_duration(api: Api, body: Mapping[str, Any], duration_s: float) -> None:
    """Note how long a file lasts whose input does not say it."""
    operation = api.catalog.operations[api.operation]
    rule, input = operation.data["media"]["duration"], complete(operation, body["input"])
    if "text" not in rule and not any(name in input for name in rule.get("fields", ())):
        path = ("operations", operation.id, "media", "duration", "default")
        api.note_value(rule["claim"], to_pointer(path), round(duration_s, 1))
