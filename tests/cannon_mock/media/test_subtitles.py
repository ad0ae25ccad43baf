"""Subtitles: cues that follow each other from the start to the end of the asked duration."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cannon_mock.media import subtitles
from cannon_mock.media.content import Content
from tests.cannon_mock.media.contents import SMALL, TEXTS
from tests.support.files import check_srt

TIMES = re.compile(r"^(\d\d):(\d\d):(\d\d),(\d\d\d) --> (\d\d):(\d\d):(\d\d),(\d\d\d)$", re.MULTILINE)
BREAKS = "\u2028\u2029\x85\v\f\x1c\r\n"
"""What str.splitlines, and so some readers, take for the end of a line."""
THREE_LINES = "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals."


def _read_times(content: Content) -> list[tuple[int, int]]:
    """The start and the end of each cue, in milliseconds."""
    data = subtitles.render(content)
    check_srt(data)
    times = []
    for match in TIMES.finditer(data.decode()):
        hours, minutes, seconds, milliseconds = map(int, match.groups()[:4])
        end_hours, end_minutes, end_seconds, end_milliseconds = map(int, match.groups()[4:])
        start_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
        times.append((start_ms, ((end_hours * 60 + end_minutes) * 60 + end_seconds) * 1000 + end_milliseconds))
    return times


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("duration", [0.001, 0.5, 6.2, 60, 600, 7200.5])
def test_cues_fill_the_duration(name: str, duration: float) -> None:
    """Whatever the text: the first cue starts at 0, each starts where another ends, the last ends with the duration."""
    times = _read_times(SMALL._replace(text=TEXTS[name], duration=duration))
    assert (times[0][0], times[-1][1]) == (0, round(duration * 1000))
    assert [end for _, end in times[:-1]] == [start for start, _ in times[1:]]
    assert all(end - start >= min(1000, duration * 1000) for start, end in times)


def test_cues_show_the_text_in_order() -> None:
    """The cues put together are the text, each of them at most 42 characters of it."""
    data = subtitles.render(SMALL._replace(text=THREE_LINES, duration=9)).decode()
    lines = [cue.split("\n")[2] for cue in data.split("\n\n")]
    assert (len(lines), " ".join(lines)) == (3, THREE_LINES)
    assert max(map(len, lines)) <= 42


@example("a --> b")
@given(st.text(st.sampled_from(f"-> ab1:,{BREAKS}\u200d\U0001f468\ud800") | st.characters(), max_size=200))
def test_each_cue_is_one_line_of_text(text: str) -> None:
    """Whatever the text: a cue is a number, a time and one line, by any reader's ends of lines, with no arrow in it."""
    content = SMALL._replace(text=text, duration=600)
    cues, times = subtitles.render(content).decode().split("\n\n"), _read_times(content)
    assert (len(times), times[-1][1]) == (len(cues), 600_000)
    lines = [cue.splitlines() for cue in cues]
    assert [(len(each), each[0]) for each in lines] == [(3, str(number)) for number in range(1, len(cues) + 1)]
    assert all("-->" not in text_line for _, _, text_line in lines)


def test_a_family_stays_one_picture() -> None:
    """What joins several pictures into one stays in the text."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert f"\n{family}\n" in subtitles.render(SMALL._replace(text=family)).decode()
