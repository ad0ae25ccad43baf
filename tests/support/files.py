"""Readers that accept a file only if it is of its media type: they check its form, not its first bytes alone."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from io import BytesIO

import av
from PIL import Image

_TIME = r"\d\d:[0-5]\d:[0-5]\d,\d\d\d"
_CUE = re.compile(rf"(\d+)\n({_TIME}) --> ({_TIME})\n(.+\n)+")
_COMPONENT_BYTES = {5123: 2, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC3": 3}


def check_file(media_type: str, data: bytes) -> None:
    """Fail unless the bytes are a whole file of a media type."""
    CHECKS[media_type](data)


def check_png(data: bytes) -> None:
    """A PNG file whose pixels can be read."""
    image = Image.open(BytesIO(data), formats=["PNG"])
    image.load()


def check_mp4(data: bytes) -> None:
    """An MP4 file: its first box is of the type ftyp, the boxes fill the file, and FFmpeg decodes a frame."""
    kinds, start = [], 0
    while start < len(data):
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        kinds.append(kind)
        start += size
    assert start == len(data)
    assert kinds[0] == b"ftyp"
    assert {b"moov", b"mdat"} <= set(kinds)
    _decode_frame(data, "video")


def check_mp3(data: bytes) -> None:
    """An MP3 file: a tag, or the first frame of MPEG audio, layer III."""
    assert data[:3] == b"ID3" or (data[0] == 0xFF and data[1] & 0xE6 == 0xE2)
    _decode_frame(data, "audio")


def check_wav(data: bytes) -> None:
    """A WAV file of the length that its header says."""
    kind, size, form = struct.unpack("<4sI4s", data[:12])
    assert (kind, size + 8, form) == (b"RIFF", len(data), b"WAVE")
    _decode_frame(data, "audio")


def check_glb(data: bytes) -> None:
    """A binary glTF 2.0 file: header, chunks, and a scene whose accessors lie within the binary chunk."""
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    (json_kind, text), (binary_kind, binary) = _read_chunks(data)
    assert (json_kind, binary_kind) == (b"JSON", b"BIN\0")
    scene = json.loads(text)
    assert scene["asset"]["version"] == "2.0"
    assert scene["buffers"][0]["byteLength"] <= len(binary)
    mesh = scene["meshes"][scene["nodes"][scene["scenes"][scene["scene"]]["nodes"][0]]["mesh"]]
    primitive = mesh["primitives"][0]
    corners = _read_accessor(scene, binary, primitive["attributes"]["POSITION"])
    indices = _read_accessor(scene, binary, primitive["indices"])
    assert len(corners) % 3 == len(indices) % 3 == 0
    assert set(indices) == set(range(len(corners) // 3))


def check_srt(data: bytes) -> None:
    """An SRT file: numbered cues from 1 on, each with a time that goes forward and a text."""
    cues = [_CUE.fullmatch(f"{cue}\n") for cue in data.decode().strip("\n").split("\n\n")]
    assert cues
    for number, cue in enumerate(cues, 1):
        assert cue is not None
        assert int(cue[1]) == number
        assert cue[2] < cue[3]


CHECKS: dict[str, Callable[[bytes], None]] = {
    "image/png": check_png,
    "video/mp4": check_mp4,
    "audio/mpeg": check_mp3,
    "audio/wav": check_wav,
    "model/gltf-binary": check_glb,
    "application/x-subrip": check_srt,
}
"""The reader of each media type."""


def _read_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, start = [], 12
    while start < len(data):
        size, kind = struct.unpack("<I4s", data[start : start + 8])
        assert size % 4 == 0
        chunks.append((kind, data[start + 8 : start + 8 + size]))
        start += 8 + size
    assert start == len(data)
    return chunks


def _read_accessor(scene: dict[str, list[dict[str, int]]], binary: bytes, number: int) -> list[float]:
    """The numbers of an accessor, one after another."""
    accessor = scene["accessors"][number]
    view = scene["bufferViews"][accessor["bufferView"]]
    count = accessor["count"] * _COMPONENTS[str(accessor["type"])]
    start, size = view.get("byteOffset", 0), count * _COMPONENT_BYTES[accessor["componentType"]]
    assert size <= view["byteLength"]
    assert start + size <= len(binary)
    form = {5123: "H", 5126: "f"}[accessor["componentType"]]
    return list(struct.unpack(f"<{count}{form}", binary[start : start + size]))


def _decode_frame(data: bytes, kind: str) -> None:
    """Let FFmpeg find one stream, of a kind, and decode its first frame."""
    with av.open(BytesIO(data)) as container:
        (stream,) = container.streams
        assert stream.type == kind
        next(container.decode(stream))
