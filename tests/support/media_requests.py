"""Requests of every operation with files, and what their files must be like, written by what the inputs say."""

from __future__ import annotations

from typing import Any, NamedTuple

_CLIP = "https://example.com/source.mp4"
_PICTURE = "https://example.com/source.png"
_SORA: dict[str, Any] = {"sora_video_id": "video_abc123", "prompt": "A rainy blue hour"}
LEAST_INPUTS: dict[str, dict[str, Any]] = {
    "image.generate": {"prompt": "A red bicycle"},
    "image.edit": {"prompt": "Remove the car", "image_url": _PICTURE},
    "video.generate": {"prompt": "A chase in a market at dusk"},
    "video.upscale": {"video_url": _CLIP},
    "sora2.video.edit": _SORA,
    "sora2.video.extend": _SORA,
    "sora2.video.remix": _SORA,
    "lipsync.generate": {"video_url": _CLIP, "audio_url": "https://example.com/dialogue.mp3"},
    "smartmotion.generate": {"file_url": _PICTURE},
    "subtitles.generate": {"video_url": _CLIP},
    "music.generate": {"prompt": "A slow waltz"},
    "narration.generate": {"text": "The harbour woke before the gulls did.", "voice_id": "voice_123"},
    "soundfx.generate": {"prompt": "A mug set down on a wooden table"},
    "three_d.location.generate": {"description": "A night market in the rain"},
}
"""What an operation needs, without any field that says how long or how large its files are."""


