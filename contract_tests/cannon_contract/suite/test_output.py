"""The output of a success, and the files that it names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect, expect_count, expect_equal, expect_status
from cannon_contract.client.flows import SharedRun, create_and_succeed, fetch_asset, run_to_end, shared_run
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.case_inputs import complete
from cannon_contract.suite.cases import (
    any_operation,
    each_computed_size,
    each_conditional_output,
    each_operation,
    each_table_size,
    has_asset,
    has_fields,
    has_image,
    has_outputs,
    list_file_claims,
    list_output_claims,
    list_reply_claims,
)
from cannon_contract.suite.outputs import PNG, list_files, list_leaves, read_image_size, read_template
from cannon_spec.contract.media_types import KIND_PROPERTIES, find_media_type

_SIGNATURES = {
    "image/png": (0, (PNG,)),
    "video/mp4": (4, (b"ftyp",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3")),
    "audio/wav": (0, (b"RIFF",)),
    "model/gltf-binary": (0, (b"glTF",)),
    "application/x-subrip": (0, (b"1\n", b"1\r\n", b"\xef\xbb\xbf1")),
}
"""Where a file of a media type has which bytes: one of these."""
_DAY_S = 86_400


def _find_asset_url(api: Api, body: dict[str, Any], output: dict[str, Any]) -> str:
    """The address of the first file that an output names."""
    return list_files(api.catalog.operations[api.operation], body["input"], output)[0][1]


def _find_shared_url(api: Api) -> str:
    run = shared_run(api)
    return _find_asset_url(api, run.body, run.output)


def _read_size(api: Api, body: dict[str, Any], output: dict[str, Any]) -> tuple[int, int]:
    """Width and height of the image of an output, in pixels."""
    size = read_image_size(fetch_asset(api, _find_asset_url(api, body, output)).content)
    if size is None:
        raise NotTested("the image is not a PNG file, so its size was not read")
    return size


def _create_image(api: Api, body: dict[str, Any]) -> tuple[int, int]:
    """The size of the image of a new request."""
    return _read_size(api, body, create_and_succeed(api, body)["output"])


def _check_values(api: Api, run: SharedRun, template: Any) -> None:
    """Compare the texts of an output, its model, its cost and its fields of the input with the template.

    What follows from the tables of a kind of media, as the ratio of an image, has tests of its own.
    """
    values = {**run.body["input"], "credits": run.end["billableCredits"]}
    own_properties = KIND_PROPERTIES.get(api.catalog.operations[api.operation].kind, ())
    for leaf in list_leaves(template, run.output):
        if leaf.variable in values and leaf.variable not in own_properties:
            expect_equal(leaf.value, values[leaf.variable], f"{leaf.name} of the output")
        elif isinstance(leaf.template, str) and "$" not in leaf.template:
            expect_equal(leaf.value, leaf.template, f"{leaf.name} of the output")


def _check_files(api: Api, run: SharedRun) -> None:
    """Check the media type of each file of an output, in the header and in the bytes."""
    files = list_files(api.catalog.operations[api.operation], run.body["input"], run.output)
    expect(bool(files), "the output of a success", "the address of a file", list(run.output))
    for name, url in files:
        response, media_type = expect_status(fetch_asset(api, url), 200, "without a key"), find_media_type(name)
        expect_equal(response.headers.get("content-type"), media_type, f"the Content-Type of {name}")
        start, signatures = _SIGNATURES[media_type]
        first_bytes = response.content[start : start + max(map(len, signatures))]
        expected = f"{' or '.join(map(show, signatures))} ({media_type})"
        expect(first_bytes.startswith(signatures), f"the first bytes of {name}", expected, first_bytes)


@pytest.mark.shares
@each_operation(claims=list_output_claims)
def test_the_output_has_the_documented_shape(api: Api, operation: str) -> None:
    """The output of a success matches the schema of its operation."""
    run = shared_run(api)
    expect_equal(run.end["operation"], operation, "operation of a request that succeeded")
    expect(bool(run.output), "the output of a success", "at least one member", run.output)


@pytest.mark.shares
@each_operation(claims=list_reply_claims)
def test_the_output_has_the_values_of_the_contract(api: Api, operation: str) -> None:
    """The output has the constant texts of the contract, values of the input, the cost, and as many files as it says.

    A member that depends on a field of the input is absent without that field.
    """
    run, served_operation = shared_run(api), api.catalog.operations[operation]
    template = read_template(served_operation, run.body["input"])
    _check_values(api, run, template)
    surplus = [name for name in served_operation.replies["succeeded"] if name in run.output and name not in template]
    expect(not surplus, "the output of a success", "no members that need a field which the input lacks", surplus)


@each_conditional_output()
def test_the_output_has_the_members_of_the_input(api: Api, operation: str, changes: dict[str, Any]) -> None:
    """With the fields that members of the output depend on, the output has these members, and their files."""
    run, served_operation = run_to_end(api, api.build_body(**changes)), api.catalog.operations[operation]
    template = read_template(served_operation, run.body["input"])
    _check_values(api, run, template)
    expect_equal(list(template), list(served_operation.replies["succeeded"]), "the members of the output")
    if has_asset(served_operation):
        _check_files(api, run)


@pytest.mark.shares
@pytest.mark.claim("image-output-first")
@any_operation(has_outputs("image_url", "image_urls"))
def test_image_url_is_the_first_of_image_urls(api: Api) -> None:
    """The address in image_url is the first one in image_urls."""
    output = shared_run(api).output
    url, urls = output["image_url"], output["image_urls"]
    expect_equal(url, urls[0], "image_url of the output, compared with the first of its image_urls")


@pytest.mark.shares
@pytest.mark.claim("image-output-count")
@any_operation(has_outputs("provider_image_urls", "provider_image_count"))
def test_provider_image_count_is_the_number_of_urls(api: Api) -> None:
    """provider_image_count is the length of provider_image_urls."""
    output = shared_run(api).output
    count, urls = output["provider_image_count"], output["provider_image_urls"]
    expect_equal(count, len(urls), "provider_image_count of the output, compared with its provider_image_urls")


@pytest.mark.shares
@pytest.mark.claim("image-output-ratio")
@any_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_the_output_has_the_ratio_of_the_input(api: Api) -> None:
    """The aspect_ratio of the output is that of the input."""
    run = shared_run(api)
    expect_equal(run.output["aspect_ratio"], run.body["input"]["aspect_ratio"], "aspect_ratio of the output")


@pytest.mark.creates(1, aspect_ratio=None)
@pytest.mark.claim("image-output-default-ratio")
@any_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_without_a_ratio_the_output_has_that_of_the_image(api: Api) -> None:
    """Without an aspect_ratio in the input, the output has the ratio of the image."""
    body = api.build_body(aspect_ratio=None)
    output = create_and_succeed(api, body)["output"]
    wide, _, high = output["aspect_ratio"].partition(":")
    width, height = _read_size(api, body, output)
    is_of_ratio = width * int(high) == height * int(wide)
    expect(is_of_ratio, "aspect_ratio of the output", f"that of its image, {width} x {height}", output["aspect_ratio"])


@pytest.mark.shares
@pytest.mark.claim("asset-one-image")
@any_operation(has_image, has_outputs("image_urls", "provider_image_urls"))
def test_a_request_makes_one_image(api: Api) -> None:
    """image_urls and provider_image_urls have one address each."""
    output = shared_run(api).output
    for name in ("image_urls", "provider_image_urls"):
        expect_count(output[name], 1, f"{name} of the output")


@pytest.mark.shares
@each_operation(has_asset, claims=list_file_claims)
def test_each_file_has_its_media_type(api: Api) -> None:
    """Each address of the output leads to a file of the media type of its extension, and with the bytes of that."""
    _check_files(api, shared_run(api))


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


@pytest.mark.claim("asset-expiry")
@pytest.mark.needs("clock")
@any_operation(has_asset)
def test_an_asset_expires_after_seven_days(make_own_mock: Callable[..., Api]) -> None:
    """An asset can be fetched for seven days after the end, and is answered with 410 after that."""
    api = make_own_mock()
    url = _find_shared_url(api)
    api.sleep(7 * _DAY_S - 60)
    expect_status(fetch_asset(api, url), 200, "a minute before seven days are over")
    api.sleep(60)
    expect_status(fetch_asset(api, url), 410, "after seven days")


@each_table_size()
def test_the_image_has_the_size_of_the_table(api: Api, changes: dict[str, Any], size: str) -> None:
    """Width and height are those that the contract's table gives for resolution and ratio."""
    width, height = _create_image(api, api.build_body(**changes))
    expect_equal(f"{width}x{height}", size, "the size of the image")


