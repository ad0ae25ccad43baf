"""How large and how long files are, in words."""

from __future__ import annotations

import pytest

from cannon_spec.output.media_tables import tabulate_files, tabulate_sizes
from tests.support.payloads import CATALOG

COMPUTED = "video-size-computed (assumed)"
DEFAULTS = f"video-size-defaults (assumed), {COMPUTED}"


@pytest.mark.parametrize(
    ("operation", "rows"),
    [
        (
            "lipsync.generate",
            [
                ("size", "1280x720 (16:9)", DEFAULTS),
                ("duration", "video_duration, else audio_duration, else 6.2 seconds", "lipsync-length (assumed)"),
            ],
        ),
        (
            "narration.generate",
            [("duration", "1 second for each 15 characters of text, else 1 second", "narration-length (assumed)")],
        ),
        ("three_d.location.generate", []),
        ("prompt.enhance.image", []),
    ],
)
def test_a_table_has_what_files_have(operation: str, rows: list[tuple[str, str, str]]) -> None:
    """A row says the size, and how long files last; what an operation's files do not have is left out."""
    assert tabulate_files(CATALOG, CATALOG.operations[operation])[1:] == rows


def test_a_size_names_the_fields_that_decide_it() -> None:
    """The default size is that without the fields of the input that decide it; other sizes have a row of their own."""
    size, others, duration = tabulate_files(CATALOG, CATALOG.operations["sora2.video.extend"])[1:]
    assert size[1] == "1280x720 (16:9) without model, resolution and aspect_ratio"
    assert others[1:] == ("as listed for the model, else computed from resolution and ratio", COMPUTED)
    assert duration[1] == "duration, else 4 seconds; and source_duration in addition"


@pytest.mark.parametrize(
    ("operation", "model", "rows"),
    [
        ("video.generate", "sora2", [("720p", "9:16 720x1280, 16:9 1280x720")]),
        ("video.generate", "grok", []),
        ("video.upscale", "magnific", [("absent", "as 2k")]),
        ("music.generate", "V5", []),
    ],
)
def test_the_sizes_of_a_model_are_listed(operation: str, model: str, rows: list[tuple[str, str]]) -> None:
    """Each resolution has its sizes by ratio, and a default resolution is named where no size is listed."""
    assert [row[:2] for row in tabulate_sizes(CATALOG, CATALOG.operations[operation], model)[1:]] == rows


def test_other_fields_that_decide_a_size_are_listed() -> None:
    """A value that stands for a resolution has a row with it."""
    rows = tabulate_sizes(CATALOG, CATALOG.operations["image.generate"], "seedream5")
    assert ("absent, quality is ultra", "as 4K", "seedream5-pixels (assumed)") in rows
