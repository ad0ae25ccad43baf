"""The files of an output as they are measured, and what the contract expects of them by the input (floor 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from cannon_contract.client.api import Api
from cannon_contract.client.asset_files import describe_file, fetch_file, measure_file
from cannon_contract.client.expectations import expect
from cannon_contract.client.media_files.measured_file import MeasuredFile, PictureSize
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.outputs import NamedFile, list_own_files
from cannon_spec import validate_request
from cannon_spec.contract.media_duration import MediaDuration
from cannon_spec.contract.media_properties import MediaProperties, find_properties
from cannon_spec.contract.media_size import MediaSize
from cannon_spec.contract.media_types import find_media_type, has_timed_file, is_video
from cannon_spec.contract.templates import find_variables
from cannon_spec.effective_input import CHANGES, build_effective_input
from cannon_spec.installation import advise_extra

RATIO = re.compile(r"([1-9][0-9]*):([1-9][0-9]*)")
RATIO_TOLERANCE = 0.02
"""By how much the ratio of a picture may differ: its sides are whole pixels, and often multiples of 16."""
TOLERANCE_S = 0.25
"""By how much a duration may differ: a file has whole frames, and many encoders add some at an end.

Five seconds of a model with 16 frames a second are 81 frames, 5.06 s.
"""
_MOCK_REASONS = {
    "sample": "a sample: whatever starts the mock lacks a package; {}",
    "shortened": "shorter or smaller than the input asks for, as this mock makes no larger ones",
}
"""What a file of our mock is that differs from the input, by its header ``x-mock-media``."""


def find_expected_size(api: Api, body: Mapping[str, Any]) -> MediaSize:
    """The size of the files of a body by the contract. Raises NotTested where they have none."""
    size = _find_expected_media(api, body).size
    if size is None:
        raise NotTested("the files of this operation have no size")
    return size


def find_expected_duration(api: Api, body: Mapping[str, Any]) -> MediaDuration:
    """The duration of the files of a body by the contract. Raises NotTested where they have none."""
    duration = _find_expected_media(api, body).duration
    if duration is None:
        raise NotTested("the files of this operation have no duration")
    return duration


def _find_expected_media(api: Api, body: Mapping[str, Any]) -> MediaProperties:
    """Size and duration of the files of a body by the contract: of the input as the service takes it."""
    operation = api.catalog.operations[api.operation]
    kinds = (*CHANGES, "cap") if api.read_switch("square_4k", "refuse") == "cap" else CHANGES
    findings = validate_request(body, catalog=api.catalog).findings
    input = build_effective_input(api.catalog, operation, body, findings, kinds).input
    return find_properties(api.catalog, operation, input)


def expect_ratio(size: PictureSize, ratio: Any, what: str, *claims: str) -> None:
    """Raise ClaimBroken unless an image or a video has the ratio that its input names, to within 2 %.

    Raises NotTested where that is no ratio.
    """
    sides = RATIO.fullmatch(str(ratio))
    if sides is None:
        raise NotTested(f"the input has the aspect_ratio {ratio}, which is no ratio of two numbers")
    has_ratio = size.has_ratio(int(sides[1]), int(sides[2]), RATIO_TOLERANCE)
    expect(has_ratio, f"the {what} of a create with the aspect_ratio {ratio}", f"the ratio {ratio}", str(size), *claims)


def expect_duration(actual_s: float, expected_s: float, what: str, *claims: str) -> None:
    """Raise ClaimBroken unless a duration is the expected one, to within a quarter of a second."""
    is_kept = abs(actual_s - expected_s) <= TOLERANCE_S
    expect(is_kept, f"the duration of {what}", f"{expected_s:g} s", f"{actual_s:.6g} s", *claims)


def list_durations(api: Api, output: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """How long each video, sound and subtitle file of an output lasts, after the words for it in a sentence.

    Our mock has files that no output names: they are beside the first one. Raises NotTested where there is no file that
    lasts, or one does not say how long.
    """
    types = api.catalog.media["types"]
    files = [each for each in _list_all_files(api, output) if has_timed_file(types, [each.example_name])]
    if not files:
        raise NotTested("the output names no file that lasts")
    for file in files:
        what, duration_s = describe_file(file.member, file.url), _measure_result(api, file).duration_s
        if duration_s is None:
            raise NotTested(f"{what} does not say how long it lasts")
        yield what, duration_s


def read_video_size(api: Api, output: Mapping[str, Any]) -> PictureSize:
    """The size of the first video that an output names. Raises NotTested where it names none that can be read."""
    for file in list_own_files(api, output):
        if is_video(api.catalog.media["types"], file.example_name):
            size = _measure_result(api, file).size
            if size is None:
                raise NotTested(f"{describe_file(file.member, file.url)} does not say how large it is")
            return size
    raise NotTested("the output names no video")


def measure(api: Api, file: NamedFile) -> MeasuredFile:
    """Measure a file of an output, whatever the input asks for."""
    response = fetch_file(api, file.member, file.url)
    return measure_file(
        response, find_media_type(api.catalog.media["types"], file.example_name), describe_file(file.member, file.url)
    )


def _measure_result(api: Api, file: NamedFile) -> MeasuredFile:
    """Measure a file. Raises NotTested for one that our mock says to be another than the input asks for."""
    response, what = fetch_file(api, file.member, file.url), describe_file(file.member, file.url)
    reason = _MOCK_REASONS.get(response.headers.get("x-mock-media", "")) if api.is_mock else None
    if reason is not None:
        raise NotTested(f"{what} is {reason.format(advise_extra('media'))}")
    return measure_file(response, find_media_type(api.catalog.media["types"], file.example_name), what)


def _list_all_files(api: Api, output: Mapping[str, Any]) -> Iterator[NamedFile]:
    files = list_own_files(api, output)
    yield from files
    if api.is_mock:
        operation = api.catalog.operations[api.operation]
        named_files = set(find_variables(operation.replies["succeeded"]))
        for variable, name in operation.files.items():
            if variable not in named_files:
                yield NamedFile("the output's folder", name, urljoin(files[0].url, name))
