"""What a file shows of itself, and why one shows nothing (floor 6)."""

from __future__ import annotations

from typing import NamedTuple


class PictureSize(NamedTuple):
    """Width and height of an image or a video, in pixels."""

    width: int
    height: int

    def has_ratio(self, wide: float, high: float, tolerance: float) -> bool:
        """Whether the picture has a ratio, to within a part of it."""
        return abs(self.width * high - self.height * wide) <= tolerance * self.height * wide

    def __str__(self) -> str:
        """Write the size as ``1280x720``."""
        return f"{self.width}x{self.height}"


class MeasuredFile(NamedTuple):
    """How long a file lasts in seconds, and the size of its picture; None for what a file of its kind does not have."""

    duration_s: float | None = None
    size: PictureSize | None = None


class BrokenFile(Exception):
    """A file of a known format is not whole, or contradicts itself; the text says how: ``it ends within a box``."""


class UnknownFormat(Exception):
    """A file has a format, or a variant of one, that is not read here; the text says which: ``a WebM file``."""
