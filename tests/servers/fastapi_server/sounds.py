"""The operations that make sounds."""

from . import work
from .kinds import duration, flag, number, text, url, words
from .models import Input, by_second
from .operation import Operation


def _music_provider(input: Input) -> str:
    return str(input.get("provider", "kie"))


def _sfx_preview(job: work.Work) -> object:
    return job.addresses["preview"] if "video_url" in job.input else work.ABSENT


def _sfx_mode(job: work.Work) -> object:
    return job.input.get("mode", "video_context" if "video_url" in job.input else "one_off")


SOUNDS = {
    "music.generate": Operation(
        required_fields={"prompt": words},
        optional_fields={
            **dict.fromkeys(("provider", "title", "mode", "style", "model", "vocal_gender", "persona_id"), text),
            **dict.fromkeys(("description_prompt", "negative_tags"), text),
            **dict.fromkeys(("custom_mode", "instrumental"), flag),
            **dict.fromkeys(("style_weight", "weirdness_constraint", "audio_weight", "prompt_influence"), number),
            "duration_seconds": duration,
            "seed": number,
        },
        prefix="mus",
        output={
            "task_id": work.task,
            "asset_type": "audio",
            "status": "succeeded",
            "audio_url": work.file("audio"),
            "requested_provider": lambda job: _music_provider(job.input),
            "provider": lambda job: _music_provider(job.input),
            "model": work.field("model", "V5"),
            "title": work.field("title", "Untitled"),
        },
        headline="audio_url",
        credits=lambda fields: by_second(1, fields.get("duration_seconds", 60) / 4),
        downstream=lambda fields: (_music_provider(fields), str(fields.get("model", "V5"))),
        files={"audio": "mp3"},
    ),
    "narration.generate": Operation(
        required_fields={"text": words, "voice_id": words},
        optional_fields={"tone": text, "stability": number, "similarity_boost": number, "speed": number},
        prefix="nar",
        output={
            "asset_type": "audio",
            "status": "succeeded",
            "audio_url": work.file("audio"),
            "provider": "elevenlabs",
            "model": "narration",
        },
        headline="audio_url",
        credits=lambda fields: by_second(1, len(fields["text"]) / 50),
        downstream=lambda _: ("elevenlabs", "narration"),
        files={"audio": "mp3"},
        preview=("text",),
        seconds=4.0,
    ),
    "soundfx.generate": Operation(
        required_fields={"prompt": words},
        optional_fields={
            **dict.fromkeys(("title", "mode", "description_prompt", "negative_tags"), text),
            "duration_seconds": duration,
            "video_url": url,
            "prompt_influence": number,
            "seed": number,
        },
        prefix="sfx",
        output={
            "task_id": work.task,
            "asset_type": "audio",
            "status": "succeeded",
            "audio_url": work.file("audio"),
            "sfx_video_url": _sfx_preview,
            "provider": "replicate",
            "model": "soundfx",
            "mode": _sfx_mode,
        },
        headline="audio_url",
        credits=lambda fields: by_second(1, fields.get("duration_seconds", 8) / 2),
        downstream=lambda _: ("replicate", "soundfx"),
        files={"audio": "mp3", "preview": "mp4"},
    ),
}
