"""The files that the output of a success names: there, whole, and as the input asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.asset_files import (
    check_media_type,
    decode_picture,
    describe_file,
    fetch_asset,
    fetch_file,
)
from cannon_contract.client.expectations import expect, expect_equal, expect_status
from cannon_contract.client.flows import create_and_succeed, run_to_end, shared_run
from cannon_contract.client.media_files.measured_file import PictureSize
from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.suite.case_inputs import complete
from cannon_contract.suite.cases import (
    any_operation,
    each_computed_size,
    each_operation,
    each_ratio,
    each_table_size,
    each_tier_pair,
    has_asset,
    has_fields,
    has_image,
    has_outputs,
    list_file_claims,
)
from cannon_contract.suite.durations import DAY_S
from cannon_contract.suite.measured_outputs import RATIO, RATIO_TOLERANCE, expect_ratio, measure
from cannon_contract.suite.observed_values import note_size
from cannon_contract.suite.outputs import find_files, list_own_files, read_image_size
from cannon_spec.contract.media_types import find_media_type


def _find_shared_url(api: Api) -> str:
    return list_own_files(api, shared_run(api).output)[0].url


def _create_image(api: Api, body: dict[str, Any]) -> PictureSize:
    """The size of the image of a new request."""
    return read_image_size(api, create_and_succeed(api, body)["output"])


@pytest.mark.shares
@pytest.mark.claim("asset-hosted")
@each_operation(has_asset)
def test_each_file_can_be_fetched_whole(api: Api) -> None:
    """Each file of the output is there at the end, without a key, and whole: an image is decoded, another file read."""
    operation = api.catalog.operations[api.operation]
    for file in list_own_files(api, shared_run(api).output):
        if has_image(operation):
            decode_picture(fetch_file(api, file.member, file.url), describe_file(file.member, file.url))
        else:
            measure(api, file)


@pytest.mark.shares
@pytest.mark.claim("asset-provider-files")
@any_operation(has_asset, has_outputs("provider_image_urls"))
def test_the_files_of_the_provider_can_be_fetched(api: Api) -> None:
    """Each address in provider_image_urls leads to a whole image."""
    operation, output = api.catalog.operations[api.operation], shared_run(api).output
    for file in find_files(operation, output):
        if file.is_of_provider:
            try:
                response = fetch_file(api, file.member, file.url)
                decode_picture(response, describe_file(file.member, file.url))
            except ClaimBroken as error:
                raise ClaimBroken(str(error), claim_ids.ASSET_PROVIDER_FILES) from None


@pytest.mark.shares
@each_operation(has_asset, claims=list_file_claims)
def test_each_file_has_its_media_type(api: Api) -> None:
    """Each address of the output leads to a file of the media type of the example, in its header and in its bytes."""
    for file in list_own_files(api, shared_run(api).output):
        response = fetch_file(api, file.member, file.url)
        check_media_type(
            response,
            find_media_type(api.catalog.media["types"], file.example_name),
            describe_file(file.member, file.url),
        )


@pytest.mark.claim("asset-ratio")
@each_ratio()
def test_the_image_has_the_ratio_of_the_input(api: Api, changes: dict[str, Any]) -> None:
    """Width and height of the image are in the ratio that the input names, to within 2 %."""
    run = run_to_end(api, api.build_body(**changes)) if changes else shared_run(api)
    expect_ratio(read_image_size(api, run.output), run.body["input"].get("aspect_ratio"), "image")


@pytest.mark.claim("asset-larger-tier")
@each_tier_pair()
def test_a_higher_resolution_gives_a_larger_image(api: Api, low: dict[str, Any], high: dict[str, Any]) -> None:
    """The image of the highest resolution has more pixels than that of the lowest one."""
    small, large = (_create_image(api, api.build_body(**each)) for each in (low, high))
    what = f"the image with the resolution {high['resolution']}"
    expected = f"more pixels than {small}, the size with {low['resolution']}"
    expect(math.prod(large) > math.prod(small), what, expected, str(large))


@pytest.mark.shares
@pytest.mark.claim("asset-open")
@any_operation(has_asset)
def test_an_asset_answers_head_and_range(api: Api) -> None:
    """Without a key GET gives the file, HEAD its length, and a range only its bytes; the bytes are always the same."""
    url = _find_shared_url(api)
    whole, head, part = fetch_asset(api, url), fetch_asset(api, url, "HEAD"), fetch_asset(api, url, range="bytes=0-7")
    expect_status(whole, 200, "without a key")
    expect_status(head, 200, "without a key")
    expect_equal(head.content, b"", "the body of the reply to HEAD for an asset")
    expect_equal(head.headers.get("content-length"), str(len(whole.content)), "the Content-Length of HEAD for an asset")
    expect_status(part, 206, "with the Range bytes=0-7")
    expect_equal(part.content, whole.content[:8], "the first eight bytes of an asset, fetched as a range")
    expect_equal(fetch_asset(api, url).content, whole.content, "an asset that is fetched a second time")


@pytest.mark.shares
@pytest.mark.needs("asset key")
@pytest.mark.claim("asset-authorization")
@any_operation(has_asset)
def test_an_asset_is_refused_to_authorization(api: Api) -> None:
    """With an Authorization header, though not with the API key itself, GET of an asset is refused: 400, 401 or 403."""
    response = fetch_asset(api, _find_shared_url(api), authorization="Bearer another")
    expect_status(response, (400, 401, 403), "with an Authorization header")


@pytest.mark.claim("asset-expiry")
@pytest.mark.needs("clock")
@any_operation(has_asset)
def test_an_asset_expires_after_seven_days(make_own_mock: Callable[..., Api]) -> None:
    """An asset can be fetched for seven days after the end, and is answered with 410 after that."""
    api = make_own_mock()
    url = _find_shared_url(api)
    api.sleep(7 * DAY_S - 60)
    expect_status(fetch_asset(api, url), 200, "a minute before seven days are over")
    api.sleep(60)
    expect_status(fetch_asset(api, url), 410, "after seven days")


@each_table_size()
def test_the_image_has_the_size_of_the_table(api: Api, changes: dict[str, Any], size: str) -> None:
    """Width and height are those that the contract's table gives for resolution and ratio."""
    body = api.build_body(**changes)
    actual_size = _create_image(api, body)
    note_size(api, body, actual_size)
    expect_equal(str(actual_size), size, "the size of the image")


