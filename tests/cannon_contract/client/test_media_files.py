"""Files of videos, sounds, subtitles and scenes: measured by their headers, whatever a stranger sends."""

from __future__ import annotations

import random
import struct
import tracemalloc
from typing import Any

import httpx
import pytest

from cannon_contract.client.asset_files import measure_file
from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, PictureSize, UnknownFormat
from cannon_contract.client.media_files.media_reading import find_reader
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec.contract.media_types import find_media_type
from tests.support.media_files import (
    FRAME_S,
    build_box,
    build_full_box,
    build_glb,
    build_movie,
    build_mp3,
    build_mp4,
    build_srt,
    build_track,
    build_wav,
)
from tests.support.payloads import CATALOG

HD = PictureSize(1920, 1080)
SCENE = {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 8}]}
GOOD_FILES = {
    "x.mp4": build_mp4(6.2, HD),
    "x.mp3": build_mp3(8),
    "x.wav": build_wav(1.25),
    "x.srt": build_srt(42.5),
    "x.glb": build_glb(SCENE, bytes(8)),
}


def measure(content: bytes, name: str = "x.mp4", header: str | None = None) -> MeasuredFile:
    """What a file shows that an example calls by a name, and that a target serves with a media type."""
    media_type = find_media_type(CATALOG.media["types"], name)
    response = httpx.Response(200, headers={"content-type": header or media_type}, content=content)
    return measure_file(response, media_type, "the file")


def read(content: bytes) -> MeasuredFile:
    """What the reader of a file says of it."""
    reader = find_reader(content)
    assert reader is not None
    return reader(content)


@pytest.mark.parametrize(
    ("name", "duration_s", "size"),
    [("x.mp4", 6.2, HD), ("x.mp3", 8.0, None), ("x.wav", 1.25, None), ("x.srt", 42.5, None), ("x.glb", None, None)],
)
def test_a_file_says_how_long_it_lasts(name: str, duration_s: float | None, size: PictureSize | None) -> None:
    """A file of each kind is measured: its duration, and the size of a video."""
    measured_file = measure(GOOD_FILES[name], name)
    expected_duration_s = duration_s and pytest.approx(duration_s, abs=FRAME_S)
    assert (measured_file.duration_s, measured_file.size) == (expected_duration_s, size)


SOUND = build_track(5040, (0, 0), handler="soun")
FRAGMENTS = build_box("mvex", build_full_box("mehd", struct.pack(">I", 8000)))
EMPTY_VIDEO = build_track(0, HD, samples=0)
LONG_TIMES = build_full_box("mvhd", struct.pack(">QQIQ", 0, 0, 1000, 0), bytes(80), version=1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (build_mp4(5, (1920, 1080), is_turned=True), MeasuredFile(5.0, PictureSize(1080, 1920))),
        (build_movie(SOUND, build_track(5000, HD)), MeasuredFile(5.0, HD)),
        (build_movie(SOUND), MeasuredFile(5.04)),
        (build_movie(EMPTY_VIDEO, FRAGMENTS), MeasuredFile(8.0, HD)),
        (build_box("moov", LONG_TIMES, build_track(5000, HD)), MeasuredFile(5.0, HD)),
        (build_mp4(5, HD) + b"anything", MeasuredFile(5.0, HD)),
        (build_mp4(10**6, HD), MeasuredFile(10.0**6, HD)),
    ],
    ids=["turned", "sound first", "sound alone", "fragments", "long times", "more bytes", "eleven days"],
)
def test_an_mp4_file_of_any_layout_is_measured(content: bytes, expected: MeasuredFile) -> None:
    """The video counts and not the sound beside it, as it is shown and not as it is stored, in fragments or whole."""
    assert read(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"ID3\x04\0\0\0\0\0\x03tag" + build_mp3(8),
        build_mp3(8, head=b"Info\0\0\0\1" + round(8 / FRAME_S).to_bytes(4, "big")),
        build_mp3(8, head=b"Xing\0\0\0\0"),
        build_mp3(8)[:-10] + b"TAG",
    ],
    ids=["tag", "head", "head without a number", "last frame cut"],
)
def test_an_mp3_file_lasts_as_long_as_its_frames(content: bytes) -> None:
    """Tags and a head that names the number of frames are no sound; the last frame may be cut off."""
    assert read(content).duration_s == pytest.approx(8, abs=2 * FRAME_S)


