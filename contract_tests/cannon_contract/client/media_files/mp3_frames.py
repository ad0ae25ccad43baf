"""Reads MP3 files: MPEG audio of layer III, frame by frame, between tags that are no sound (floor 6)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, UnknownFormat

_LONGEST_GAP = 4096
"""How many bytes that are no frame may stand before the first one."""
_MOST_TAGS = 10
_MOST_FRAMES = 500_000
"""How many frames are read: three hours and a half have so many."""
_MPEG_1, _MPEG_2, _MPEG_25 = 3, 2, 0
_LAYER_III = 1
_KILOBITS = {
    _MPEG_1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    _MPEG_2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {
    _MPEG_1: (44_100, 48_000, 32_000),
    _MPEG_2: (22_050, 24_000, 16_000),
    _MPEG_25: (11_025, 12_000, 8_000),
}
_SIDE_SIZES = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
"""How many bytes stand between the head of a frame and its sound: by whether it is of MPEG 1, and of one channel."""


class _Frame(NamedTuple):
    """One frame: where it begins and ends, and how long it sounds."""

    start: int
    end: int
    duration_s: float


def read_mp3(content: bytes) -> MeasuredFile:
    """Measure an MP3 file by the sum of its frames, of which the last may be cut off.

    Raises BrokenFile for a file without frames, or with fewer than its head names; UnknownFormat for frames whose
    length no header tells, and for more frames than a few hours have.
    """
    first_frame = _find_first_frame(content)
    frames_by_head = _read_frame_count(content, first_frame)
    count, duration_s = 0, 0.0
    frame = first_frame if frames_by_head is None else _read_frame(content, first_frame.end)
    while frame is not None and frame.end <= len(content):
        count, duration_s = count + 1, duration_s + frame.duration_s
        if count > _MOST_FRAMES:
            raise UnknownFormat(f"an MP3 file with more than {_MOST_FRAMES} frames")
        frame = _read_frame(content, frame.end)
    if frames_by_head is not None and count < frames_by_head - 1:
        raise BrokenFile(f"its head names {frames_by_head} frames, of which {count} are there")
    if not count:
        raise BrokenFile("it has no whole frame of sound")
    return MeasuredFile(duration_s)


def _find_first_frame(content: bytes) -> _Frame:
    """The first frame, which another one or the end of the file follows."""
    start = _skip_tags(content)
    for position in range(start, start + _LONGEST_GAP):
        frame = _read_frame(content, position)
        if frame is not None and (frame.end >= len(content) or _read_frame(content, frame.end)):
            return frame
    raise BrokenFile("it has no frames of sound where they should begin")


def _skip_tags(content: bytes) -> int:
    """Where the tags end that stand before the sound (ID3v2)."""
    position = 0
    for _ in range(_MOST_TAGS):
        if content[position : position + 3] != b"ID3" or position + 10 > len(content):
            break
        digits = content[position + 6 : position + 10]
        size = sum((digit & 0x7F) << shift for digit, shift in zip(digits, (21, 14, 7, 0), strict=True))
        position += 10 + size
    return position


def _read_frame(content: bytes, start: int) -> _Frame | None:
    """The frame that begins at a position; None where no frame does."""
    size, duration_s = _read_head(content[start : start + 3])
    return _Frame(start, start + size, duration_s) if size else None


@lru_cache(maxsize=256)
def _read_head(head: bytes) -> tuple[int, float]:
    """How many bytes a frame has and how many seconds, by its first three bytes; 0 and 0 where no frame begins so.

    Remembered, as the frames of a file have few heads.
    """
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0, 0.0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate_index, bitrate_index = head[2] >> 2 & 3, head[2] >> 4
    if version not in _SAMPLE_RATES or layer != _LAYER_III or rate_index == 3 or bitrate_index == 15:
        return 0, 0.0
    if not bitrate_index:
        raise UnknownFormat("an MP3 file of a free bit rate")
    bits_per_second = 1000 * _KILOBITS[_MPEG_1 if version == _MPEG_1 else _MPEG_2][bitrate_index]
    samples, rate = 1152 if version == _MPEG_1 else 576, _SAMPLE_RATES[version][rate_index]
    return samples // 8 * bits_per_second // rate + (head[2] >> 1 & 1), samples / rate


def _read_frame_count(content: bytes, frame: _Frame) -> int | None:
    """How many frames follow, if the first frame is a head (Xing, Info) and says so: 0 where it does not say it.

    None where the first frame is sound.
    """
    head = content[frame.start : frame.start + 4].ljust(4, b"\0")
    is_mpeg_1, is_mono = head[1] >> 3 & 3 == _MPEG_1, head[3] >> 6 == 3
    start = frame.start + 4 + _SIDE_SIZES[is_mpeg_1, is_mono]
    if content[start : start + 4] not in (b"Xing", b"Info"):
        return None
    has_count = len(content) >= start + 12 and content[start + 7] & 1
    return int.from_bytes(content[start + 8 : start + 12], "big") if has_count else 0
