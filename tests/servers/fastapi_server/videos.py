"""The operations that make videos, and the one that makes a 3D location."""

from typing import Any

from . import work
from .kinds import Check, duration, each, flag, like, mapping, number, one_of, present, text, url, values, words
from .models import SORA_SECONDS, VIDEO_CREDITS, Input, by_second, sora_credits, video_credits, video_model
from .operation import Operation
from .refusal import Problem


def _video(**more: Any) -> dict[str, Any]:
    return {
        "task_id": work.task,
        "asset_type": "video",
        "status": "succeeded",
        "video_url": work.file("video"),
        **more,
    }


def _provider_of(model: str) -> str:
    return {"seedance2": "seedance", "seedance2fast": "seedance", "sora-2-pro": "sora2"}.get(model, model)


def _sora_limits(input: Input) -> list[Problem]:
    if video_model(input) not in {"sora2", "sora-2-pro"}:
        return []
    problems = []
    if input.get("duration", 4) not in SORA_SECONDS:
        problems.append(Problem(("duration",), "literal_error", f"Input should be one of {SORA_SECONDS}"))
    if input.get("aspect_ratio") == "1:1":
        problems.append(Problem(("aspect_ratio",), "literal_error", "Input should be portrait or landscape"))
    return problems


def _sora(**more: Check) -> Operation:
    return Operation(
        required_fields={"sora_video_id": like(r"video_\S+"), "prompt": words},
        optional_fields={
            "model": one_of("sora2", "sora-2", "sora-2-pro"),
            "duration": duration,
            "aspect_ratio": text,
            "resolution": text,
            "source_video_url": url,
            **more,
        },
        prefix="video",
        output=_video(provider="sora2", model="sora2"),
        headline="video_url",
        credits=sora_credits,
        downstream=lambda _: ("sora2", "sora2"),
        files={"video": "mp4"},
    )


VIDEOS = {
    "video.generate": Operation(
        required_fields={"prompt": words},
        optional_fields={
            "model": one_of(*VIDEO_CREDITS),
            "duration": duration,
            "image_url": url,
            "first_frame_url": url,
            "source_video_url": url,
            "first_clip_url": url,
            "reference_image_urls": each(url),
            "end_image_url": url,
            "last_frame_url": url,
            "aspect_ratio": text,
            "resolution": text,
            "audio_url": url,
            "negative_prompt": text,
            "prompt_extend": flag,
            "watermark": flag,
            "seed": number,
            "nsfw_checker": flag,
        },
        prefix="vid",
        output=_video(
            provider=lambda job: _provider_of(video_model(job.input)),
            model=lambda job: video_model(job.input),
        ),
        headline="video_url",
        credits=video_credits,
        downstream=lambda fields: (_provider_of(video_model(fields)), video_model(fields)),
        files={"video": "mp4"},
        rule=_sora_limits,
    ),
    "video.upscale": Operation(
        required_fields={"video_url": url},
        optional_fields={
            "video_title": text,
            "duration_seconds": duration,
            "model": one_of("wavespeed", "topaz", "topaz-proteus", "starlight-2.5"),
            "target_resolution": text,
            "upscale_factor": present,
            "target_fps": number,
            "thumbnail_url": url,
        },
        prefix="up",
        output=_video(
            provider="wavespeed",
            model="video_upscale",
            requested_model=work.field("model", "wavespeed"),
            exact_cost_credits=work.price,
        ),
        headline="video_url",
        credits=lambda fields: by_second(2, fields.get("duration_seconds", 5)),
        downstream=lambda _: ("wavespeed", "video_upscale"),
        files={"video": "mp4"},
        preview=("video_title", "video_url"),
    ),
    "sora2.video.edit": _sora(),
    "sora2.video.extend": _sora(source_duration=duration),
    "sora2.video.remix": _sora(),
    "lipsync.generate": Operation(
        required_fields={"video_url": url, "audio_url": url},
        optional_fields={
            "video_duration": duration,
            "audio_duration": duration,
            "video_title": text,
            "audio_title": text,
        },
        prefix="lip",
        output=_video(
            audio_url=work.field("audio_url"), provider="wavespeed", model="lipsync", exact_cost_credits=work.price
        ),
        headline="video_url",
        credits=lambda fields: by_second(3, max(5, fields.get("audio_duration", 5))),
        downstream=lambda _: ("wavespeed", "lipsync"),
        files={"video": "mp4"},
        preview=("video_title", "video_url"),
    ),
    "subtitles.generate": Operation(
        required_fields={"video_url": url},
        optional_fields={"duration": duration, "file_name": text, "content_type": text, "subtitle_settings": mapping},
        prefix="sub",
        output=_video(model="subtitles"),
        headline="video_url",
        credits=lambda fields: by_second(1, fields.get("duration", 30) / 10),
        downstream=lambda _: ("cannon", "subtitles"),
        files={"video": "mp4"},
        preview=("file_name", "video_url"),
    ),
    "smartmotion.generate": Operation(
        required_fields={"file_url": url},
        optional_fields={
            "file_name": text,
            "content_type": text,
            "duration": duration,
            "motion": text,
            "motion_scale": number,
            "control_mode": text,
            "prompt": text,
            "negative_prompt": text,
            "camera_control": values(number),
        },
        prefix="sm",
        output=_video(provider="kling", model="smart_motion"),
        headline="video_url",
        credits=lambda fields: by_second(4, fields.get("duration", 5)),
        downstream=lambda _: ("kling", "smart_motion"),
        files={"video": "mp4"},
        preview=("prompt", "file_name", "file_url"),
    ),
    "three_d.location.generate": Operation(
        required_fields={"description": words},
        optional_fields={
            "name": text,
            "source_image_urls": each(url),
            "angle_context": each(mapping),
            "quality": text,
            **dict.fromkeys(("location_id", "universe_id", "zone_id", "workspace_id", "project_id"), text),
        },
        prefix="loc",
        output={
            "task_id": work.task,
            "asset_type": "three_d",
            "status": "succeeded",
            "model_url": work.file("scene"),
            "provider": "cannon",
            "model": "three_d_location",
        },
        headline="model_url",
        credits=lambda _: 60,
        downstream=lambda _: ("cannon", "three_d_location"),
        files={"scene": "glb"},
        preview=("description",),
    ),
}
