"""Whatever a valid request asks for, its files have a size and a duration that agree with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import strategies, validate
from cannon_spec.contract.media_properties import MediaProperties, find_properties
from cannon_spec.contract.media_size import MediaSize
from cannon_spec.effective_input import build_effective_input
from tests.support.effort import examples
from tests.support.payloads import CATALOG, values

FIELDS: dict[str, tuple[tuple[str, ...], float]] = {
    "video.generate": (("duration",), 5),
    "video.upscale": (("duration_seconds",), 7.2),
    "lipsync.generate": (("video_duration", "audio_duration"), 6.2),
    "subtitles.generate": (("duration",), 42),
    "smartmotion.generate": (("duration",), 5),
    "sora2.video.edit": (("duration",), 4),
    "sora2.video.extend": (("duration",), 4),
    "sora2.video.remix": (("duration",), 4),
    "music.generate": (("duration_seconds",), 20),
    "soundfx.generate": (("duration_seconds",), 8),
}
"""By operation: the fields of which the first one above 0 is the duration, and the seconds without them."""

TOLERANCES = {"image": 0.05, "video": 0.021}
"""By how much a ratio may differ: sides are steps of pixels, and 864x496 is listed for 16:9."""


def _find(body: dict[str, Any]) -> tuple[dict[str, Any], MediaProperties]:
    """The effective input of a body, and the properties of its files."""
    operation = CATALOG.operations[body["operation"]]
    findings = validate.request(CATALOG, body, "normal").findings
    input = build_effective_input(CATALOG, operation, body, findings).input
    return input, find_properties(CATALOG, operation, input)


def _read_ratio(ratio: Any) -> float | None:
    """Width over height; None for a word, and for what no encoder takes."""
    wide, _, high = str(ratio).partition(":")
    proportion = int(wide) / int(high) if wide.isdecimal() and high.isdecimal() and len(ratio) < 10 else 0
    return proportion if 1 / 8 <= proportion <= 8 else None


@given(strategies.requests())
def test_the_files_of_a_request_agree_with_its_input(body: dict[str, Any]) -> None:
    """Sides are above 0, those of a video even, in the ratio of the input; a duration is that of the input, bounded."""
    _check(body)


@pytest.mark.extended
@pytest.mark.parametrize("operation", [each.id for each in CATALOG.operations.values() if each.file_properties])
@examples(100)
@given(data=st.data())
def test_the_files_of_an_operation_agree_with_its_input(operation: str, data: st.DataObject) -> None:
    """The same holds for many requests of each operation with a file that has a size or a duration."""
    _check(data.draw(strategies.requests(operation)))


def _check(body: dict[str, Any]) -> None:
    input, properties = _find(body)
    operation = CATALOG.operations[body["operation"]]
    assert (properties.size is None, properties.duration is None) == (
        not operation.size_tables,
        not operation.has_duration,
    )
    if properties.size is not None:
        _check_size(properties.size, input, operation.size_tables or "")
    if properties.duration is not None:
        assert properties.duration.claim == operation.data["media"]["duration"]["claim"]
        assert properties.duration.seconds == pytest.approx(_read_seconds(operation.id, input), abs=0.0005)


def _check_size(size: MediaSize, input: dict[str, Any], tables: str) -> None:
    assert min(size.width, size.height) > 0
    if tables == "video":
        assert size.width % 2 == size.height % 2 == 0
        assert max(size.width, size.height) <= 8192
    ratio = _read_ratio(input.get("aspect_ratio"))
    if ratio is not None:
        assert size.width / size.height == pytest.approx(ratio, rel=TOLERANCES[tables])
        assert size.aspect_ratio == input["aspect_ratio"]
    assert set(size.claims) <= CATALOG.claims.keys()


def _read_seconds(operation: str, input: dict[str, Any]) -> float:
    """The seconds that an input asks for, between 0.2 and a day."""
    if operation == "narration.generate":
        seconds = len(input["text"]) / 15
    else:
        fields, default = FIELDS[operation]
        durations = [input[name] for name in fields if input.get(name, -1) > 0]
        seconds = min([*durations, default][0], 86400)
    if operation == "sora2.video.extend":
        seconds += min(input.get("source_duration", 0), 86400)
    return max(0.2, min(seconds, 86400))


@given(operation=st.sampled_from(list(FIELDS)), data=st.data())
def test_any_json_in_an_input_has_properties(operation: str, data: st.DataObject) -> None:
    """Whatever JSON the fields hold, sizes are above 0 and durations within their bounds."""
    names = sorted(CATALOG.input_schema_of(CATALOG.operations[operation])["properties"])
    fields = data.draw(st.dictionaries(st.sampled_from(names), values))
    size, duration = find_properties(CATALOG, CATALOG.operations[operation], fields)
    assert size is None or min(size.width, size.height) > 0
    assert duration is None or 0.2 <= duration.seconds <= 86400


def test_what_the_service_changes_decides() -> None:
    """An extension of 7 seconds is normalised to 8, and lasts 8 seconds; with its source, as long as both."""
    body = {"operation": "sora2.video.extend", "input": {"sora_video_id": "video_1", "prompt": "x", "duration": 7}}
    _, properties = _find(body)
    assert properties.duration is not None
    assert properties.duration.seconds == 8
    body["input"]["source_duration"] = 12  # type: ignore[index]
    _, properties = _find(body)
    assert properties.duration is not None
    assert properties.duration.seconds == 20
