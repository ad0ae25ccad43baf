"""The smallest files of the kinds that are not painted: each has the frame of its format."""

import json
import struct


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _mp4() -> bytes:
    return _box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + _box(b"mdat", b"")


def _mp3() -> bytes:
    # MPEG-1 layer III, 32 kbit/s, 44.1 kHz, mono: a silent frame is its header and zeros, 104 bytes long
    return (b"\xff\xfb\x10\xc4" + bytes(100)) * 4


def _glb() -> bytes:
    scene = json.dumps({"asset": {"version": "2.0"}}).encode()
    scene += b" " * (-len(scene) % 4)
    chunk = struct.pack("<I4s", len(scene), b"JSON") + scene
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunk)) + chunk


SAMPLES = {"mp4": _mp4(), "mp3": _mp3(), "glb": _glb()}
