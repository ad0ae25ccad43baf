"""Payloads that are good by construction, and the slips that people make."""

from __future__ import annotations

from typing import Any

from cannon_spec import Catalog
from cannon_spec.example import build_example

OPERATION = "image.generate"
LARGEST = "video.generate"
"""The operation with the most fields, models and conditions."""


def build_good_bodies(catalog: Catalog, operation: str = OPERATION) -> list[dict[str, Any]]:
    """A body for every model of an operation, each with as many fields as it may have."""
    return [build_example(catalog, operation, model.id) for model in catalog.models_of(operation)]


def build_bad_bodies() -> list[Any]:
    """A dozen bodies with one typical slip each; seventeen references earn a warning, the others an error."""
    return [
        _body(aspect_ratio="1:1", resolution="4K"),
        _body(resolution="8K"),
        _body(resolution="4k"),
        _body(resolution=4),
        _body(aspectRatio="16:9"),
        {"operation": OPERATION, "input": {"model": "gptimage2"}},
        _body(prompt=""),
        _body(model="gpt-image-2"),
        _body(reference_image_urls=[f"https://example.com/{number}.png" for number in range(17)]),
        _body(reference_image_urls=["not a url"]),
        {"operation": OPERATION, "input": [{"prompt": "A lighthouse in fog"}]},
        {"operation": "image.generat", "input": {"prompt": "A lighthouse in fog"}},
    ]


def _body(**fields: Any) -> dict[str, Any]:
    return {"operation": OPERATION, "input": {"prompt": "A lighthouse in fog", "model": "gptimage2", **fields}}
