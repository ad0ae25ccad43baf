"""What a task produces, described when it is created and rendered when it is fetched, file by file (floor 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

from cannon_mock.media import audio, captions, picture, scene, video
from cannon_mock.media.content import Content, limit_content, read_content
from cannon_mock.media.file_cache import FileCache
from cannon_mock.media.sample import read_sample
from cannon_mock.model.task_view import preview_input
from cannon_mock.model.tasks import Media, Task
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_properties import find_properties
from cannon_spec.contract.media_types import DURATION, find_extension, find_media_type

Difference = Literal["", "sample", "shortened"]
"""How a file differs from what was asked for: not at all; it is the same file whatever was asked for; it lasts less, or
has fewer pixels."""


class MediaFile(NamedTuple):
    """A file to serve, the claims that it rests on, and how it differs from what was asked for."""

    data: bytes
    media_type: str
    claims: tuple[str, ...]
    difference: Difference


class Renderer(NamedTuple):
    """What makes the files of an extension, and the module of the extra ``media`` that it imports when it does."""

    render: Callable[[Content], bytes]
    module: str | None = None


_RENDERERS: Mapping[str, Renderer] = {
    "png": Renderer(picture.render),
    "mp4": Renderer(video.render, "av"),
    "mp3": Renderer(audio.render_mp3, "av"),
    "wav": Renderer(audio.render_wav),
    "glb": Renderer(scene.render),
    "srt": Renderer(captions.render),
}
"""By extension, as a task of one kind has files of several: a sound with a preview, a video with subtitles."""

_FILES = FileCache(most_bytes=16_000_000)


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
    if operation.media_properties:
        rules = _list_properties(operation, operation.choose_model(input))
        properties.update((name, input.get(name, rule["default"])) for name, rule in rules)
    return Media(operation.kind, properties, claims)


def list_default_claims(operation: Operation, input: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims on the defaults of the properties that an input leaves out."""
    if not operation.media_properties:
        return ()
    properties = _list_properties(operation, operation.choose_model(input))
    return tuple(rule["claim"] for name, rule in properties if name not in input)


def list_sample_extensions() -> tuple[str, ...]:
    """The extensions of files that are samples, since the module is not installed that makes them."""
    return tuple(each for each, renderer in _RENDERERS.items() if renderer.module and not find_spec(renderer.module))


def render(catalog: Catalog, task: Task, name: str) -> MediaFile | None:
    """The file of that name of a task, the same bytes each time; None where its operation has no such file."""
    if name not in catalog.operations[task.operation].files.values():
        return None
    extension, media_type = find_extension(name), find_media_type(name)
    task = _describe_again(catalog, task)
    asked_content = read_content(task, preview_input(catalog, task))
    content, render_file = limit_content(asked_content), _RENDERERS[extension].render
    try:
        data = _FILES.get_or_render((extension, content), lambda: render_file(content))
    except ImportError:  # of the extra media
        return MediaFile(read_sample(extension), media_type, (catalog.media["sample"]["claim"],), "sample")
    return MediaFile(data, media_type, task.media.claims, "" if content == asked_content else "shortened")


def _describe_again(catalog: Catalog, task: Task) -> Task:
    """The task, with the properties that its files need where an earlier version stored it with fewer."""
    operation = catalog.operations[task.operation]
    if all(name in task.media.properties for name in operation.file_properties):
        return task
    described_media = describe(catalog, operation, {**task.input, **task.adjusted_fields})
    return task._replace(media=described_media._replace(kind=task.media.kind))


def _list_properties(operation: Operation, model: str | None) -> list[tuple[str, Mapping[str, Any]]]:
    """The further properties of an operation, each with the default that it has with a model, and its claim."""
    rules = operation.media_properties
    return [(name, rule.get("models", {}).get(model, rule)) for name, rule in rules.items()]
