"""Media types by the extension of a file, and what files of it have (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

MEDIA_TYPES = {
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "glb": "model/gltf-binary",
    "srt": "application/x-subrip",
}
"""The media type of a file by its extension."""

SIZE_PROPERTIES = ("width", "height", "aspect_ratio")
DURATION = "duration"

_SIZE_TABLES = {"png": "image", "mp4": "video"}
"""The tables of sizes in media.json, by the extensions of files that have a size."""

_TIMED_EXTENSIONS = frozenset(("mp4", "mp3", "wav", "srt"))


def find_extension(file: str) -> str:
    """The extension of a file's name, without its dot: ``mp4``."""
    return file.rpartition(".")[2]


def find_media_type(file: str) -> str:
    """The media type of a file by its name: ``video/mp4`` of ``clip.mp4``."""
    return MEDIA_TYPES[find_extension(file)]


def find_size_tables(kind: str, files: Iterable[str]) -> str | None:
    """Which tables have the size of files that an operation of a kind makes; None where none of them has a size.

    A video with a picture of it has the size of a video.
    """
    names = [_SIZE_TABLES[each] for each in map(find_extension, files) if each in _SIZE_TABLES]
    return kind if kind in names else next(iter(names), None)


def is_video(file: str) -> bool:
    """Whether a file is a video, by its name."""
    return MEDIA_TYPES.get(find_extension(file), "").startswith("video/")


def has_timed_file(files: Iterable[str]) -> bool:
    """Whether any of the files has a duration."""
    return any(find_extension(file) in _TIMED_EXTENSIONS for file in files)


def list_properties(files: Collection[str]) -> tuple[str, ...]:
    """The properties that files have by their extensions: width, height, aspect_ratio and duration."""
    size = SIZE_PROPERTIES if any(find_extension(file) in _SIZE_TABLES for file in files) else ()
    return (*size, *((DURATION,) if has_timed_file(files) else ()))
