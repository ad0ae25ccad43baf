"""Audio files: WAV and MP3 with a tone as long as their content (floor 3)."""

from __future__ import annotations

import hashlib
import wave
from array import array
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from math import pi, sin
from sys import byteorder
from typing import TYPE_CHECKING

from cannon_mock.media.content import Content

if TYPE_CHECKING:
    from av import AudioStream, Packet

_LOUDNESS = 6000  # of 32767
_SAMPLE_BYTES = 2
_WAV_RATE = 8_000
_MP3_RATE = 16_000
_MP3_BITS = 8_000  # a second
_MP3_OPTIONS = {"reservoir": "0"}  # no frame has bits of the next one, so that each can be written anywhere
_REPEATED = slice(300, 550)  # frames, of 0.036 seconds each; those before them differ, as the encoder settles
_REPEATED_S = 9
_ENCODED_S = 22  # a little more than the frames up to the last of the repeated ones


def render_wav(content: Content) -> bytes:
    """A WAV file of one channel, as long as the content says."""
    out = BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setparams((1, _SAMPLE_BYTES, _WAV_RATE, 0, "NONE", ""))
        for second in _iter_seconds(content, _WAV_RATE):
            writer.writeframes(second)
    return out.getvalue()


def render_mp3(content: Content) -> bytes:
    """An MP3 file of one channel; its header tells players how much of the last frames to leave out.

    Raises ImportError without PyAV.
    """
    import av  # late: it takes longer than the rest of the mock, and not each mock serves a file of this kind

    # A tone's frames are the same again after a time: those of a long file are encoded once and written repeatedly.
    count = max(0, int((content.duration - _ENCODED_S) // _REPEATED_S))
    short_content = content._replace(duration=content.duration - count * _REPEATED_S)
    out = BytesIO()
    options = {"id3v2_version": "0", "fflags": "+bitexact"}
    with av.open(out, "w", "mp3", options) as container:
        stream = container.add_stream("libmp3lame", rate=_MP3_RATE, layout="mono", format="s16p", options=_MP3_OPTIONS)
        stream.codec_context.bit_rate = _MP3_BITS
        packets: list[Packet[AudioStream]] = []
        for second in _iter_seconds(short_content, _MP3_RATE):
            frame = av.AudioFrame("s16p", "mono", len(second) // _SAMPLE_BYTES)
            frame.sample_rate, frame.time_base = _MP3_RATE, Fraction(1, _MP3_RATE)
            frame.planes[0].update(second.ljust(frame.planes[0].buffer_size, b"\0"))
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for packet in [*packets[: _REPEATED.stop], *packets[_REPEATED] * count, *packets[_REPEATED.stop :]]:
            container.mux(packet)
    return out.getvalue()


def _iter_seconds(content: Content, rate: int) -> Iterator[bytes]:
    """The samples of a tone of the content's own, a second at a time, the last one cut off."""
    pitch = 220 + 2 * hashlib.sha256(content.seed.encode()).digest()[0]  # whole waves a second: all seconds are alike
    samples = array("h", (round(_LOUDNESS * sin(2 * pi * pitch * number / rate)) for number in range(rate)))
    if byteorder == "big":
        samples.byteswap()
    second, count = samples.tobytes(), round(content.duration * rate)
    for start in range(0, count, rate):
        yield second[: (count - start) * _SAMPLE_BYTES]
