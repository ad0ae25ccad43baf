"""Videos: MP4 files of the asked size and duration, as an independent reader finds them."""

from __future__ import annotations

import struct
from io import BytesIO

import av
import pytest
from PIL import Image, ImageStat

from cannon_mock.media import picture, video
from cannon_mock.media.content import Content
from tests.cannon_mock.media.contents import SMALL, TEXTS


def _read_frames(data: bytes) -> list[av.VideoFrame]:
    with av.open(BytesIO(data)) as container:
        return list(container.decode(video=0))


def _list_boxes(data: bytes) -> list[bytes]:
    boxes, start = [], 0
    while start < len(data):
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        boxes.append(kind)
        start += size
    return boxes


@pytest.mark.parametrize("duration", [0.001, 0.5, 1, 2.0, 6.2, 59.999, 60, 61.5, 600])
def test_a_video_lasts_as_long_as_asked(duration: float) -> None:
    """The file and its track last as many milliseconds as asked, with few frames and a short last one."""
    with av.open(BytesIO(video.render(SMALL._replace(duration=duration, width=32, height=32)))) as container:
        stream = container.streams.video[0]
        assert (container.duration, container.start_time) == (round(duration * av.time_base), 0)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base * 1000 == round(duration * 1000)
        assert 1 <= stream.frames <= 61
        *_, last_packet = (packet for packet in container.demux(stream) if packet.size)
        assert last_packet.duration * stream.time_base <= 0.04


@pytest.mark.parametrize(
    ("asked", "size"),
    [((320, 180), (320, 180)), ((853, 481), (852, 480)), ((1, 1), (2, 2)), ((16, 4096), (16, 4096))],
)
def test_a_video_has_the_asked_size_with_even_sides(asked: tuple[int, int], size: tuple[int, int]) -> None:
    """Each frame has the asked size; an odd side, which H.264 of this form cannot have, is one pixel shorter."""
    frames = _read_frames(video.render(SMALL._replace(width=asked[0], height=asked[1])))
    assert [(frame.width, frame.height) for frame in frames] == [size] * 3


def test_players_can_read_a_video() -> None:
    """It is H.264 with the pixels and the colours that browsers play, and its index comes before its pictures."""
    data = video.render(SMALL)
    assert _list_boxes(data)[:2] == [b"ftyp", b"moov"]
    with av.open(BytesIO(data)) as container:
        context = container.streams.video[0].codec_context
        colours = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        assert (context.name, context.pix_fmt, colours) == ("h264", "yuv420p", (1, 1, 1, 1))


def test_a_video_is_encoded_by_one_thread() -> None:
    """Its bytes do not depend on the processors of a machine: the encoder notes in the file that it had one thread."""
    assert b" threads=1 " in video.render(SMALL)


def test_each_frame_shows_what_the_picture_shows() -> None:
    """The ground has the picture's colour, up to a few steps, and a text is drawn; all frames are alike."""
    expected = Image.open(BytesIO(picture.render(SMALL))).convert("RGB")
    first, *others = (frame.to_image() for frame in _read_frames(video.render(SMALL)))
    assert {frame.tobytes() for frame in others} == {first.tobytes()}
    for point in ((310, 170), (2, 2)):
        colours = zip(first.getpixel(point), expected.getpixel(point), strict=True)  # type: ignore[arg-type]
        assert all(abs(ours - theirs) <= 6 for ours, theirs in colours)
    darkest, _ = ImageStat.Stat(first.convert("L")).extrema[0]
    assert darkest < 60


def test_videos_differ_in_what_they_show() -> None:
    """Another text, another title and another request make another video; the same content makes the same bytes."""
    contents = [SMALL, SMALL._replace(text="A boat"), SMALL._replace(title="sora2"), SMALL._replace(seed="req_2")]
    assert len({video.render(content) for content in [*contents, SMALL]}) == len(contents)


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_makes_a_video(name: str) -> None:
    """A text of any characters and of any length makes a video that can be read."""
    assert len(_read_frames(video.render(SMALL._replace(text=TEXTS[name])))) == 3


@pytest.mark.parametrize(
    "text", ["A lone detective in a wet neon alley", "W@" * 1000, "many words " * 900, "\ufdfa\u3300\u00bd" * 300]
)
@pytest.mark.parametrize(
    ("width", "height", "ratio"), [(1920, 1080, "16:9"), (1080, 1920, "9:16"), (1080, 1080, "1:1")]
)
def test_videos_are_small(text: str, width: int, height: int, ratio: str) -> None:
    """Ten seconds of Full HD take less than 100 KB, twenty in 4K less than 200 KB, whatever their text and ratio."""
    content = Content("req_1", "topazproteus", text, width, height, ratio, 10)
    assert len(video.render(content)) < 100_000
    assert len(video.render(content._replace(width=2 * width, height=2 * height, duration=20))) < 200_000
