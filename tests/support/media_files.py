"""Media files of any duration and size, made of headers and a few bytes that stand for pictures and sound."""

from __future__ import annotations

import json
import struct
from typing import Any

_MATRIX = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TURNED_MATRIX = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
_FRAME = b"\xff\xfb\x10\xc4" + bytes(100)
"""A frame of MPEG 1, layer III: 32 kbit/s at 44.1 kHz, mono."""
FRAME_S = 1152 / 44_100


def build_box(name: str, *parts: bytes) -> bytes:
    """A box of an MP4 file."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name.encode()) + content


def build_full_box(name: str, *parts: bytes, version: int = 0) -> bytes:
    """A box with a version."""
    return build_box(name, struct.pack(">I", version << 24), *parts)


def build_track(
    duration: int, size: tuple[int, int], *, handler: str = "vide", samples: int = 1, is_turned: bool = False
) -> bytes:
    """A track of an MP4 file; a thousand units make a second."""
    matrix = struct.pack(">9i", *(_TURNED_MATRIX if is_turned else _MATRIX))
    sides = struct.pack(">II", *(side << 16 for side in size))
    head = build_full_box("tkhd", struct.pack(">5I", 0, 0, 1, 0, duration), bytes(16), matrix, sides)
    media_head = build_full_box("mdhd", struct.pack(">4I", 0, 0, 1000, duration), bytes(4))
    kind = build_full_box("hdlr", bytes(4), handler.encode(), bytes(13))
    sizes = build_full_box("stsz", struct.pack(">II", 8, samples))
    return build_box("trak", head, build_box("mdia", media_head, kind, build_box("minf", build_box("stbl", sizes))))


def build_movie(*tracks: bytes, scale: int = 1000) -> bytes:
    """The box of an MP4 file that says how it plays."""
    return build_box("moov", build_full_box("mvhd", struct.pack(">4I", 0, 0, scale, 0), bytes(80)), *tracks)


def build_mp4(duration_s: float, size: tuple[int, int], **changes: Any) -> bytes:
    """An MP4 file with one track."""
    movie = build_movie(build_track(round(duration_s * 1000), size, **changes))
    return build_box("ftyp", b"isom", bytes(4)) + movie + build_box("mdat", bytes(8))


def build_mp3(duration_s: float, head: bytes = b"") -> bytes:
    """An MP3 file of whole frames; ``head`` stands in a frame of its own before them."""
    first = b"\xff\xfb\x10\xc4" + bytes(17) + head.ljust(83, b"\0") if head else b""
    return first + _FRAME * round(duration_s / FRAME_S)


def build_wav(duration_s: float) -> bytes:
    """A WAV file of 8-bit sound at 8 kHz."""
    sound = bytes(round(duration_s * 8000))
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    content = b"WAVE" + head + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(content)) + content


def build_srt(duration_s: float) -> bytes:
    """Two subtitles, of which the last ends after some seconds, less than a minute."""
    seconds, milliseconds = divmod(round(duration_s * 1000), 1000)
    return (
        f"1\n00:00:00,000 --> 00:00:00,500\nA\n\n2\n00:00:00,500 --> 00:00:{seconds:02},{milliseconds:03}\nB\n".encode()
    )


def build_glb(scene: Any, data: bytes = b"") -> bytes:
    """A GLB file with a scene, and a chunk of data where there are any."""
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(data), b"BIN\0") + data if data else b""
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks
