"""Reads SubRip files: subtitles as text, each with the time of its begin and its end (floor 6)."""

from __future__ import annotations

import re

from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, UnknownFormat

_TIME = rb"(\d{1,4}):(\d\d):(\d\d)[,.](\d{3})"
_CUE = re.compile(rb"^[ \t]*" + _TIME + rb"[ \t]{0,8}-->[ \t]{0,8}" + _TIME, re.MULTILINE)
_MOST_CUES = 100_000
_PARTS_MS = (3_600_000, 60_000, 1_000, 1)


def read_srt(content: bytes) -> MeasuredFile:
    """Measure subtitles by the end of the last one.

    Raises BrokenFile for a text without any, and for one that ends before it begins; UnknownFormat for more of them
    than a film has.
    """
    last_end_ms = 0
    for number, match in enumerate(_CUE.finditer(content), 1):
        if number > _MOST_CUES:
            raise UnknownFormat(f"a subtitle file with more than {_MOST_CUES} subtitles")
        times = [int(each) for each in match.groups()]
        start_ms, end_ms = (
            sum(part * unit for part, unit in zip(half, _PARTS_MS, strict=True)) for half in (times[:4], times[4:])
        )
        if end_ms < start_ms:
            raise BrokenFile(f"its subtitle {number} ends before it begins")
        last_end_ms = max(last_end_ms, end_ms)
    if not last_end_ms:
        raise BrokenFile("it has no line with the times of a subtitle")
    return MeasuredFile(last_end_ms / 1000)
