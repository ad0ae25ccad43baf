"""The size of a picture and of a video for every model, resolution and ratio."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import CatalogError, load_catalog
from cannon_spec.contract.media_size import MediaSize, find_size
from tests.support.payloads import CATALOG, WORDS, inputs, values

TABLES = CATALOG.media["image"]
RESOLUTIONS = ("1K", "2K", "3K", "4K")
RATIOS = sorted(word for word in WORDS if ":" in word)
MODELS = (*CATALOG.models, "nobody-knows")

LISTED_SIZES = [
    ("gptimage2", {"aspect_ratio": "16:9", "resolution": "4K"}, "3840x2160"),
    ("gptimage2", {"aspect_ratio": "9:16", "resolution": "4K"}, "2160x3840"),
    ("gptimage2", {"aspect_ratio": "1:1", "resolution": "2K"}, "2048x2048"),
    ("gptimage2", {"aspect_ratio": "16:9"}, "1280x720"),
    ("gptimage2", {}, "1280x1280"),
    ("gptimage2", {"aspect_ratio": "auto"}, "1280x1280"),
    ("seedream5", {}, "2048x2048"),
    ("seedream5", {"quality": "high"}, "3072x3072"),
    ("seedream5", {"quality": "ultra", "aspect_ratio": "21:9"}, "6240x2656"),
    ("seedream5", {"quality": "ultra", "resolution": "2K"}, "2048x2048"),
    ("seedream45", {"quality": "high", "aspect_ratio": "16:9"}, "5504x3040"),
    ("nanobanana", {"aspect_ratio": "21:9"}, "1536x672"),
    ("nanobanana2", {"aspect_ratio": "1:8"}, "352x2928"),
    ("wan27image", {"resolution": "1K"}, "1024x1024"),
    ("grok", {"aspect_ratio": "3:2"}, "1168x784"),
]

COMPUTED_SIZES = [
    ("flux2", {}, "1024x1024"),
    ("flux2", {"resolution": "2K"}, "2048x2048"),
    ("flux2", {"aspect_ratio": "16:9"}, "1360x768"),
    ("flux2pro", {"aspect_ratio": "9:16"}, "768x1360"),
    ("wan27image", {"aspect_ratio": "16:9"}, "2720x1536"),
    ("nobody-knows", {"aspect_ratio": "2:1", "resolution": "4K"}, "5792x2896"),
]


def _format(actual_size: MediaSize) -> str:
    return f"{actual_size.width}x{actual_size.height}"


@pytest.mark.parametrize(("model", "input", "expected_size"), LISTED_SIZES)
def test_sizes_that_a_table_lists(model: str, input: dict[str, Any], expected_size: str) -> None:
    """A listed size is used as listed, and rests on the claim of the model's table."""
    actual_size = find_size(TABLES, model, input)
    assert (_format(actual_size), actual_size.claims[-1]) == (expected_size, f"{model}-pixels")


@pytest.mark.parametrize(("model", "input", "expected_size"), COMPUTED_SIZES)
def test_sizes_that_no_table_lists(model: str, input: dict[str, Any], expected_size: str) -> None:
    """Another size shares out the area of its tier in steps of 16 pixels, and rests on the claim on computed sizes."""
    actual_size = find_size(TABLES, model, input)
    assert (_format(actual_size), actual_size.claims[-1]) == (expected_size, "pixels-computed")


def _sizes(model: str, *resolutions: str) -> dict[tuple[str, str], MediaSize]:
    pairs = product(resolutions, RATIOS)
    return {pair: find_size(TABLES, model, {"resolution": pair[0], "aspect_ratio": pair[1]}) for pair in pairs}


@pytest.mark.parametrize("model", MODELS)
def test_every_size_can_be_painted(model: str) -> None:
    """At every resolution and ratio, no side is below 16 or above 12,000 pixels."""
    sizes = _sizes(model, *RESOLUTIONS)
    assert {
        pair: _format(actual_size)
        for pair, actual_size in sizes.items()
        if not 16 <= min(actual_size.width, actual_size.height) <= max(actual_size.width, actual_size.height) <= 12_000
    } == {}


@pytest.mark.parametrize("model", MODELS)
def test_every_size_has_its_ratio(model: str) -> None:
    """At every resolution and ratio, width over height is within 5 % of the ratio of the input."""
    for (_, ratio), actual_size in _sizes(model, *RESOLUTIONS).items():
        wide, high = map(int, ratio.split(":"))
        assert actual_size.aspect_ratio == ratio
        assert actual_size.width / actual_size.height == pytest.approx(wide / high, rel=0.05), actual_size


@pytest.mark.parametrize("model", MODELS)
def test_a_higher_resolution_is_larger(model: str) -> None:
    """Pictures of one ratio grow with the resolution, whichever of their sizes a table lists."""
    sizes = _sizes(model, "1K", "2K", "4K")
    for ratio in RATIOS:
        areas = [sizes[tier, ratio].width * sizes[tier, ratio].height for tier in ("1K", "2K", "4K")]
        assert areas == sorted(set(areas)), ratio


