"""The operations that make images."""

from . import work
from .kinds import each, one_of, present, text, url, words
from .models import EDIT_MODELS, IMAGE_MODELS, Input, edit_choice, image_choice
from .operation import Operation
from .pictures import LONG_SIDES, RATIOS

RATIO = one_of(*RATIOS)
RESOLUTION = one_of(*LONG_SIDES)


def _edit_model(input: Input) -> str:
    return edit_choice(input).provider_model.replace("text-to-image", "image-to-image")


IMAGES = {
    "image.generate": Operation(
        required_fields={"prompt": words},
        optional_fields={
            "model": one_of(*IMAGE_MODELS),
            "aspect_ratio": RATIO,
            "quality": text,
            "resolution": RESOLUTION,
            "style": text,
            "reference_image_urls": each(url),
            "reference_prompt_balance": present,
        },
        prefix="img",
        output={
            "task_id": work.task,
            "asset_type": "image",
            "status": "succeeded",
            "image_url": work.file("image"),
            "image_urls": work.files("image"),
            "provider_image_urls": work.files("provider_image"),
            "provider_image_count": 1,
            "provider": "cannon",
            "model": lambda job: image_choice(job.input).model,
            "aspect_ratio": lambda job: image_choice(job.input).ratio,
        },
        headline="image_url",
        credits=lambda fields: image_choice(fields).credits,
        downstream=lambda fields: ("kie", image_choice(fields).provider_model),
        files={"image": "jpg", "provider_image": "jpg"},
        pixels=lambda fields: image_choice(fields).pixels,
    ),
    "image.edit": Operation(
        required_fields={"prompt": words, "image_url": url},
        optional_fields={"model": one_of(*EDIT_MODELS), "aspect_ratio": RATIO, "resolution": RESOLUTION},
        prefix="imgedit",
        output={
            "task_id": work.task,
            "asset_type": "image",
            "status": "succeeded",
            "image_url": work.file("image"),
            "provider": "kie",
            "model": lambda job: _edit_model(job.input),
        },
        headline="image_url",
        credits=lambda fields: edit_choice(fields).credits + 2,
        downstream=lambda fields: ("kie", _edit_model(fields)),
        files={"image": "jpg"},
        pixels=lambda fields: edit_choice(fields).pixels,
    ),
}
