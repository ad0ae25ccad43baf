"""The sample files that stand for video and audio (floor 3); ``make samples`` makes them."""

from __future__ import annotations

from functools import cache
from importlib import resources

from cannon_mock.model.tasks import Task

FILES = {"video/mp4": "sample.mp4", "audio/mpeg": "sample.mp3", "audio/wav": "sample.wav"}
"""The file of each media type."""


def read_sample(_task: Task, media_type: str, _caption: str) -> bytes:
    """The sample of a media type: one second, the same for every task."""
    return _read(FILES[media_type])


@cache
def _read(name: str) -> bytes:
    return resources.files("cannon_mock.media").joinpath("samples", name).read_bytes()