BROKEN_FILES = [
    (build_mp4(6.2, HD)[:-4], "its box mdat has 8 bytes, of which 4 are there"),
    (build_mp4(6.2, HD)[:100], "its box moov has .* bytes, of which 76 are there"),
    (build_box("ftyp", b"isom") + build_box("mdat", bytes(8)), "it has no whole box moov"),
    (build_movie(), "neither a video nor a sound"),
    (build_movie(EMPTY_VIDEO), "its track has no samples"),
    (build_movie(build_track(5000, HD), scale=0), "its box mvhd has a second of 0 units"),
    (build_box("moov", build_box("trak", struct.pack(">I4s", 3, b"mdia"))), "names 3 bytes, fewer than its own head"),
    (build_box("moov", build_box("trak", build_box("mdia", build_full_box("hdlr")))), "its box hdlr is too short"),
    (build_mp3(8, head=b"Info\0\0\0\1" + (999).to_bytes(4, "big")), "names 999 frames, of which 306 are there"),
    (b"ID3\x04\0\0\0\0\0\x03tag" + bytes(9000), "no frames of sound where they should begin"),
    (b"\xff\xfb\x10\xc4", "no whole frame of sound"),
    (build_wav(1.25)[:-1], "its sound has 10000 bytes, of which 9999 are there"),
    (build_wav(1.25)[:40], "no chunk data"),
    (build_wav(1.25).replace(struct.pack("<II", 8000, 8000), bytes(8)), "how many bytes a second has"),
    (build_srt(2).replace(b"00:00:02", b"00:00:00"), "its subtitle 2 ends before it begins"),
    (b"1\n00:00:00,000\n", "no line with the times of a subtitle"),
    (build_glb(SCENE, bytes(8))[:-1], "it names .* bytes, of which"),
    (build_glb(SCENE), "its data have 8 bytes, of which 0 are there"),
    (build_glb(SCENE | {"buffers": [{}]}), "its data have no bytes, of which 0 are there"),
    (build_glb([]), "no asset with a version 2"),
    (build_glb(SCENE).replace(b'"asset"', b"[asset]"), "its chunk JSON is not JSON"),
    (build_glb(SCENE).replace(b"JSON", b"BIN\0"), "no whole chunk JSON"),
    (b"glTF\x02", "ends after 5 bytes"),
]


@pytest.mark.parametrize(("content", "reason"), BROKEN_FILES, ids=[reason for _, reason in BROKEN_FILES])
def test_a_broken_file_breaks_the_claim_on_files(content: bytes, reason: str) -> None:
    """A file that is cut off or contradicts itself is no hosted asset, and the sentence says what is wrong with it."""
    with pytest.raises(ClaimBroken, match=f"^the file: expected a whole video, got [0-9]+ bytes: .*{reason}") as broken:
        measure(content)
    assert broken.value.claims == ("asset-hosted",)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<!doctype html><p>Not here.</p>", "x.mp4", "expected a video, got 31 bytes"),
        (b'{"error": "gone"}', "x.glb", "expected a scene, got 17 bytes"),
        (b"", "x.mp3", "expected a sound, got 0 bytes"),
        (random.Random(18).randbytes(9000), "x.mp4", "expected a video, got 9000 bytes"),
        (b"Hello.\n", "x.srt", "expected a subtitle file, got 7 bytes"),
    ],
    ids=["page", "error", "nothing", "random bytes", "text"],
)
def test_what_is_no_file_of_its_kind_breaks_the_claim(content: bytes, name: str, sentence: str) -> None:
    """A page, an error, no bytes and any bytes are not what an output names."""
    with pytest.raises(ClaimBroken, match=sentence) as broken:
        measure(content, name)
    assert broken.value.claims == ("asset-hosted",)


