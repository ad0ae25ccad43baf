"""The operations as one table: what goes in, what comes out, how long it takes, what it costs."""

from tests.servers.plain_server.models import (
    EDIT_MODELS,
    IMAGE_MODELS,
    MUSIC_MODELS,
    SORA_MODELS,
    UPSCALE_MODELS,
    VIDEO_MODELS,
)
from tests.servers.plain_server.rows import Asset, Echo, Fact, Field, Operation, Rate

TEXT, URL, URLS = Field("text"), Field("url"), Field("urls")
NUMBER, SECONDS, SCALAR = Field("number"), Field("seconds"), Field("scalar")
FLAG, OBJECT, OBJECTS = Field("flag"), Field("object"), Field("objects")
NEEDED_TEXT, NEEDED_URL = Field("text", required=True), Field("url", required=True)
RATIO = Field(
    "text",
    values=(
        *("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"),
        *("21:9", "9:21", "4:5", "5:4", "2:1", "1:2"),
    ),
)
PICTURE_RESOLUTION = Field("text", values=("1K", "2K", "4K"))
FILM_RESOLUTION = Field("text", values=("480p", "720p", "1080p", "4k"))


def model_field(models: tuple[str, ...]) -> Field:
    """Describe a model field that takes one of some models."""
    return Field("text", values=models)


def media(kind: str, **own: object) -> dict[str, object]:
    """Begin the output of a medium with the keys that nearly all have."""
    return {"task_id": Fact.TASK_ID, "asset_type": kind, "status": Fact.STATUS, **own}


def film(name: str, model: object, **own: object) -> dict[str, object]:
    """Describe the output of a film."""
    return media("video", video_url=Asset(name), provider=Fact.PROVIDER, model=model, **own)


def enhance(name: str, **own: Field) -> Operation:
    """Describe a prompt operation; each costs one credit."""
    return Operation(
        name=name,
        prefix="enh",
        fields={"prompt": NEEDED_TEXT, "rewriteRequest": TEXT, **own},
        output={
            "enhancedPrompt": Fact.ENHANCED_PROMPT,
            "model": "gpt-5-mini",
            "operation": Fact.OPERATION,
        },
        result_key="enhancedPrompt",
        work_ms=3000,
    )


def sora(name: str, asset: str, **own: Field) -> Operation:
    """Describe an operation on a Sora 2 film."""
    return Operation(
        name=name,
        prefix="video",
        fields={
            "sora_video_id": NEEDED_TEXT,
            "prompt": NEEDED_TEXT,
            "model": model_field(SORA_MODELS),
            "duration": SECONDS,
            "aspect_ratio": RATIO,
            "resolution": FILM_RESOLUTION,
            "source_video_url": URL,
            **own,
        },
        output=film(asset, "sora2"),
        result_key="video_url",
        work_ms=20_000,
        provider="sora2",
        models=SORA_MODELS,
        default_model="sora-2-pro",
        rate=Rate(10, 4, "duration", 8),
    )


PICTURES = [
    Operation(
        name="image.generate",
        prefix="img",
        fields={
            "prompt": NEEDED_TEXT,
            "model": model_field(tuple(IMAGE_MODELS)),
            "aspect_ratio": RATIO,
            "quality": TEXT,
            "resolution": PICTURE_RESOLUTION,
            "style": TEXT,
            "reference_image_urls": URLS,
            "reference_prompt_balance": SCALAR,
        },
        output=media(
            "image",
            image_url=Asset("image.png"),
            image_urls=[Asset("image.png")],
            provider_image_urls=[Asset("image.png", "provider-files")],
            provider_image_count=1,
            provider="cannon",
            model=Fact.MODEL,
            aspect_ratio=Fact.ASPECT_RATIO,
        ),
        result_key="image_url",
        work_ms=12_000,
        provider="kie",
        models=tuple(IMAGE_MODELS),
        default_model="seedream45",
        is_picture=True,
    ),
    Operation(
        name="image.edit",
        prefix="imgedit",
        fields={
            "prompt": NEEDED_TEXT,
            "image_url": NEEDED_URL,
            "model": model_field(EDIT_MODELS),
            "aspect_ratio": RATIO,
            "resolution": PICTURE_RESOLUTION,
        },
        output=media(
            "image",
            image_url=Asset("edited.png"),
            provider=Fact.PROVIDER,
            model=Fact.DOWNSTREAM_MODEL,
        ),
        result_key="image_url",
        work_ms=12_000,
        provider="kie",
        models=EDIT_MODELS,
        default_model="seedream5",
        is_picture=True,
    ),
]

