"""What a task produces, described when it is created and rendered when it is fetched, file by file (floor 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cannon_mock.media import picture, picture_size
from cannon_mock.media.sample import read_sample
from cannon_mock.model.task_view import preview_input
from cannon_mock.model.tasks import Media, Task, choose_model
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_checks import find_extension, find_media_type

Properties = tuple[Mapping[str, Any], tuple[str, ...]]
"""Properties by name, and the claims that they rest on."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file to serve, and the claims that it rests on. ``is_sample``: it is the same file whatever was asked for."""

    data: bytes
    media_type: str
    claims: tuple[str, ...]
    is_sample: bool


_DESCRIBERS: Mapping[str, Callable[[Mapping[str, Any], str | None, Mapping[str, Any]], Properties]] = {
    "image": picture_size.describe,
}
"""By kind: how the properties that all media of the kind have follow from the contract's data, a model and an input."""

_RENDERERS: Mapping[tuple[str, str], Callable[[Task, str], bytes]] = {("image", "png"): picture.render}
"""By kind and extension: how a file is made for its task and a caption. Any other file is a sample."""


def describe(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> Media:
    """What an operation produces from an input: the kind, its properties, and the claims on them."""
    model = choose_model(operation, input)
    kind = operation.data["media"]["kind"]
    describe_kind = _DESCRIBERS.get(kind)
    properties, claims = ({}, ()) if describe_kind is None else describe_kind(catalog.media, model, input)
    fields, field_claims = _describe_fields(operation.data["media"].get("properties", {}), model, input)
    return Media(kind, {**properties, **fields}, (*claims, *field_claims))


def render(catalog: Catalog, task: Task, name: str) -> MediaFile | None:
    """The file of that name of a task, the same bytes each time; None where its operation has no such file."""
    files = catalog.operations[task.operation].data["media"].get("files", {})
    if name not in files.values():
        return None
    extension, media_type = find_extension(name), find_media_type(name)
    render_file = _RENDERERS.get((task.media.kind, extension))
    if render_file is None:
        claims = (*task.media.claims, catalog.media["sample"]["claim"])
        return MediaFile(read_sample(extension), media_type, claims, is_sample=True)
    data = render_file(task, preview_input(catalog, task))
    return MediaFile(data, media_type, task.media.claims, is_sample=False)


def _describe_fields(rules: Mapping[str, Any], model: str | None, input: Mapping[str, Any]) -> Properties:
    """Properties that a field of the input decides, or the default where the input leaves it out."""
    properties: dict[str, Any] = {}
    claims = []
    for name, rule in rules.items():
        default = rule.get("models", {}).get(model, rule)
        properties[name] = input.get(name, default["default"])
        if name not in input:
            claims.append(default["claim"])
    return properties, tuple(claims)