@pytest.mark.parametrize(
    "ratio", ["auto-ish", "", "0:1", "1:0", "16:9:4", "-1:2", "1.5:1", "9:1", "1:9", "99999:99999", "²:1", 16, None, []]
)
@pytest.mark.parametrize("model", ["gptimage2", "seedream5", "flux2", "nobody-knows"])
def test_an_unknown_ratio_is_the_default_one(model: str, ratio: Any) -> None:
    """A malformed ratio, or one too extreme to paint, counts as the model's default."""
    assert find_size(TABLES, model, {"aspect_ratio": ratio}) == find_size(TABLES, model, {})


@pytest.mark.parametrize("resolution", ["8K", "4k", "", "1024", 4, None, {}])
@pytest.mark.parametrize("model", ["gptimage2", "seedream5", "flux2", "nobody-knows"])
def test_an_unknown_resolution_is_the_default_one(model: str, resolution: Any) -> None:
    """A resolution that no table lists counts as the model's default."""
    assert find_size(TABLES, model, {"resolution": resolution, "aspect_ratio": "16:9"}) == find_size(
        TABLES, model, {"aspect_ratio": "16:9"}
    )


@pytest.mark.parametrize("quality", ["highest", "", 3, None, [], {}])
def test_an_unknown_quality_chooses_no_tier(quality: Any) -> None:
    """A quality that the model's table does not list, of any JSON type, counts as none."""
    assert find_size(TABLES, "seedream5", {"quality": quality}) == find_size(TABLES, "seedream5", {})


@pytest.mark.parametrize("ratio", ["8:1", "1:8", "1:1"])
def test_a_small_tier_of_an_overlay_can_be_painted(ratio: str) -> None:
    """Where an overlay makes a tier tiny, no side is below one step of 16 pixels."""
    rules = {**TABLES["computed"], "side": {"1K": 16}}
    actual_size = find_size({**TABLES, "computed": rules}, "nobody-knows", {"aspect_ratio": ratio})
    assert min(actual_size.width, actual_size.height) == 16


OVERLAY_TABLES: list[dict[str, Any]] = [
    {"sizes": {"8K": {"1:1": "8192x8192"}}},
    {"sizes": {"8K": {}}},
    {"sizes": {"8K": {"golden": "1618x1000"}}, "resolution": "8K", "aspect_ratio": "golden"},
    {"resolution": "6K"},
    {"aspect_ratio": "golden"},
    {"tier_by": {"quality": {"high": "6K"}}},
]


@pytest.mark.parametrize("table", OVERLAY_TABLES, ids=str)
def test_a_table_of_an_overlay_fails_to_load_or_has_a_size_for_every_input(
    table: dict[str, Any], tmp_path: Path
) -> None:
    """Whatever table an overlay has, either the contract does not load, or every input has a size."""
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"media": {"image": {"models": {"grok": table}}}}))
    try:
        tables = load_catalog(overlay=overlay).media["image"]
    except CatalogError:
        return
    for resolution, ratio, quality in product(("1K", "6K", "8K", None), ("16:9", "golden", None), ("high", None)):
        actual_size = find_size(tables, "grok", {"resolution": resolution, "aspect_ratio": ratio, "quality": quality})
        assert min(actual_size.width, actual_size.height) >= 16


VIDEO = CATALOG.media["video"]
VIDEO_RESOLUTIONS = ("480p", "720p", "1080p", "4k")

VIDEO_SIZES = [
    ("wan27video", {"resolution": "1080p", "aspect_ratio": "4:3"}, "1632x1248", "wan27video-pixels"),
    ("seedance2", {"resolution": "480p", "aspect_ratio": "9:16"}, "496x864", "seedance2-video-pixels"),
    ("seedance2", {"resolution": "4k", "aspect_ratio": "21:9"}, "5040x2160", "video-size-computed"),
    ("seedance2", {"aspect_ratio": "adaptive"}, "1280x720", "seedance2-video-pixels"),
    ("sora2", {"aspect_ratio": "portrait"}, "720x1280", "sora2-video-pixels"),
    ("sora2", {"aspect_ratio": "landscape"}, "1280x720", "sora2-video-pixels"),
    ("sora-2-pro", {"aspect_ratio": "4:7"}, "1024x1792", "sora2-video-pixels"),
    ("grok", {"resolution": "480p", "aspect_ratio": "16:9"}, "854x480", "video-size-computed"),
    ("veo31", {"resolution": "4k", "aspect_ratio": "9:16"}, "2160x3840", "video-size-computed"),
    ("veo31", {"resolution": "4k", "aspect_ratio": "8:1"}, "8192x1024", "video-size-computed"),
    ("wavespeed", {"target_resolution": "2k"}, "2560x1440", "video-size-computed"),
    ("wavespeed", {}, "1920x1080", "video-size-computed"),
    ("magnific", {"target_resolution": "7k"}, "2560x1440", "video-size-computed"),
    ("topazproteus", {"upscale_factor": 4}, "3840x2160", "video-size-computed"),
    ("topazproteus", {"upscale_factor": 1.0}, "960x540", "video-size-computed"),
    ("topazproteus", {"upscale_factor": "2x"}, "1920x1080", "video-size-computed"),
    ("topazproteus", {"upscale_factor": 10**400}, "1920x1080", "video-size-computed"),
    ("topazproteus", {"upscale_factor": True}, "1920x1080", "video-size-computed"),
    (None, {}, "1280x720", "video-size-computed"),
]


