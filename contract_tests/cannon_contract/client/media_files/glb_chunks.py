"""Reads GLB files: glTF 2.0 in one file, a chunk of JSON and one of the data that it describes (floor 6)."""

from __future__ import annotations

import json
import struct
from typing import Any

from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, UnknownFormat
from cannon_spec.json_memory import estimate_parsed_bytes

_MOST_JSON_BYTES = 64 * 2**20
"""How much memory the values of a scene may take."""


def read_glb(content: bytes) -> MeasuredFile:
    """Read a GLB file, which has neither a duration nor a size.

    Raises BrokenFile for one that is cut off or is no glTF 2, UnknownFormat for one too large to be parsed here.
    """
    version, size = _unpack(content, 4)
    if version != 2:
        raise UnknownFormat(f"a glTF file of version {version}")
    if size > len(content):
        raise BrokenFile(f"it names {size} bytes, of which {len(content)} are there")
    json_size, json_type = _unpack(content, 12)
    text = content[20 : 20 + json_size]
    if json_type != int.from_bytes(b"JSON", "little") or len(text) < json_size:
        raise BrokenFile("it has no whole chunk JSON")
    _check_buffer(_parse(text), len(content) - 20 - json_size)
    return MeasuredFile()


def _unpack(content: bytes, position: int) -> tuple[int, int]:
    if position + 8 > len(content):
        raise BrokenFile(f"it ends after {len(content)} bytes")
    first, second = struct.unpack_from("<II", content, position)
    return first, second


def _parse(text: bytes) -> dict[str, Any]:
    """The scene as an object whose asset has a version of glTF 2."""
    if estimate_parsed_bytes(text) > _MOST_JSON_BYTES:
        raise UnknownFormat("a glTF file with more values than are read")
    try:
        scene = json.loads(text)
    except (ValueError, RecursionError):
        raise BrokenFile("its chunk JSON is not JSON") from None
    asset = scene.get("asset") if isinstance(scene, dict) else None
    version = asset.get("version") if isinstance(asset, dict) else None
    if not (isinstance(version, str) and version.startswith("2.")):
        raise BrokenFile("its chunk JSON has no asset with a version 2 of glTF")
    return dict(scene)


def _check_buffer(scene: dict[str, Any], rest: int) -> None:
    """Check that the data which the scene describes are in the file; data elsewhere are not looked at."""
    buffers = scene.get("buffers")
    first = buffers[0] if isinstance(buffers, list) and buffers else None
    if not isinstance(first, dict) or "uri" in first:
        return
    length = first.get("byteLength")
    if not isinstance(length, int) or length > rest - 8:
        shown_length = length if isinstance(length, int) else "no"
        raise BrokenFile(f"its data have {shown_length} bytes, of which {max(rest - 8, 0)} are there")
