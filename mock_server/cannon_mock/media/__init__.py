"""What a task produces, described when it is created and rendered when it is fetched, file by file (floor 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cannon_mock.media import picture, picture_size
from cannon_mock.media.sample import read_sample
from cannon_mock.model.task_view import preview_input
from cannon_mock.model.tasks import Media, Task, choose_model
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_types import find_extension, find_media_type

Properties = tuple[Mapping[str, Any], tuple[str, ...]]
"""Properties by name, and the claims that they rest on."""


class MediaFile(NamedTuple):
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
    """What an operation produces from an input: the kind, its properties, and the claims on those of its kind."""
    model = choose_model(operation, input)
    describe_kind = _DESCRIBERS.get(operation.kind)
    properties, claims = ({}, ()) if describe_kind is None else describe_kind(catalog.media, model, input)
    if operation.media_properties:
        fields = {name: input.get(name, rule["default"]) for name, rule in _list_properties(operation, model)}
        properties = {**properties, **fields}
    return Media(operation.kind, properties, claims)


def list_default_claims(operation: Operation, input: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims on the defaults of the properties that an input leaves out."""
    if not operation.media_properties:
        return ()
    properties = _list_properties(operation, choose_model(operation, input))
    return tuple(rule["claim"] for name, rule in properties if name not in input)


def render(catalog: Catalog, task: Task, name: str) -> MediaFile | None:
    """The file of that name of a task, the same bytes each time; None where its operation has no such file."""
    if name not in catalog.operations[task.operation].files.values():
        return None
    extension, media_type = find_extension(name), find_media_type(name)
    render_file = _RENDERERS.get((task.media.kind, extension))
    if render_file is None:
        claims = (*task.media.claims, catalog.media["sample"]["claim"])
        return MediaFile(read_sample(extension), media_type, claims, is_sample=True)
    data = render_file(task, preview_input(catalog, task))
    return MediaFile(data, media_type, task.media.claims, is_sample=False)


def _list_properties(operation: Operation, model: str | None) -> list[tuple[str, Mapping[str, Any]]]:
    """The further properties of an operation, each with the default that it has with a model, and its claim."""
    rules = operation.media_properties
    return [(name, rule.get("models", {}).get(model, rule)) for name, rule in rules.items()]
