"""Writes the samples that ffmpeg does not make: a scene of one tetrahedron, and one subtitle. ``make samples``."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

_CORNERS = ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))
_FACES = ((0, 1, 2), (0, 2, 3), (0, 3, 1), (1, 3, 2))
"""The corners of each face, counterclockwise as seen from outside: glTF draws that side."""

_FLOAT, _UNSIGNED_SHORT = 5126, 5123
_VERTICES, _INDICES = 34962, 34963
_SUBTITLE = "1\n00:00:00,000 --> 00:00:01,000\nA sample of the mock.\n\n"


def build_scene() -> bytes:
    """A binary glTF 2.0 file: the header, a chunk of JSON, and a chunk with the numbers that the JSON describes."""
    indices = struct.pack("<12H", *(corner for face in _FACES for corner in face))
    positions = struct.pack("<12f", *(value for corner in _CORNERS for value in corner))
    text = json.dumps(_describe_scene(len(indices), len(positions)), separators=(",", ":")).encode()
    chunks = _build_chunk(b"JSON", text, b" ") + _build_chunk(b"BIN\0", indices + positions, b"\0")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _build_chunk(kind: bytes, data: bytes, padding: bytes) -> bytes:
    data += padding * (-len(data) % 4)
    return struct.pack("<I4s", len(data), kind) + data


def _describe_scene(index_bytes: int, position_bytes: int) -> dict[str, object]:
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"indices": 0, "attributes": {"POSITION": 1}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": _UNSIGNED_SHORT, "count": 12, "type": "SCALAR"},
            {
                "bufferView": 1,
                "componentType": _FLOAT,
                "count": 4,
                "type": "VEC3",
                "min": [-1, -1, -1],
                "max": [1, 1, 1],
            },
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": index_bytes, "target": _INDICES},
            {"buffer": 0, "byteOffset": index_bytes, "byteLength": position_bytes, "target": _VERTICES},
        ],
        "buffers": [{"byteLength": index_bytes + position_bytes}],
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "sample.glb").write_bytes(build_scene())
    (folder / "sample.srt").write_bytes(_SUBTITLE.encode())
