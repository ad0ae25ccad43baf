"""Videos, sounds and subtitles last as long as their input asks for, and videos are as large."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.expectations import expect_equal
from cannon_contract.client.flows import shared_run
from cannon_contract.suite.measured_outputs import (
    expect_duration,
    expect_ratio,
    find_expected_duration,
    find_expected_size,
    list_durations,
    read_video_size,
)
from cannon_contract.suite.media_cases import each_timed_operation, each_video_ratio, each_video_size
from cannon_contract.suite.observed_values import note_default_duration, note_size


@each_timed_operation()
def test_each_file_lasts_as_long_as_the_input_asks_for(api: Api, changes: dict[str, Any]) -> None:
    """Each video, sound and subtitle file lasts as long as the input says, to within a quarter of a second."""
    run = shared_run(api, api.build_body(**changes))
    expected_s = find_expected_duration(api, run.body).seconds
    for what, duration_s in list_durations(api, run.output):
        note_default_duration(api, run.body, duration_s)
        expect_duration(duration_s, expected_s, what)


@pytest.mark.claim("asset-video-ratio")
@each_video_ratio()
def test_a_video_has_the_ratio_of_the_input(api: Api, changes: dict[str, Any]) -> None:
    """Width and height of the video are in the ratio that the input names, to within 2 %."""
    run = shared_run(api, api.build_body(**changes))
    expect_ratio(read_video_size(api, run.output), run.body["input"].get("aspect_ratio"), "video")


@each_video_size()
def test_a_video_has_the_size_of_its_resolution(api: Api, changes: dict[str, Any]) -> None:
    """A video has the size that the contract gives for resolution and ratio; without a ratio, its shorter side."""
    run = shared_run(api, api.build_body(**changes))
    size, expected_size = read_video_size(api, run.output), find_expected_size(api, run.body)
    if "aspect_ratio" in run.body["input"]:
        note_size(api, run.body, size)
        expect_equal(str(size), f"{expected_size.width}x{expected_size.height}", "the size of the video")
    else:
        expect_equal(min(size), min(expected_size[:2]), "the shorter side of the video")
