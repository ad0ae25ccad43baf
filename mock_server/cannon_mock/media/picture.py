"""Pictures: a PNG of the size of a task, with its text on it (floor 3)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from textwrap import wrap

from cannon_mock.model.tasks import Task

_LONGEST_CAPTION = 2000
_INK = (24, 28, 36)

Colour = tuple[int, int, int]


def render(task: Task, caption: str) -> bytes:
    """A PNG with the task's model or operation, size and caption written on it, on a colour of its own."""
    width, height = task.media.properties["width"], task.media.properties["height"]
    font_size = max(12, min(width, height) // 20)
    heading = f"{task.model or task.operation}  {width} x {height}  {task.media.properties['aspect_ratio']}"
    columns = int((width - 2 * font_size) / (font_size * 0.55))
    rows = int(height / font_size / 1.4) - 1
    return _paint(width, height, font_size, _wrap(heading, caption, columns, rows), _choose_colour(task.id))


@lru_cache(maxsize=16)
def _paint(width: int, height: int, font_size: int, text: str, colour: Colour) -> bytes:
    from PIL import Image, ImageDraw, ImageFont  # late: a mock that serves no picture starts without it

    image = Image.new("P", (width, height), 0)
    image.putpalette([*colour, *_INK])
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # two colours and no shades between them keep a 4K picture small
    font = ImageFont.load_default(font_size)
    draw.multiline_text((font_size, font_size), text, font=font, fill=1, spacing=font_size * 0.4)
    out = BytesIO()
    image.save(out, "PNG", bits=1)
    return out.getvalue()


def _choose_colour(task_id: str) -> Colour:
    red, green, blue = hashlib.sha256(task_id.encode()).digest()[:3]
    return 170 + red // 3, 170 + green // 3, 170 + blue // 3


def _wrap(heading: str, caption: str, columns: int, rows: int) -> str:
    width = max(8, columns)
    lines = [*wrap(heading, width), "", *wrap(caption[:_LONGEST_CAPTION], width)]
    return "\n".join(lines[: max(1, rows)])
