"""Chooses the reader of a file by its first bytes: a target may serve another format than the example's (floor 6)."""

from __future__ import annotations

import re
from collections.abc import Callable

from cannon_contract.client.media_files.glb_chunks import read_glb
from cannon_contract.client.media_files.measured_file import MeasuredFile
from cannon_contract.client.media_files.mp3_frames import read_mp3
from cannon_contract.client.media_files.mp4_headers import read_mp4
from cannon_contract.client.media_files.srt_cues import read_srt
from cannon_contract.client.media_files.wav_chunks import read_wav

Reader = Callable[[bytes], MeasuredFile]

_STARTS: tuple[tuple[re.Pattern[bytes], Reader], ...] = (
    (re.compile(rb".{4}ftyp(?!avif|avis|heic|heix|mif1|msf1)|.{4}(moov|mdat|wide|free|skip)", re.DOTALL), read_mp4),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), read_wav),
    (re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"), read_mp3),
    (re.compile(rb"glTF"), read_glb),
    (re.compile(rb"(\xef\xbb\xbf)?\s{0,8}\d{1,9}[ \t]{0,8}\r?\n[ \t]{0,8}\d{1,4}:\d\d:\d\d"), read_srt),
)
"""How the files begin that are read here."""
_OTHER_STARTS = (
    *(b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"RIFF", b"FORM", b"FLV\x01", b"\x30\x26\xb2\x75", b"\0\0\x01\xba"),
    *(b"\xff\xf1", b"\xff\xf9", b"GIF8", b"WEBVTT", b"[Script Info]", b"ply", b"PK\x03\x04", b"\x1f\x8b", b"PXR-USDC"),
)
"""How files of videos, sounds, subtitles and scenes begin that are not read here."""
_PACKET = 188
"""After how many bytes an MPEG transport stream repeats its first one, the letter G."""


def find_reader(content: bytes) -> Reader | None:
    """The reader of a file; None for a file of another format, and for one that is no media."""
    return next((read for start, read in _STARTS if start.match(content)), None)


def has_other_format(content: bytes) -> bool:
    """Whether a file begins as those of a format do that is not read here."""
    is_transport_stream = content[::_PACKET][:3] == b"GGG"
    return content.startswith(_OTHER_STARTS) or content[4:8] == b"ftyp" or is_transport_stream