@pytest.mark.parametrize(
    ("content", "header", "reason"),
    [
        (b"\x1aE\xdf\xa3", "video/mp4", "of another format"),
        (b"G".ljust(188, b"\0") * 3, "video/mp4", "of another format"),
        (b"\0\0\0\x18ftypavif", "video/mp4", "of another format"),
        (b"anything", "video/x-raw", "video/x-raw"),
        (build_movie(build_track(0, HD)), "video/mp4", "an MP4 file that does not say how long it lasts"),
        (build_movie(build_track(5000, HD), build_box("mvex")), "video/mp4", "an MP4 file that does not say"),
        (build_box("free") * 10_001, "video/mp4", "an MP4 file with more than 10000 boxes"),
        (b"\xff\xfb\x00\xc4", "audio/mpeg", "an MP3 file of a free bit rate"),
        (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1001, "audio/wav", "a WAV file with more than 1000 chunks"),
        (build_glb(SCENE).replace(b"glTF\2", b"glTF\1"), "model/gltf-binary", "a glTF file of version 1"),
        (build_glb([[]] * 10**6), "model/gltf-binary", "a glTF file with more values than are read"),
    ],
)
def test_a_format_that_is_not_read_shows_nothing(content: bytes, header: str, reason: str) -> None:
    """Another format than that of the example, or a rare variant of it, is not called broken."""
    with pytest.raises(NotTested, match=f"^the file is {reason}.*, which is not read here$"):
        measure(content, header=header)


def test_the_format_of_a_file_is_that_of_its_bytes() -> None:
    """A video that is called a sound is measured as the video that it is."""
    assert measure(GOOD_FILES["x.mp4"], "x.mp3").size == HD
    assert measure(GOOD_FILES["x.wav"], "x.mp3").duration_s == 1.25


def spoil(content: bytes, chance: random.Random) -> bytes:
    """The content with a few bytes changed, and perhaps a part of it missing or repeated."""
    changed = bytearray(content)
    for _ in range(chance.randrange(6)):
        changed[chance.randrange(min(len(changed), 400))] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
    start = chance.randrange(len(changed))
    return bytes(chance.choice((changed, changed[:start], changed[start:], changed + changed[start:])))


def count_outcomes(rounds: int) -> dict[str, int]:
    """How many spoiled files of all kinds were measured, broken, or not read."""
    chance, counts = random.Random(1), dict.fromkeys(("measured", "BrokenFile", "UnknownFormat"), 0)
    for number in range(rounds):
        content = spoil([*GOOD_FILES.values()][number % len(GOOD_FILES)], chance)
        reader = find_reader(content)
        try:
            counts["measured"] += bool(reader and reader(content))
        except (BrokenFile, UnknownFormat) as error:
            counts[type(error).__name__] += 1
    return counts


def test_spoiled_files_raise_nothing_else() -> None:
    """Whatever the bytes are, a reader measures a file or says why it does not."""
    assert all(count_outcomes(1000).values())


@pytest.mark.extended
def test_a_hundred_thousand_spoiled_files_raise_nothing_else() -> None:
    """Whatever the bytes are, a reader measures a file or says why it does not."""
    assert all(count_outcomes(100_000).values())


HOSTILE_FILES: dict[str, Any] = {
    "samples": lambda: build_mp4(10, HD, samples=2**32 - 1),
    "boxes": lambda: b"\0\0\0\x08free" * 5_000_000,
    "nested boxes": lambda: build_box("moov", b"\0\0\0\x08trak" * 5_000_000),
    "sync bytes": lambda: b"\xff\xfb" * 20_000_000,
    "short frames": lambda: (b"\xff\xf3\x14\xc4" + bytes(20)) * 1_600_000,
    "tags": lambda: b"ID3\x04\0\0\0\0\0\0" * 4_000_000,
    "times": lambda: b"1\n" + b"00:00:00,000 --> 00:00:01,000\n" * 1_300_000,
    "spaces": lambda: b"1\n00:00:00,000" + b" " * 40_000_000,
    "digits": lambda: b"1\n00:00:00,000" + b"1" * 40_000_000,
    "lists": lambda: build_glb(SCENE).replace(b"{", b"[" * 100_000, 1),
}


@pytest.mark.extended
@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_takes_little_memory(name: str) -> None:
    """A file that promises much, in forty megabytes or in a few bytes, is read within four megabytes of its own."""
    content = HOSTILE_FILES[name]()
    tracemalloc.start()
    try:
        read(content)
    except (BrokenFile, UnknownFormat):
        pass
    finally:
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak_bytes < 4 * 2**20
