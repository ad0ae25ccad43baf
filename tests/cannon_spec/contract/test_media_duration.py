"""How long the files of a request last: by a field, the length of a text, or a default, within bounds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import CatalogError, load_catalog
from cannon_spec.contract.media_properties import find_properties
from tests.support.payloads import CATALOG


def _find_seconds(operation: str, **input: Any) -> int | float:
    duration = find_properties(CATALOG, CATALOG.operations[operation], input).duration
    assert duration is not None
    return duration.seconds


@pytest.mark.parametrize(
    ("operation", "input", "seconds"),
    [
        ("video.generate", {"duration": 10}, 10),
        ("video.generate", {"duration": -1}, 5),
        ("video.upscale", {"duration_seconds": 7.25}, 7.25),
        ("lipsync.generate", {"video_duration": 6.2, "audio_duration": 5.9}, 6.2),
        ("lipsync.generate", {"audio_duration": 5.9}, 5.9),
        ("lipsync.generate", {}, 6.2),
        ("sora2.video.extend", {"duration": 8}, 8),
        ("sora2.video.extend", {"duration": 8, "source_duration": 12}, 20),
        ("sora2.video.extend", {"source_duration": 12}, 16),
        ("sora2.video.remix", {"duration": 12}, 12),
        ("music.generate", {"duration_seconds": 45}, 45),
        ("soundfx.generate", {}, 8),
        ("narration.generate", {"text": "x" * 30}, 2),
        ("narration.generate", {"text": "x"}, 0.2),
    ],
)
def test_the_duration_follows_the_input(operation: str, input: dict[str, Any], seconds: float) -> None:
    """The first field with a number above 0 counts, and what is added to it; else a text's length, else a default."""
    assert _find_seconds(operation, **input) == seconds


@pytest.mark.parametrize("value", [0, -3.5, True, "10", None, [], {}, -math.inf])
def test_what_is_no_number_above_0_counts_as_absent(value: Any) -> None:
    """A value of another JSON type, and a number that is not above 0, count as a field that is left out."""
    assert _find_seconds("subtitles.generate", duration=value) == _find_seconds("subtitles.generate")


@pytest.mark.parametrize(("value", "seconds"), [(1e308, 86400), (10**400, 86400), (86401, 86400), (1e-300, 0.2)])
def test_no_duration_is_beyond_the_bounds(value: float, seconds: float) -> None:
    """However large or small a number is, and with another one added, the files last from 0.2 seconds to a day."""
    assert _find_seconds("subtitles.generate", duration=value) == seconds
    assert 0.2 <= _find_seconds("sora2.video.extend", duration=value, source_duration=value) <= 86400


OVERLAYS = [
    ({"media": {"duration": {"default": 0.01}}}, "media duration", "0.01 is not between"),
    ({"media": {"video": {"computed": {"step": 3}}}}, "media video computed", "the step 3 is odd"),
    ({"media": {"video": {"computed": {"resolution": "9k"}}}}, "media video computed", "no side for the resolution 9k"),
    (
        {"media": {"video": {"models": {"sora2": {"sizes": {"720p": {"16:9": "1281x720"}}}}}}},
        "media video models sora2",
        "1281x720 has an odd side",
    ),
    (
        {"operations": {"music.generate": {"media": {"duration": {"fields": ["length"]}}}}},
        "music.generate media duration",
        "no field length",
    ),
    (
        {"operations": {"image.edit": {"media": {"duration": {"default": 5, "claim": "media-duration"}}}}},
        "image.edit media duration",
        "no file of the operation has a duration",
    ),
    (
        {"operations": {"music.generate": {"media": {"properties": {"duration": {"default": 5, "claim": "x"}}}}}},
        "music.generate media properties",
        "duration is a property that files of mp3 have",
    ),
]


@pytest.mark.parametrize(("overlay", "place", "problem"), OVERLAYS, ids=[place for _, place, _ in OVERLAYS])
def test_an_overlay_with_other_media_is_checked(
    overlay: dict[str, Any], place: str, problem: str, tmp_path: Path
) -> None:
    """Data that gives a file no duration, a size that no encoder takes, or two meanings to a name is an error."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(overlay).replace('"claim": "x"', '"claim": "media-duration"'))
    with pytest.raises(CatalogError) as error:
        load_catalog(overlay=file)
    assert place in error.value.place
    assert problem in error.value.problem
