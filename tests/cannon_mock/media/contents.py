"""Contents of files for the tests."""

from __future__ import annotations

from cannon_mock.media.content import Content

SMALL = Content("req_1", "veo31", "A lone detective in a wet neon alley", 320, 180, "16:9", 2)

TEXTS = {
    "none": "",
    "unicode": "Ein Bär 🐻 — 一只熊 медведь дب",
    "spaces": "   \n\t .",
    "controls": "a\x00b\x07c\x7f\u200f\u2028d\ufffe\n\n\n7\n00:00:01,000 --> 00:00:02,000\ne",
    "half a character": "a \ud800 b",
    "one long word": "x" * 20_000,
    "long": "many words " * 1800,
}