@pytest.mark.parametrize(("model", "input", "expected_size", "claim"), VIDEO_SIZES)
def test_sizes_of_videos(model: str | None, input: dict[str, Any], expected_size: str, claim: str) -> None:
    """A listed size is used as listed; else the resolution, or what stands for one, is the shorter side."""
    actual_size = find_size(VIDEO, model, input)
    assert (_format(actual_size), actual_size.claims[-1]) == (expected_size, claim)


def test_the_claim_on_a_default_resolution_is_named() -> None:
    """The claim of a model's table is named where its default decides, though the size itself is computed."""
    default, named = (find_size(VIDEO, "wavespeed", input) for input in ({}, {"target_resolution": "1080p"}))
    assert (default.width, default.height) == (named.width, named.height)
    assert "wavespeed-default-resolution" in default.claims
    assert "wavespeed-default-resolution" not in named.claims


@pytest.mark.parametrize("model", [*VIDEO["models"], "nobody-knows"])
def test_every_size_of_a_video_can_be_encoded(model: str) -> None:
    """Sides are even, at most 8192, in the ratio to within 2.1 %; a higher resolution is larger, up to that side."""
    for ratio in RATIOS:
        inputs = ({"resolution": each, "aspect_ratio": ratio} for each in VIDEO_RESOLUTIONS)
        sizes = [find_size(VIDEO, model, each) for each in inputs]
        wide, high = map(int, ratio.split(":"))
        for each in sizes:
            assert each.width % 2 == each.height % 2 == 0
            assert 2 <= min(each.width, each.height) <= max(each.width, each.height) <= 8192
            assert each.width / each.height == pytest.approx(wide / high, rel=0.021), each
        areas = [each.width * each.height for each in sizes]
        assert areas == sorted(areas), ratio
        assert len(set(areas[:-1])) == len(areas) - 1, ratio


def test_an_overlay_changes_a_table(tmp_path: Path) -> None:
    """A size that an overlay lists takes the place of a computed one, and names the claim of its table."""
    table = {"resolution": "720p", "aspect_ratio": "16:9", "claim": "user-overlay", "sizes": {"8k": {"1:1": "96x96"}}}
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"media": {"video": {"models": {"grok": table}}}}))
    actual_size = find_size(
        load_catalog(overlay=overlay).media["video"], "grok", {"resolution": "8k", "aspect_ratio": "1:1"}
    )
    assert (_format(actual_size), actual_size.claims[-1]) == ("96x96", "user-overlay")


def test_a_model_has_the_table_that_it_names(tmp_path: Path) -> None:
    """A model with same_as has the table of another model; what an overlay adds to it does not change the other one."""
    tables = CATALOG.media["video"]["models"]
    assert tables["proteus"] == tables["topazproteus"]
    overlay = tmp_path / "mine.json"
    changed_tiers = {"tier_by": {"upscale_factor": {"4": "1440p"}}}
    overlay.write_text(json.dumps({"media": {"video": {"models": {"proteus": changed_tiers}}}}))
    changed_tables = load_catalog(overlay=overlay).media["video"]
    sizes = [find_size(changed_tables, each, {"upscale_factor": 4}) for each in ("proteus", "topazproteus")]
    assert list(map(_format, sizes)) == ["2560x1440", "3840x2160"]
    assert _format(find_size(changed_tables, "proteus", {"upscale_factor": 1})) == "960x540"


fields = st.dictionaries(
    st.sampled_from(["aspect_ratio", "resolution", "quality", "model"]), values | st.text("0:1\uff19")
)


@given(model=st.sampled_from(MODELS), input=fields | inputs)
def test_any_input_has_a_size(model: str, input: dict[str, Any]) -> None:
    """Whatever JSON the fields hold, there is a size that can be painted, and its claim is in the ledger."""
    actual_size = find_size(TABLES, model, input)
    assert min(actual_size.width, actual_size.height) >= 16
    assert set(actual_size.claims) <= CATALOG.claims.keys()