FILMS = [
    Operation(
        name="video.generate",
        prefix="vid",
        fields={
            "prompt": NEEDED_TEXT,
            "model": model_field(VIDEO_MODELS),
            "duration": SECONDS,
            "image_url": URL,
            "first_frame_url": URL,
            "source_video_url": URL,
            "first_clip_url": URL,
            "reference_image_urls": URLS,
            "end_image_url": URL,
            "last_frame_url": URL,
            "aspect_ratio": RATIO,
            "resolution": FILM_RESOLUTION,
            "audio_url": URL,
            "negative_prompt": TEXT,
            "prompt_extend": FLAG,
            "watermark": FLAG,
            "seed": NUMBER,
            "nsfw_checker": FLAG,
        },
        output=film("video.mp4", Fact.MODEL),
        result_key="video_url",
        work_ms=20_000,
        provider="kie",
        models=VIDEO_MODELS,
        default_model="seedance2",
        rate=Rate(0, 6, "duration", 8),
    ),
    Operation(
        name="video.upscale",
        prefix="up",
        fields={
            "video_url": NEEDED_URL,
            "video_title": TEXT,
            "duration_seconds": SECONDS,
            "model": model_field(UPSCALE_MODELS),
            "target_resolution": Field("text", values=("720p", "1080p", "2k", "4k")),
            "upscale_factor": Field("number", values=(1, 2, 4)),
            "target_fps": NUMBER,
            "thumbnail_url": URL,
        },
        output=film(
            "upscaled.mp4",
            "video_upscale",
            requested_model=Fact.MODEL,
            exact_cost_credits=Fact.PRICE,
        ),
        result_key="video_url",
        work_ms=20_000,
        provider="topaz",
        models=UPSCALE_MODELS,
        default_model="wavespeed",
        rate=Rate(2, 2, "duration_seconds", 8),
    ),
    sora("sora2.video.edit", "sora-edit.mp4"),
    sora("sora2.video.extend", "sora-extension.mp4", source_duration=SECONDS),
    sora("sora2.video.remix", "sora-remix.mp4"),
    Operation(
        name="lipsync.generate",
        prefix="lip",
        fields={
            "video_url": NEEDED_URL,
            "audio_url": NEEDED_URL,
            "video_duration": SECONDS,
            "audio_duration": SECONDS,
            "video_title": TEXT,
            "audio_title": TEXT,
        },
        output=film(
            "lipsync.mp4",
            "lipsync",
            audio_url=Echo("audio_url"),
            exact_cost_credits=Fact.PRICE,
        ),
        result_key="video_url",
        work_ms=15_000,
        provider="wavespeed",
        rate=Rate(5, 2, "audio_duration", 6),
    ),
    Operation(
        name="subtitles.generate",
        prefix="sub",
        fields={
            "video_url": NEEDED_URL,
            "duration": SECONDS,
            "file_name": TEXT,
            "content_type": TEXT,
            "subtitle_settings": OBJECT,
        },
        output=media("video", video_url=Asset("subtitled.mp4"), model="subtitles"),
        result_key="video_url",
        work_ms=10_000,
        rate=Rate(2, 0.1, "duration", 30),
    ),
    Operation(
        name="smartmotion.generate",
        prefix="sm",
        fields={
            "file_url": NEEDED_URL,
            "file_name": TEXT,
            "content_type": TEXT,
            "duration": SECONDS,
            "motion": SCALAR,
            "motion_scale": SCALAR,
            "control_mode": TEXT,
            "prompt": TEXT,
            "negative_prompt": TEXT,
            "camera_control": OBJECT,
        },
        output=film("smart-motion.mp4", "smart_motion"),
        result_key="video_url",
        work_ms=15_000,
        provider="kling",
        rate=Rate(4, 3, "duration", 6),
    ),
]

