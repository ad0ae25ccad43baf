"""What readers that are not ours find in a file: FFmpeg's, by PyAV and as the program ffprobe, and Pillow."""

from __future__ import annotations

import json
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import av
from PIL import Image


class FoundMedia(NamedTuple):
    """The codec of a file's one stream, its size, and its duration in seconds; 0 for what a file of its kind lacks."""

    codec: str
    width: int = 0
    height: int = 0
    seconds: float = 0


def read_media(data: bytes) -> FoundMedia:
    """Decode a picture, a video or an audio file whole."""
    if data.startswith(b"\x89PNG"):
        image = Image.open(BytesIO(data), formats=["PNG"])
        image.load()
        return FoundMedia("png", *image.size)
    with av.open(BytesIO(data)) as container:
        (stream,) = container.streams
        frames = [(frame.width, frame.height) if stream.type == "video" else () for frame in container.decode(stream)]
        assert frames
        assert len(set(frames)) == 1
        return FoundMedia(_name_codec(stream.codec_context.name), *frames[0], seconds=container.duration / av.time_base)


def read_by_ffprobe(data: bytes, folder: Path) -> FoundMedia:
    """What the program ffprobe finds in a video or an audio file, which is written to a folder for it."""
    file = folder / "media"
    file.write_bytes(data)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(file)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    (stream,) = found["streams"]
    size = (stream["width"], stream["height"]) if stream["codec_type"] == "video" else (0, 0)
    seconds = float(found["format"].get("duration", 0))
    return FoundMedia(_name_codec(stream["codec_name"]), *size, seconds=seconds)


def read_cues(data: bytes) -> list[tuple[float, float, str]]:
    """The cues of an SRT file: start and end in seconds, and text."""
    with av.open(BytesIO(data), format="srt") as container:
        packets = [packet for packet in container.demux() if packet.pts is not None]
    times = [(packet.pts / 1000, (packet.pts + packet.duration) / 1000, packet) for packet in packets]
    return [(start, end, bytes(packet).decode()) for start, end, packet in times]


def _name_codec(name: str) -> str:
    """FFmpeg has decoders of MP3 for two forms of numbers."""
    return name.removesuffix("float")
