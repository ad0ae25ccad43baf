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
    """Note the size of an image whose model has a table of sizes."""
    model, tables = body["input"]["model"], api.catalog.media["image"]["models"]
    input = {**tables[model], **complete(api.catalog.operations[api.operation], body["input"])}
    path = ("media", "image", "models", model, "sizes", input["resolution"], input["aspect_ratio"])
    api.note_value(tables[model]["claim"], to_pointer(path), f"{size[0]}x{size[1]}")