class MediaRequest(NamedTuple):
    """Fields beside those that an operation needs, and what its files are like by them.

    ``size`` is a size, as ``1280x720``, or a ratio, as ``16:9``; empty where no field says it. ``seconds`` is None
    where no field does.
    """

    operation: str
    fields: dict[str, Any]
    size: str = ""
    seconds: float | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The create body."""
        return {"operation": self.operation, "input": {**LEAST_INPUTS[self.operation], **self.fields}}


def _list_pictures(operation: str, *rows: tuple[str | None, str | None, str | None, str]) -> list[MediaRequest]:
    """Rows of a model, a ratio, a resolution and the size of the picture."""
    names = ("model", "aspect_ratio", "resolution")
    return [MediaRequest(operation, _name_fields(names, row[:3]), row[3]) for row in rows]


def _list_videos(
    operation: str, *rows: tuple[str | None, float | None, str | None, str | None, str, float | None]
) -> list[MediaRequest]:
    """Rows of a model, a duration, a ratio, a resolution, and the size and the duration of the video."""
    names = ("model", "duration", "aspect_ratio", "resolution")
    return [MediaRequest(operation, _name_fields(names, row[:4]), *row[4:]) for row in rows]


def _name_fields(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


REQUESTS = [
    *_list_pictures(
        "image.generate",
        (None, None, None, "1:1"),
        ("gptimage2", "16:9", "4K", "3840x2160"),
        ("gptimage2", "9:16", "1K", "9:16"),
        ("gptimage2", "1:1", "2K", "2048x2048"),
        ("gptimage2", "3:1", "1K", "3:1"),
        ("seedream5", "21:9", "3K", "21:9"),
        ("seedream45", "3:2", "4K", "3:2"),
        ("nanobanana", "4:5", "1K", "896x1152"),
        ("nanobanana2", "8:1", "1K", "2928x352"),
        ("nanobanana2", "1:4", "1K", "1:4"),
        ("wan27imagepro", None, "4K", "4096x4096"),
        ("flux2", "3:4", "2K", "3:4"),
        ("grok", "2:3", "1K", "2:3"),
    ),
    *_list_pictures(
        "image.edit",
        (None, None, None, ""),
        ("gptimage2", "16:9", "2K", "2048x1152"),
        ("seedream5", "9:16", "4K", "9:16"),
        ("nanobanana2", "4:1", "1K", "4:1"),
        ("flux2pro", "4:3", "1K", "4:3"),
    ),
    *_list_videos(
        "video.generate",
        (None, None, None, None, "", None),
        ("wan27video", 2, "9:16", "720p", "720x1280", 2),
        ("wan27video", 10, "16:9", "1080p", "1920x1080", 10),
        ("wan27video", 15, "1:1", "720p", "1:1", 15),
        ("wan27video", 5, "4:3", "1080p", "4:3", 5),
        ("seedance2", 4, "21:9", "480p", "21:9", 4),
        ("seedance2", 7, "9:16", "1080p", "1080x1920", 7),
        ("seedance2", 15, "16:9", "4k", "3840x2160", 15),
        ("seedance2", -1, "1:1", "720p", "1:1", None),
        ("seedance2fast", 12, "3:4", "480p", "3:4", 12),
        ("veo31", 4, "16:9", "720p", "1280x720", 4),
        ("veo31", 8, "16:9", "4k", "3840x2160", 8),
        ("veo31", 8, "9:16", "1080p", "1080x1920", 8),
        ("sora2", 4, "9:16", "720p", "720x1280", 4),
        ("sora2", 12, "portrait", "720p", "720x1280", 12),
        ("sora-2-pro", 8, "landscape", "1080p", "1920x1080", 8),
        ("sora-2-pro", 16, "7:4", "720p", "7:4", 16),
        ("sora-2-pro", 20, "16:9", "720p", "1280x720", 20),
        ("grok", 1, "1:1", "480p", "1:1", 1),
        ("grok", 30, "3:2", "720p", "3:2", 30),
    ),
    *_list_videos(
        "sora2.video.edit",
        (None, None, None, None, "", None),
        ("sora-2-pro", 12, "16:9", "1080p", "1920x1080", 12),
        ("sora2", 4, "9:16", "720p", "720x1280", 4),
    ),
    *_list_videos("sora2.video.remix", ("sora-2-pro", 12, "9:16", "1080p", "1080x1920", 12)),
    *_list_videos(
        "sora2.video.extend",
        ("sora-2-pro", 20, "16:9", "1080p", "1920x1080", 20),
        ("sora2", 7, "9:16", "720p", "720x1280", 8),  # the nearest duration that there is
    ),
    MediaRequest("video.upscale", {}),
    MediaRequest("video.upscale", {"duration_seconds": 7.2, "target_resolution": "4k"}, "3840x2160", 7.2),
    MediaRequest("video.upscale", {"duration_seconds": 0.5, "target_resolution": "720p"}, "1280x720", 0.5),
    MediaRequest("video.upscale", {"model": "magnific", "duration_seconds": 20, "target_resolution": "4k"}, "", 20),
    MediaRequest("video.upscale", {"model": "topazproteus", "duration_seconds": 7.2, "upscale_factor": 2}, "", 7.2),
    MediaRequest("lipsync.generate", {}),
    MediaRequest("lipsync.generate", {"video_duration": 6.2, "audio_duration": 5.9}),
    MediaRequest("smartmotion.generate", {"duration": 3}, "", 3),
    MediaRequest("smartmotion.generate", {"duration": 7.5}, "", 7.5),
    MediaRequest("subtitles.generate", {}),
    MediaRequest("subtitles.generate", {"duration": 42}, "", 42),
    MediaRequest("subtitles.generate", {"duration": 6.2}, "", 6.2),
    MediaRequest("music.generate", {}),
    MediaRequest("music.generate", {"duration_seconds": 45}, "", 45),
    MediaRequest("music.generate", {"model": "V6", "custom_mode": False, "duration_seconds": 180}, "", 180),
    MediaRequest("narration.generate", {}),
    MediaRequest("narration.generate", {"text": "Good morning. " * 20}),
    MediaRequest("soundfx.generate", {"duration_seconds": 2.5}, "", 2.5),
    MediaRequest("soundfx.generate", {"duration_seconds": 8, "mode": "video_context", "video_url": _CLIP}, "", 8),
    MediaRequest("three_d.location.generate", {}),
]
"""What is asked for in each operation, in its models, sizes, ratios and durations."""
