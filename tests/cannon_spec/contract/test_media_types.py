"""The types of files are data: what a file is and has follows from its type in media.json, or in an overlay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import load_catalog
from cannon_spec.contract.media_properties import find_properties
from cannon_spec.contract.media_types import find_media_type, is_video

SIZE = ("width", "height", "aspect_ratio")


@pytest.mark.parametrize(
    ("file_type", "properties"),
    [
        ({"media_type": "video/webm", "size": "video", "has_duration": True}, (*SIZE, "duration")),
        ({"media_type": "image/webp", "size": "image"}, SIZE),
        ({"media_type": "audio/flac", "has_duration": True}, ("duration",)),
        ({"media_type": "model/obj"}, ()),
    ],
)
def test_an_overlay_adds_a_type_of_files(
    file_type: dict[str, Any], properties: tuple[str, ...], tmp_path: Path
) -> None:
    """A type that an overlay adds has its media type, and the size and the duration that its words give it."""
    patch = {
        "media": {"types": {"new": {**file_type, "claim": "user-overlay"}}},
        "operations": {"image.edit": {"media": {"files": {"asset": "edited.new"}}}},
    }
    (tmp_path / "mine.json").write_text(json.dumps(patch))
    catalog = load_catalog(overlay=tmp_path / "mine.json")
    operation, types = catalog.operations["image.edit"], catalog.media["types"]
    assert find_media_type(types, "edited.new") == file_type["media_type"]
    assert is_video(types, "edited.new") is (file_type["media_type"] == "video/webm")
    assert (operation.file_properties, operation.size_tables) == (properties, file_type.get("size"))
    size, duration = find_properties(catalog, operation, {"prompt": "A fox"})
    assert (size is not None, duration is not None) == ("size" in file_type, "has_duration" in file_type)
