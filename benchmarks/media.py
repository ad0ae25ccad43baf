"""How long the mock takes to make a video, and how many bytes it has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Pair, compare, interleave
from benchmarks.process import get_output
from benchmarks.row import Aim, Row

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_RENDER = """
import sys
from time import perf_counter
from cannon_mock.media import video
from cannon_mock.media.content import Content

start = perf_counter()
for number in range({count}):
    content = Content(str(number), "veo31", "A lone detective in an alley", {width}, {height}, "16:9", {seconds})
    data = video.render(content)
print(perf_counter() - start, len(data), int(open("/proc/self/status").read().partition("VmRSS:")[2].split()[0]) * 1024)
"""


def _render(width: int, height: int, seconds: int, count: int = 1) -> list[float]:
    """In a new process: the seconds for videos, with the import of the encoder, the bytes of one, and the memory."""
    code = _RENDER.format(width=width, height=height, seconds=seconds, count=count)
    return [float(each) for each in get_output(sys.executable, "-c", code).split()]


def compare_first_video(bench: Bench) -> Pair:
    """The seconds of the first video of a process, in Full HD, beside those of one in 4K that lasts twice as long."""
    full_hd, four_k = ((lambda size=size: _render(*size)[0]) for size in ((1920, 1080, 10), (3840, 2160, 20)))
    return interleave(full_hd, four_k, rounds=bench.size.rounds)


def compare_video_bytes(_bench: Bench) -> Pair:
    """The bytes of the same two videos."""
    return compare(_render(1920, 1080, 10)[1], _render(3840, 2160, 20)[1])


def compare_many_videos(bench: Bench) -> Pair:
    """The memory of a process after many different videos, beside that after a quarter of them."""
    count = bench.size.videos
    return compare(_render(1280, 720, 4, count)[2], _render(1280, 720, 4, max(1, count // 4))[2])


ROWS = (
    Row(
        "video",
        "the first video, 10 s of 1080p",
        "10 s of 1080p",
        "20 s of 4K",
        "ms",
        compare_first_video,
        "To make a video in a new process, with the import of the encoder, beside one of 20 s in 4K.",
        1e3,
        (Aim("ours", "at most", 300),),
    ),
    Row(
        "video-size",
        "the size of this video",
        "10 s of 1080p",
        "20 s of 4K",
        "KB",
        compare_video_bytes,
        "The bytes of the same files.",
        1e-3,
        (Aim("ours", "at most", 100),),
    ),
    Row(
        "video-memory",
        "memory after 200 videos",
        "200 videos",
        "50 videos",
        "MiB",
        compare_many_videos,
        "The memory that a process holds after as many different videos of 4 s in 720p.",
        1 / 1024 / 1024,
        (Aim("ratio", "at most", 1.1),),
    ),
)
