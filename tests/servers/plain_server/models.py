"""The models that inputs may name. Of the ten of pictures, gptimage2, seedream45 and seedream5 are documented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageModel:
    """A model of pictures: its names downstream, and its price at 1K."""

    generate_name: str
    edit_name: str
    credits: int


IMAGE_MODELS = {
    "seedream45": ImageModel("seedream/4.5-text-to-image", "", 10),
    "seedream5": ImageModel("seedream/5-lite-text-to-image", "seedream/5-lite-image-to-image", 9),
    "grok": ImageModel("grok-imagine/text-to-image", "", 8),
    "nanobanana": ImageModel("google/nano-banana", "google/nano-banana-edit", 7),
    "nanobanana2": ImageModel("nano-banana-2", "nano-banana-2", 14),
    "wan27image": ImageModel("wan/2-7-image", "wan/2-7-image", 8),
    "wan27imagepro": ImageModel("wan/2-7-image-pro", "wan/2-7-image-pro", 16),
    "flux2": ImageModel("flux-2/flex-text-to-image", "flux-2/flex-image-to-image", 12),
    "flux2pro": ImageModel("flux-2/pro-text-to-image", "flux-2/pro-image-to-image", 11),
    "gptimage2": ImageModel("gpt-image-2-text-to-image", "gpt-image-2-image-to-image", 18),
}
EDIT_MODELS = tuple(name for name, model in IMAGE_MODELS.items() if model.edit_name)
VIDEO_MODELS = (
    "seedance2",
    "seedance2fast",
    "wan27video",
    "veo31",
    "sora2",
    "sora-2-pro",
    "grok",
    "nanobanana",
)
SORA_MODELS = ("sora-2-pro", "sora-2", "sora2")
MUSIC_MODELS = ("V5", "V5_5", "V4_5PLUS", "V4_5ALL", "V4_5", "V4", "V3_5")
UPSCALE_MODELS = ("wavespeed", "topaz", "proteus", "starlight25")

VIDEO_PROVIDERS = {
    "seedance2": "seedance",
    "seedance2fast": "seedance",
    "sora2": "sora2",
    "sora-2-pro": "sora2",
}
UPSCALE_PROVIDERS = {"wavespeed": "wavespeed"}
