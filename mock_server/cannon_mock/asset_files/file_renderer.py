"""The files of tasks, rendered when they are fetched, or samples of them where an encoder is missing (floor 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Literal, NamedTuple

from cannon_mock import media
from cannon_mock.asset_files.file_cache import FileCache, map_large_blocks
from cannon_mock.media import audio, picture, scene, subtitles, video
from cannon_mock.media.content import Content, limit_content, read_content
from cannon_mock.media.sample import read_sample
from cannon_mock.model.task_view import preview_input
from cannon_mock.model.tasks import Task
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.media_types import find_extension
from cannon_spec.errors import CatalogError

Difference = Literal["", "sample", "shortened"]
"""How a file differs from what was asked for: not at all; it is the same file whatever was asked for; it lasts less, or
has fewer pixels."""

_MOST_BYTES_KEPT = 16_000_000


class MediaFile(NamedTuple):
    """A file to serve, the claims that it rests on, and how it differs from what was asked for."""

    data: bytes
    media_type: str
    claims: tuple[str, ...]
    difference: Difference


class Renderer(NamedTuple):
    """What makes the files of an extension, and the encoder of the extra ``media`` that it needs."""

    render: Callable[[Content], bytes]
    encoder: str | None = None


_MODULE = "av"
"""The module of the extra ``media``."""

_RENDERERS: Mapping[str, Renderer] = {
    "png": Renderer(picture.render),
    "mp4": Renderer(video.render, "libx264"),
    "mp3": Renderer(audio.render_mp3, "libmp3lame"),
    "wav": Renderer(audio.render_wav),
    "glb": Renderer(scene.render),
    "srt": Renderer(subtitles.render),
}
"""By extension, as a task of one kind has files of several: a sound with a preview, a video with subtitles."""


def list_sample_extensions() -> tuple[str, ...]:
    """The extensions of files that are samples, since the extra is not installed that makes them."""
    return () if find_spec(_MODULE) else tuple(each for each, renderer in _RENDERERS.items() if renderer.encoder)


def check_file_types(catalog: Catalog) -> None:
    """Check that a renderer makes the files of each type of a contract. Raises CatalogError."""
    for extension in catalog.media["types"]:
        if extension not in _RENDERERS:
            problem = f"the mock has no renderer for .{extension} files"
            raise CatalogError(
                "media types", problem, f"remove {extension}; the mock makes files of {', '.join(_RENDERERS)}"
            )


class FileRenderer:
    """Renders the files of the tasks of one mock, and keeps those that were fetched last.

    ``report`` is called at the first file that is a sample, with the reason.
    """

    def __init__(self, catalog: Catalog, report: Callable[[str], None]) -> None:
        self._catalog, self._report = catalog, report
        self._files = FileCache(_MOST_BYTES_KEPT)
        self._missing_encoders: dict[str, str] = {}
        self._encoder_lock = Lock()

    def render(self, task: Task, name: str) -> MediaFile | None:
        """The file of that name of a task, the same bytes each time; None where its operation has no such file."""
        operation = self._catalog.operations[task.operation]
        if name not in operation.files.values():
            return None
        extension = find_extension(name)
        renderer, file_type = _RENDERERS[extension], self._catalog.media["types"][extension]
        media_type, claims = file_type["media_type"], (*operation.list_file_claims(name), file_type["claim"])
        if renderer.encoder and not self._has_encoder(renderer.encoder):
            sample_claim = self._catalog.media["sample"]["claim"]
            return MediaFile(read_sample(extension), media_type, (*claims, sample_claim), "sample")
        task = self._describe_again(task)
        asked_content = read_content(task, preview_input(self._catalog, task))
        content = limit_content(asked_content)
        data = self._files.get_or_render((extension, content), lambda: renderer.render(content))
        difference: Difference = "" if content == asked_content else "shortened"
        return MediaFile(data, media_type, (*claims, *task.media.claims), difference)

    def _has_encoder(self, encoder: str) -> bool:
        """Whether there is an encoder: PyAV may be missing, or a library that it needs, or be built without it."""
        with self._encoder_lock:
            if encoder in self._missing_encoders:
                return False
            reason = _find_fault(encoder)
            if reason:
                if reason not in self._missing_encoders.values():
                    self._report(reason)
                self._missing_encoders[encoder] = reason
                return False
        map_large_blocks()  # an encoder needs many of them
        return True

    def _describe_again(self, task: Task) -> Task:
        """The task, with the properties that its files need where an earlier version stored it with fewer."""
        operation = self._catalog.operations[task.operation]
        if all(name in task.media.properties for name in operation.file_properties):
            return task
        described_media = media.describe(self._catalog, operation, {**task.input, **task.adjusted_fields})
        return task._replace(media=described_media._replace(kind=task.media.kind))


def _find_fault(encoder: str) -> str:
    """Why an encoder cannot be used; empty where it can."""
    if find_spec(_MODULE) is None:
        return f"{_MODULE} is not installed"
    try:
        module = import_module(_MODULE)
    except Exception as error:  # noqa: BLE001 - whatever is broken there, the sample stands for the file
        return f"{_MODULE} cannot be imported: {error}"
    try:
        module.Codec(encoder, "w")
    except Exception:  # noqa: BLE001 - as above
        return f"{_MODULE} has no encoder {encoder}"
    return ""