@pytest.mark.claim("pixels-defaults")
@pytest.mark.creates(1, resolution=None, aspect_ratio=None)
@any_operation(has_image, has_fields("resolution", "aspect_ratio"))
def test_without_resolution_and_ratio_the_image_is_the_default_square(api: Api, operation: str) -> None:
    """Without a resolution and a ratio, the image has the default resolution and is square."""
    body, image = api.build_body(resolution=None, aspect_ratio=None), api.catalog.media["image"]
    table = image["models"].get(body["input"].get("model"), image["computed"])
    tier = complete(api.catalog.operations[operation], body["input"]).get("resolution", table["resolution"])
    side = image["computed"]["side"].get(tier)
    width, height = _create_image(api, body)
    size = table.get("sizes", {}).get(tier, {}).get("1:1", f"{side}x{side}")
    expect_equal(f"{width}x{height}", size, "the size of the image without a resolution and a ratio")


@pytest.mark.claim("pixels-computed")
@each_computed_size()
def test_without_a_table_the_size_is_computed_from_the_area(api: Api, changes: dict[str, Any]) -> None:
    """The area of a square of the resolution is divided by the ratio, in steps that are rounded down."""
    rule = api.catalog.media["image"]["computed"]
    wide, high = (int(part) for part in changes["aspect_ratio"].split(":"))
    area, step = rule["side"][changes["resolution"]] ** 2, rule["step"]
    width, height = (math.isqrt(area * a // b) // step * step for a, b in ((wide, high), (high, wide)))
    size = _create_image(api, api.build_body(**changes))
    expect_equal(size, (width, height), "width and height of the image")
