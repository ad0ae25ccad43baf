"""The pictures that image tasks end with."""

import io
import threading
from functools import cache

RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21", "5:4", "4:5", "2:1", "1:2")
LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}

Pixels = tuple[int, int]

_BRUSH = threading.Lock()


def pixels_of(ratio: str, resolution: str) -> Pixels:
    """Find the size that has the ratio exactly and the long side of the resolution at most."""
    width, height = (int(part) for part in ratio.split(":"))
    unit = LONG_SIDES[resolution] // max(width, height)
    return width * unit, height * unit


def jpeg_of(pixels: Pixels) -> bytes:
    """Give a plain picture; one size is painted once, whoever asks."""
    with _BRUSH:
        return _paint(pixels)


@cache
def _paint(pixels: Pixels) -> bytes:
    from PIL import Image  # the start of the server does not wait for it

    file = io.BytesIO()
    colour = (pixels[0] % 200, 120, pixels[1] % 200)
    Image.new("RGB", pixels, colour).save(file, "JPEG", quality=50, optimize=True)
    return file.getvalue()
