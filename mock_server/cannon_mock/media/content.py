"""What a file shows, and how large and long it is (floor 3, pure)."""

from __future__ import annotations

from typing import NamedTuple

from cannon_mock.model.tasks import Task

LONGEST_S = 600.0
"""The seconds that a file lasts at most: a longer one would take seconds and megabytes to make."""

MOST_PIXELS = 4096 * 8192
"""The pixels that a picture has at most, twice those of the largest one in the contract's tables."""


class Content(NamedTuple):
    """What a file is made from: the same content makes the same bytes.

    ``seed`` is what its colour and its tone follow from, ``title`` the model or operation, ``text`` the input in a few
    words; ``duration`` is in seconds.
    """

    seed: str
    title: str
    text: str
    width: int
    height: int
    aspect_ratio: str
    duration: float


def read_content(task: Task, text: str) -> Content:
    """The content of the files of a task, by the properties of its media.

    What the files do not have, as a sound has no size, is 0 or empty.
    """
    properties = task.media.properties
    width, height, ratio = properties.get("width", 0), properties.get("height", 0), properties.get("aspect_ratio", "")
    return Content(task.id, task.model or task.operation, text, width, height, ratio, properties.get("duration", 0))


def limit_content(content: Content) -> Content:
    """The content, or one of less duration and fewer pixels where it is beyond what a file may have."""
    width, height = content.width, content.height
    while width * height > MOST_PIXELS:
        width, height = max(1, width // 2), max(1, height // 2)
    return content._replace(width=width, height=height, duration=min(content.duration, LONGEST_S))
