"""3D scenes: a GLB file with a room whose walls show the picture of its content (floor 3)."""

from __future__ import annotations

import json
import struct
from array import array
from itertools import product
from sys import byteorder

from cannon_mock.media import picture
from cannon_mock.media.content import Content

_WALL_SIDE = 512  # in pixels
_UNSIGNED_SHORT, _FLOAT = 5123, 5126  # of glTF's accessors
_VERTICES, _INDICES = 34962, 34963  # of its buffer views
_JSON_CHUNK, _BINARY_CHUNK = b"JSON", b"BIN\0"
_WALL_CORNERS = ((0, 1), (1, 1), (1, 0), (0, 0))  # of a picture: right and down
_WALL_TRIANGLES = (0, 1, 2, 0, 2, 3)


def render(content: Content) -> bytes:
    """A binary glTF 2.0 file: one scene with a cube of two metres, which can be looked at from inside and outside."""
    wall = picture.render(content._replace(width=_WALL_SIDE, height=_WALL_SIDE, aspect_ratio="1:1"))
    corners = [corner for axis, side in product(range(3), (-1, 1)) for corner in _list_corners(axis, side)]
    walls = range(len(corners) // len(_WALL_CORNERS))
    positions = array("f", (part for corner in corners for part in corner))
    places = array("f", (part for _ in walls for corner in _WALL_CORNERS for part in corner))
    indices = array("H", (4 * wall + number for wall in walls for number in _WALL_TRIANGLES))
    parts = [_to_bytes(indices), _to_bytes(positions), _to_bytes(places), _pad(wall, b"\0")]
    text = json.dumps(_describe(content, parts, len(indices), len(corners)), separators=(",", ":"))
    chunks = _build_chunk(_JSON_CHUNK, _pad(text.encode(), b" ")) + _build_chunk(_BINARY_CHUNK, b"".join(parts))
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _list_corners(axis: int, side: int) -> list[tuple[float, ...]]:
    """The corners of the wall on a side of an axis, in the order of those of its picture."""
    corners = []
    for right, down in _WALL_CORNERS:
        corner = [2.0 * right - 1, 1 - 2.0 * down]
        corner.insert(axis, float(side))
        corners.append(tuple(corner))
    return corners


def _describe(content: Content, parts: list[bytes], index_count: int, corner_count: int) -> dict[str, object]:
    """The JSON of the file, whose binary chunk has the indices, positions, places in the picture, and the picture."""
    views: list[dict[str, int]] = []
    for part, target in zip(parts, (_INDICES, _VERTICES, _VERTICES, None), strict=True):
        offset = sum(view["byteLength"] for view in views)
        use = {} if target is None else {"target": target}
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": len(part), **use})
    material = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0}, "doubleSided": True}
    corners = {"componentType": _FLOAT, "count": corner_count}
    return {
        "asset": {"version": "2.0", "generator": "cannon-mock"},
        "scene": 0,
        "scenes": [{"name": content.title, "nodes": [0], "extras": {"text": content.text}}],
        "nodes": [{"name": "room", "mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 1, "TEXCOORD_0": 2}, "indices": 0, "material": 0}]}],
        "materials": [material],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 3, "mimeType": "image/png"}],
        "accessors": [
            {"bufferView": 0, "componentType": _UNSIGNED_SHORT, "count": index_count, "type": "SCALAR"},
            {"bufferView": 1, **corners, "type": "VEC3", "min": [-1, -1, -1], "max": [1, 1, 1]},
            {"bufferView": 2, **corners, "type": "VEC2"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": sum(map(len, parts))}],
    }


def _to_bytes(numbers: array[float] | array[int]) -> bytes:
    """The numbers in the order of bytes that glTF has, which is that of most machines."""
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _pad(part: bytes, filler: bytes) -> bytes:
    """The part and as much behind it as makes its length a multiple of four."""
    return part + filler * (-len(part) % 4)


def _build_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<I4s", len(data), kind) + data
