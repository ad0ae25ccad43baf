"""Audio files: a tone that is as long as asked, as independent readers find it."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Callable
from io import BytesIO

import av
import pytest

from cannon_mock.media import audio
from cannon_mock.media.content import Content
from tests.cannon_mock.media.contents import SMALL
from tests.support.payloads import CATALOG

DURATIONS = [0.01, 0.5, 1, 6.2, 20]


@pytest.mark.parametrize("duration", DURATIONS)
def test_a_wav_file_lasts_as_long_as_asked(duration: float) -> None:
    """The WAV file has the samples of the asked duration, and they are a tone."""
    with wave.open(BytesIO(audio.render_wav(SMALL._replace(duration=duration)))) as reader:
        assert reader.getnframes() / reader.getframerate() == duration
        samples = array("h", reader.readframes(reader.getnframes()))
    assert max(samples) > 1000 > -1000 > min(samples)


@pytest.mark.parametrize("duration", DURATIONS)
def test_an_mp3_file_lasts_as_long_as_asked(duration: float) -> None:
    """A player finds the asked duration in the MP3 file, and plays as many samples of a tone, without silence added."""
    with av.open(BytesIO(audio.render_mp3(SMALL._replace(duration=duration)))) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        assert (container.format.name, stream.codec_context.name) == ("mp3", "mp3float")
        assert container.duration == round(duration * av.time_base)
        assert sum(frame.samples for frame in frames) == round(duration * stream.rate)
    loudest_sample = max(max(array("f", bytes(frame.planes[0])[: 4 * frame.samples])) for frame in frames)
    assert 0.1 < loudest_sample < 0.3


@pytest.mark.parametrize("render", [audio.render_wav, audio.render_mp3])
def test_each_request_has_a_tone_of_its_own(render: Callable[[Content], bytes]) -> None:
    """The same content makes the same bytes, another request another tone."""
    one, same, other = (render(SMALL._replace(seed=seed)) for seed in ("req_1", "req_1", "req_2"))
    assert one == same != other


def test_the_shortest_mp3_file_is_known_for_one_whatever_its_tone() -> None:
    """Readers that look into a file find MP3 in the shortest one that the mock serves, of any request."""
    least = CATALOG.media["duration"]["least"]
    for number in range(256):
        data = audio.render_mp3(SMALL._replace(seed=f"req_{number}", duration=least))
        with av.open(BytesIO(data)) as container:
            assert (container.format.name, container.duration) == ("mp3", least * av.time_base)


def test_an_mp3_file_is_small() -> None:
    """Twenty seconds of MP3 take less than 25 KB."""
    assert len(audio.render_mp3(SMALL._replace(duration=20))) < 25_000


@pytest.mark.parametrize("duration", [31, 40.123])
def test_the_frames_of_a_long_mp3_file_are_those_of_its_whole_tone(
    monkeypatch: pytest.MonkeyPatch, duration: float
) -> None:
    """A file whose frames are written repeatedly is byte for byte what the encoder makes of the whole tone."""
    content = SMALL._replace(duration=duration)
    data = audio.render_mp3(content)
    monkeypatch.setattr(audio, "_ENCODED_S", duration)
    assert audio.render_mp3(content) == data