@pytest.mark.claim("pixels-defaults")
@pytest.mark.creates(1, resolution=None, aspect_ratio=None)
@any_operation(has_image, has_fields("resolution", "aspect_ratio"))
def test_without_resolution_and_ratio_the_image_is_the_default_square(api: Api, operation: str) -> None:
    """Without a resolution and a ratio, the image has the default resolution and is square."""
    body, image = api.build_body(resolution=None, aspect_ratio=None), api.catalog.media["image"]
    table = image["models"].get(body["input"].get("model"), image["computed"])
    tier = complete(api.catalog.operations[operation], body["input"]).get("resolution", table["resolution"])
    side = image["computed"]["side"].get(tier)
    size = table.get("sizes", {}).get(tier, {}).get("1:1", f"{side}x{side}")
    expect_equal(str(_create_image(api, body)), size, "the size of the image without a resolution and a ratio")


@pytest.mark.creates(1, aspect_ratio=None)
@pytest.mark.claim("image-output-default-ratio")
@any_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_without_a_ratio_the_output_has_that_of_the_image(api: Api) -> None:
    """Without an aspect_ratio in the input, the output has the ratio of the image."""
    output = create_and_succeed(api, api.build_body(aspect_ratio=None))["output"]
    size, ratio = read_image_size(api, output), output["aspect_ratio"]
    sides = RATIO.fullmatch(str(ratio))
    is_of_image = sides is not None and size.has_ratio(int(sides[1]), int(sides[2]), RATIO_TOLERANCE)
    expect(is_of_image, "aspect_ratio of the output", f"that of its image, {size}", ratio)


@pytest.mark.claim("pixels-computed")
@each_computed_size()
def test_without_a_table_the_size_is_computed_from_the_area(api: Api, changes: dict[str, Any]) -> None:
    """The area of a square of the resolution is divided by the ratio, in steps that are rounded down."""
    rule = api.catalog.media["image"]["computed"]
    wide, high = (int(part) for part in changes["aspect_ratio"].split(":"))
    area, step = rule["side"][changes["resolution"]] ** 2, rule["step"]
    width, height = (math.isqrt(area * a // b) // step * step for a, b in ((wide, high), (high, wide)))
    size = _create_image(api, api.build_body(**changes))
    expect_equal(str(size), f"{width}x{height}", "the size of the image")
