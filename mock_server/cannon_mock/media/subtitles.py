"""Subtitles: an SRT file whose cues go through the text of its content (floor 3)."""

from __future__ import annotations

from textwrap import wrap

from cannon_mock.media.content import Content

_LINE_LENGTH = 42
_SHORTEST_CUE_MS = 1000
_JOINER = "\u200d"
"""What joins several pictures into one, as a family."""


def render(content: Content) -> bytes:
    """An SRT file: cues of one line each, one after another, the last one up to the end of the content's duration.

    A text that needs more cues than fit is cut off.
    """
    duration_ms = round(content.duration * 1000)
    lines = wrap(_clean(content.text), _LINE_LENGTH) or [content.title]
    lines = lines[: max(1, duration_ms // _SHORTEST_CUE_MS)]
    times = [duration_ms * number // len(lines) for number in range(len(lines) + 1)]
    cues = [
        f"{number}\n{_format_time(start)} --> {_format_time(end)}\n{line}\n"
        for number, (line, start, end) in enumerate(zip(lines, times, times[1:], strict=False), 1)
    ]
    return "\n".join(cues).encode()


def _clean(text: str) -> str:
    """The text in one line, without controls, halves of characters, and the arrow that readers take for a time."""
    shown_text = "".join(letter for letter in text if letter.isprintable() or letter.isspace() or letter == _JOINER)
    return " ".join(shown_text.split()).replace("-->", "→")


def _format_time(time_ms: int) -> str:
    """``00:01:02,500``."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
