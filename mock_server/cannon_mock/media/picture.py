"""Pictures: a PNG of the size of its content, with the text on it (floor 3)."""

from __future__ import annotations

import hashlib
import unicodedata
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING

from cannon_mock.media.content import Content

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST_TEXT = 2000
_INK = (24, 28, 36)
_PLAIN_SIGNS = str.maketrans("\u2013\u2014\u2018\u2019\u201c\u201d", "--''\"\"")

Colour = tuple[int, int, int]


def render(content: Content) -> bytes:
    """A PNG with the title, the size and the text written on it, on a colour of its own."""
    heading = f"{content.title}  {content.width} x {content.height}  {content.aspect_ratio}"
    image = paint(content, heading, content.text[:_LONGEST_TEXT])
    out = BytesIO()
    image.save(out, "PNG", bits=1)
    return out.getvalue()


def paint(content: Content, heading: str, text: str) -> Image:
    """A picture of two colours, in the mode P: 0 is the ground, 1 the heading and the text that fits below it."""
    from PIL import Image, ImageDraw, ImageFont  # late: a mock that serves no picture starts without it

    width, height = content.width, content.height
    image = Image.new("P", (width, height), 0)
    image.putpalette([*_choose_colour(content.seed), *_INK])
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # two colours and no shades between them keep a 4K picture small
    font_size = max(12, min(width, height) // 20)
    columns, rows = int((width - 2 * font_size) / (font_size * 0.55)), int(height / font_size / 1.4) - 1
    font, lines = ImageFont.load_default(font_size), _wrap(heading, text, columns, rows)
    draw.multiline_text((font_size, font_size), lines, font=font, fill=1, spacing=font_size * 0.4)
    return image


def _simplify(text: str) -> str:
    """The text without accents and with plain dashes and quotes, as the font has ASCII letters only. It never grows."""
    return "".join(map(_simplify_letter, text.translate(_PLAIN_SIGNS)))


def _simplify_letter(letter: str) -> str:
    if letter.isascii() or unicodedata.combining(letter):
        return letter if letter.isascii() else ""
    base = "".join(each for each in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(each))
    return base if base.isascii() and len(base) == 1 else letter


def _choose_colour(seed: str) -> Colour:
    red, green, blue = hashlib.sha256(seed.encode()).digest()[:3]
    return 170 + red // 3, 170 + green // 3, 170 + blue // 3


def _wrap(heading: str, text: str, columns: int, rows: int) -> str:
    width = max(8, columns)
    lines = [*wrap(heading, width), "", *wrap(_simplify(text), width)]
    return "\n".join(lines[: max(1, rows)])
