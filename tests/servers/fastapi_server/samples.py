"""Small files of the kinds that are not painted: the same one, whatever was asked for."""

import json
import struct

from tests.support.media_files import build_mp4


def _mp3() -> bytes:
    # MPEG-1 layer III, 32 kbit/s, 44.1 kHz, mono: a silent frame is its header and zeros, 104 bytes long
    return (b"\xff\xfb\x10\xc4" + bytes(100)) * 4


def _glb() -> bytes:
    scene = json.dumps({"asset": {"version": "2.0"}}).encode()
    scene += b" " * (-len(scene) % 4)
    chunk = struct.pack("<I4s", len(scene), b"JSON") + scene
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunk)) + chunk


SAMPLES = {"mp4": build_mp4(5, (1280, 720)), "mp3": _mp3(), "glb": _glb()}
