"""The models of images and videos, and what they cost."""

import math
from dataclasses import dataclass
from typing import Any

from .pictures import LONG_SIDES, Pixels, pixels_of

Input = dict[str, Any]


@dataclass(frozen=True)
class ImageModel:
    """An image model: its provider's name for it, its price at 1K, its own resolution."""

    provider_model: str
    credits: int
    resolution: str = "2K"


IMAGE_MODELS = {
    "seedream45": ImageModel("seedream/4.5-text-to-image", 6),
    "seedream5": ImageModel("seedream/5-lite-text-to-image", 7),
    "grok": ImageModel("grok-imagine/text-to-image", 5, "1K"),
    "nanobanana": ImageModel("google/nano-banana", 5, "1K"),
    "nanobanana2": ImageModel("nano-banana-2", 8, "1K"),
    "wan27image": ImageModel("wan/2-7-image", 6),
    "wan27imagepro": ImageModel("wan/2-7-image-pro", 12),
    "flux2": ImageModel("flux-2/flex-text-to-image", 9, "1K"),
    "flux2pro": ImageModel("flux-2/pro-text-to-image", 11, "1K"),
    "gptimage2": ImageModel("gpt-image-2-text-to-image", 10, "1K"),
}
EDIT_MODELS = ("seedream5", "nanobanana", "nanobanana2", "flux2", "flux2pro", "gptimage2")
DEFAULT_IMAGE_MODEL = "seedream5"
DEFAULT_RATIO = "1:1"

VIDEO_CREDITS = {
    "seedance2": 6,
    "seedance2fast": 4,
    "wan27video": 5,
    "veo31": 12,
    "sora2": 8,
    "sora-2-pro": 16,
    "grok": 5,
    "nanobanana": 4,
}
DEFAULT_VIDEO_MODEL = "seedance2"
SORA_SECONDS = (4, 8, 12, 16, 20)


@dataclass(frozen=True)
class ImageChoice:
    """What an image task renders, after the defaults and the caps."""

    model: str
    ratio: str
    resolution: str

    @property
    def pixels(self) -> Pixels:
        """Give the size of the picture."""
        return pixels_of(self.ratio, self.resolution)

    @property
    def credits(self) -> int:
        """Give the price of the picture."""
        return IMAGE_MODELS[self.model].credits * (1 + list(LONG_SIDES).index(self.resolution))

    @property
    def provider_model(self) -> str:
        """Name the model as its provider does."""
        return IMAGE_MODELS[self.model].provider_model


def image_choice(input: Input) -> ImageChoice:
    """Choose what `image.generate` renders."""
    model = input.get("model", DEFAULT_IMAGE_MODEL)
    return _choose(model, input.get("aspect_ratio", DEFAULT_RATIO), input.get("resolution"))


def edit_choice(input: Input) -> ImageChoice:
    """Choose what `image.edit` renders: by default GPT Image 2 takes the largest that is legal."""
    model = input.get("model", DEFAULT_IMAGE_MODEL)
    largest = "4K" if model == "gptimage2" else None
    return _choose(model, input.get("aspect_ratio", DEFAULT_RATIO), input.get("resolution", largest))


def _choose(model: str, ratio: str, resolution: str | None) -> ImageChoice:
    wish = resolution or IMAGE_MODELS[model].resolution
    is_above_cap = model == "gptimage2" and ratio == "1:1" and wish == "4K"
    return ImageChoice(model, ratio, "2K" if is_above_cap else wish)


def video_model(input: Input) -> str:
    """Choose the model of `video.generate`."""
    return str(input.get("model", DEFAULT_VIDEO_MODEL))


def video_credits(input: Input) -> int:
    """Price a video by its seconds."""
    return by_second(VIDEO_CREDITS[video_model(input)], input.get("duration", 5))


def sora_credits(input: Input) -> int:
    """Price the work on a Sora video: its duration is normalized, never refused."""
    wish = input.get("duration", 8)
    seconds = min(SORA_SECONDS, key=lambda legal: abs(legal - wish))
    return by_second(VIDEO_CREDITS["sora-2-pro" if input.get("model") == "sora-2-pro" else "sora2"], seconds)


def by_second(credits: float, seconds: float) -> int:
    """Price some seconds, in whole credits and never for nothing."""
    return max(1, math.ceil(credits * seconds))