SOUNDS = [
    Operation(
        name="music.generate",
        prefix="mus",
        fields={
            "prompt": NEEDED_TEXT,
            "provider": TEXT,
            "title": TEXT,
            "mode": TEXT,
            "style": TEXT,
            "model": model_field(MUSIC_MODELS),
            "custom_mode": FLAG,
            "instrumental": FLAG,
            "vocal_gender": TEXT,
            "style_weight": NUMBER,
            "weirdness_constraint": NUMBER,
            "audio_weight": NUMBER,
            "persona_id": TEXT,
            "duration_seconds": SECONDS,
            "description_prompt": TEXT,
            "negative_tags": TEXT,
            "prompt_influence": NUMBER,
            "seed": NUMBER,
        },
        output=media(
            "audio",
            audio_url=Asset("track.mp3"),
            requested_provider=Echo("provider", "kie"),
            provider=Fact.PROVIDER,
            model=Fact.MODEL,
            title=Echo("title", "Untitled"),
        ),
        result_key="audio_url",
        work_ms=15_000,
        provider="kie",
        models=MUSIC_MODELS,
        default_model="V5",
        rate=Rate(6, 0.2, "duration_seconds", 30),
    ),
    Operation(
        name="narration.generate",
        prefix="nar",
        fields={
            "text": NEEDED_TEXT,
            "voice_id": NEEDED_TEXT,
            "tone": TEXT,
            "stability": NUMBER,
            "similarity_boost": NUMBER,
            "speed": NUMBER,
        },
        output={
            "asset_type": "audio",
            "status": Fact.STATUS,
            "audio_url": Asset("narration.mp3"),
            "provider": Fact.PROVIDER,
            "model": "narration",
        },
        result_key="audio_url",
        work_ms=5000,
        provider="elevenlabs",
        rate=Rate(3),
    ),
    Operation(
        name="soundfx.generate",
        prefix="sfx",
        fields={
            "prompt": NEEDED_TEXT,
            "title": TEXT,
            "mode": TEXT,
            "duration_seconds": SECONDS,
            "video_url": URL,
            "description_prompt": TEXT,
            "negative_tags": TEXT,
            "prompt_influence": NUMBER,
            "seed": NUMBER,
        },
        output=media(
            "audio",
            audio_url=Asset("sfx.mp3"),
            sfx_video_url=Asset("sfx-preview.mp4"),
            provider=Fact.PROVIDER,
            model="soundfx",
            mode=Echo("mode", "prompt"),
        ),
        result_key="audio_url",
        work_ms=8000,
        provider="replicate",
        rate=Rate(1, 0.5, "duration_seconds", 8),
    ),
]

PROMPTS = [
    enhance("prompt.enhance.video", visualStyle=TEXT, duration=SECONDS, aspectRatio=RATIO),
    enhance("prompt.enhance.image", visualStyle=TEXT, aspectRatio=RATIO),
    enhance("prompt.enhance.variant"),
]

LOCATIONS = [
    Operation(
        name="three_d.location.generate",
        prefix="loc",
        fields={
            "name": TEXT,
            "description": NEEDED_TEXT,
            "source_image_urls": URLS,
            "angle_context": OBJECTS,
            "quality": TEXT,
            "location_id": TEXT,
            "universe_id": TEXT,
            "zone_id": TEXT,
            "workspace_id": TEXT,
            "project_id": TEXT,
        },
        output=media(
            "three_d",
            model_url=Asset("location.glb"),
            provider=Fact.PROVIDER,
            model="three_d_location",
        ),
        result_key="model_url",
        work_ms=30_000,
        rate=Rate(40),
    ),
]

OPERATIONS = {row.name: row for row in [*PICTURES, *FILMS, *SOUNDS, *PROMPTS, *LOCATIONS]}
