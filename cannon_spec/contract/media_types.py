"""Media types by the extension of a file, and the properties of each kind of media (floor 1, pure)."""

from __future__ import annotations

MEDIA_TYPES = {
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "glb": "model/gltf-binary",
    "srt": "application/x-subrip",
}
"""The media type of a file by its extension."""

KIND_PROPERTIES = {"image": ("width", "height", "aspect_ratio")}
"""The properties that media of a kind always have."""


def find_extension(file: str) -> str:
    """The extension of a file's name, without its dot: ``mp4``."""
    return file.rpartition(".")[2]


def find_media_type(file: str) -> str:
    """The media type of a file by its name: ``video/mp4`` of ``clip.mp4``."""
    return MEDIA_TYPES[find_extension(file)]
