"""The sample files that stand for what needs the extra media (floor 3); ``make samples`` makes them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def read_sample(extension: str) -> bytes:
    """The sample of the files with an extension, as ``mp4``: small, and the same for every task."""
    return resources.files("cannon_mock.media").joinpath("samples", f"sample.{extension}").read_bytes()
