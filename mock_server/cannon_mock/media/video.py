"""Videos: an MP4 whose frames all show the picture of its content (floor 3)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from cannon_mock.media.content import Content
from cannon_mock.media.picture import Colour, paint

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

_LONGEST_TEXT = 200  # each letter takes up to 400 bytes of the first frame
_MOST_FRAMES = 60
_LAST_FRAME_MS = 40  # Chromium takes a video for ended as soon as it is sought to its last frame
_MILLISECOND = Fraction(1, 1000)
_BT_709 = 1  # the number of this standard for colours, of each of its parts
_LIMITED_RANGE = 1
_ENCODER_OPTIONS = {
    "preset": "superfast",
    "tune": "zerolatency",  # looks no frame ahead, which would keep dozens of them in memory
    # The first frame is coded finely and the others coarsely, so that their difference from the first is nothing.
    "x264-params": "qp=36:ipratio=2:subme=0:me=dia:weightp=0:aq-mode=0:ref=1:scenecut=0",
}


def render(content: Content) -> bytes:
    """An MP4 with H.264 video of the content's duration, to the millisecond, and size, with even sides.

    There is a frame each second, or fewer in a video of more than a minute, and one at its end. Raises ImportError
    without PyAV.
    """
    width, height = (max(2, side // 2 * 2) for side in (content.width, content.height))  # colours have half the pixels
    heading = f"{content.title}  {width} x {height}  {content.aspect_ratio}  {content.duration:g} s"
    image = paint(content._replace(width=width, height=height), heading, content.text[:_LONGEST_TEXT])
    return _encode(_build_frame(image), round(content.duration * 1000))


def _build_frame(image: Image) -> VideoFrame:
    """The picture in planes of brightness and colour: much faster than by way of red, green and blue for each pixel."""
    from av import VideoFrame  # late: it takes longer than the rest of the mock, and not each mock serves a video

    frame = VideoFrame(image.width, image.height, "yuv420p")
    small_image = image.resize((image.width // 2, image.height // 2), resample=0)
    palette = image.getpalette() or []
    ground, ink = (_convert_to_bt_709((red, green, blue)) for red, green, blue in (palette[:3], palette[3:6]))
    images = (image, small_image, small_image)
    for plane, source, levels in zip(frame.planes, images, zip(ground, ink, strict=True), strict=True):
        plane.update(source.point([*levels, *bytes(254)]).tobytes("raw", "P", plane.line_size))
    return frame


def _convert_to_bt_709(colour: Colour) -> tuple[int, int, int]:
    """A colour's brightness and its differences of blue and red from it, by BT.709 in limited range."""
    red, green, blue = (part / 255 for part in colour)
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    blue_difference, red_difference = (blue - brightness) / 1.8556, (red - brightness) / 1.5748
    return round(16 + 219 * brightness), round(128 + 224 * blue_difference), round(128 + 224 * red_difference)


def _encode(frame: VideoFrame, duration_ms: int) -> bytes:
    import av

    out = BytesIO()
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    # To put the index before the pictures, as players want it, FFmpeg reads again what it has written.
    with av.open(out, "w", "mp4", options, io_open=lambda *_: BytesIO(out.getvalue())) as container:
        stream = container.add_stream("libx264", rate=1, options=_ENCODER_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        context = stream.codec_context
        context.thread_count = 1  # for the same bytes on any machine
        context.color_primaries = context.color_trc = context.colorspace = _BT_709
        context.color_range = _LIMITED_RANGE
        stream.time_base = context.time_base = frame.time_base = _MILLISECOND
        for frame.pts, length_ms in _iter_times(duration_ms):
            for packet in stream.encode(frame):  # one: no frame waits for another
                packet.duration = length_ms
                container.mux(packet)
    return out.getvalue()


def _iter_times(duration_ms: int) -> Iterator[tuple[int, int]]:
    """When each frame starts, and how long it lasts, in milliseconds: as long as the video, put together."""
    step_ms = 1000 * ceil(duration_ms / 1000 / _MOST_FRAMES)
    last_ms = max(0, duration_ms - _LAST_FRAME_MS)
    for start_ms, end_ms in pairwise([*range(0, last_ms, step_ms), last_ms, duration_ms]):
        yield start_ms, end_ms - start_ms
