"""What a task produces, described when it is created and rendered when it is fetched, by kind (floor 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cannon_mock.media import picture, picture_size, sample
from cannon_mock.model.task_view import preview_input
from cannon_mock.model.tasks import Media, Task, choose_model
from cannon_spec.contract.catalog import Catalog, Operation

Properties = tuple[Mapping[str, Any], tuple[str, ...]]
"""Properties by name, and the claims that they rest on."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file to serve. ``is_sample``: it is the same file whatever was asked for."""

    data: bytes
    media_type: str
    is_sample: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of media is described, from the contract's data on media, a model and an input, and rendered."""

    describe: Callable[[Mapping[str, Any], str, Mapping[str, Any]], Properties]
    render: Callable[[Task, str, str], bytes] | None = None
    is_sample: bool = False


_SAMPLE = _Kind(lambda media, _model, _input: ({}, (media["sample"]["claim"],)), sample.read_sample, is_sample=True)
_KINDS: Mapping[str, _Kind] = {
    "image": _Kind(picture_size.describe, picture.render),
    "video": _SAMPLE,
    "audio": _SAMPLE,
    "text": _Kind(lambda _media, _model, _input: ({}, ())),
}


def describe(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> Media:
    """What an operation produces from an input: the kind, its properties, and the claims on them."""
    model = choose_model(operation, input)
    kind = operation.data["media"]["kind"]
    properties, claims = _KINDS[kind].describe(catalog.media, model, input)
    fields, field_claims = _describe_fields(operation.data["media"].get("properties", {}), model, input)
    return Media(kind, {**properties, **fields}, (*claims, *field_claims))


def render(catalog: Catalog, task: Task, name: str) -> MediaFile | None:
    """The file of that name of a task, the same bytes each time; None where its operation has no such file."""
    data = catalog.operations[task.operation].data["media"]
    kind = _KINDS[task.media.kind]
    if kind.render is None or name not in data.get("files", {}).values():
        return None
    media_type = data["media_type"]
    return MediaFile(kind.render(task, media_type, preview_input(catalog, task)), media_type, kind.is_sample)


def _describe_fields(rules: Mapping[str, Any], model: str, input: Mapping[str, Any]) -> Properties:
    """Properties that a field of the input decides, or the default where the input leaves it out."""
    properties: dict[str, Any] = {}
    claims = []
    for name, rule in rules.items():
        default = rule.get("models", {}).get(model, rule)
        properties[name] = input.get(name, default["default"])
        if name not in input:
            claims.append(default["claim"])
    return properties, tuple(claims)
