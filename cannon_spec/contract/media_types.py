"""What files of a type have, by the types of files in media.json (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

FileTypes = Mapping[str, Mapping[str, Any]]
"""The types of files in media.json, by the extensions of files."""

SIZE_PROPERTIES = ("width", "height", "aspect_ratio")
DURATION = "duration"


def find_extension(file: str) -> str:
    """The extension of a file's name, without its dot: ``mp4``."""
    return file.rpartition(".")[2]


def find_media_type(types: FileTypes, file: str) -> str:
    """The media type of a file by its name: ``video/mp4`` of ``clip.mp4``. Raises KeyError for an unknown extension."""
    media_type: str = types[find_extension(file)]["media_type"]
    return media_type


def find_size_tables(types: FileTypes, kind: str, files: Iterable[str]) -> str | None:
    """Which tables have the size of files that an operation of a kind makes; None where none of them has a size.

    A video with a picture of it has the size of a video.
    """
    names = _list_size_tables(types, files)
    return kind if kind in names else next(iter(names), None)


def is_video(types: FileTypes, file: str) -> bool:
    """Whether a file is a video, by its name."""
    return find_media_type(types, file).startswith("video/")


def has_timed_file(types: FileTypes, files: Iterable[str]) -> bool:
    """Whether any of the files has a duration."""
    return any("has_duration" in types[find_extension(file)] for file in files)


def list_properties(types: FileTypes, files: Collection[str]) -> tuple[str, ...]:
    """The properties that files have by their types: width, height, aspect_ratio and duration."""
    size = SIZE_PROPERTIES if _list_size_tables(types, files) else ()
    return (*size, *((DURATION,) if has_timed_file(types, files) else ()))


def _list_size_tables(types: FileTypes, files: Iterable[str]) -> list[str]:
    """The tables with the sizes of those files that have one."""
    return [each["size"] for each in (types[find_extension(file)] for file in files) if "size" in each]
