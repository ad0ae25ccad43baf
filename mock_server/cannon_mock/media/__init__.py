"""What a task produces, as it is described when it is created, and what renders each kind of file (floor 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_mock.model.tasks import Media
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_properties import find_properties
from cannon_spec.contract.media_types import DURATION


def describe(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> Media:
    """What an operation produces from an input as the service takes it: the kind, its properties, and their claims."""
    size, duration = find_properties(catalog, operation, input)
    properties: dict[str, Any] = {}
    claims: tuple[str, ...] = ()
    if size is not None:
        width, height, aspect_ratio, claims = size
        properties = {"width": width, "height": height, "aspect_ratio": aspect_ratio}
    if duration is not None:
        properties[DURATION], claims = duration.seconds, (*claims, duration.claim)
    if operation.default_properties:
        rules = _list_properties(operation, operation.choose_model(input))
        properties.update((name, input.get(name, rule["default"])) for name, rule in rules)
    return Media(operation.kind, properties, claims)


def list_default_claims(operation: Operation, input: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims on the defaults of the properties that an input leaves out."""
    if not operation.default_properties:
        return ()
    properties = _list_properties(operation, operation.choose_model(input))
    return tuple(rule["claim"] for name, rule in properties if name not in input)


def _list_properties(operation: Operation, model: str | None) -> list[tuple[str, Mapping[str, Any]]]:
    """The further properties of an operation, each with the default that it has with a model, and its claim."""
    rules = operation.default_properties
    return [(name, rule.get("models", {}).get(model, rule)) for name, rule in rules.items()]
