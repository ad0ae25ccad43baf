"""The output of a success, and the files that it names."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.flows import create_and_succeed, fetch_asset, shared_run
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.cases import (
    each_computed_size,
    each_operation,
    each_table_size,
    has_asset,
    has_fields,
    has_image,
    has_outputs,
    list_output_claims,
    list_reply_claims,
)
from cannon_spec.contract.media_checks import find_media_type

_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = {
    "image/png": (0, (_PNG,)),
    "video/mp4": (4, (b"ftyp",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "audio/wav": (0, (b"RIFF",)),
    "model/gltf-binary": (0, (b"glTF",)),
    "application/x-subrip": (0, (b"1\n", b"1\r\n", b"\xef\xbb\xbf1")),
}
"""Where a file of a media type has which bytes: one of these."""
_DAY_S = 86_400


def _find_asset_url(api: Api, output: dict[str, Any]) -> str:
    """The address of the first file that the contract's template of the output names."""
    data = api.catalog.operations[api.operation].data
    variable = f"${next(iter(data['media']['files']))}"
    template = data["replies"]["succeeded"]
    url: str = next(output[name] for name, value in template.items() if value == variable)
    return url


def _read_size(api: Api, output: dict[str, Any]) -> tuple[int, int]:
    """Width and height of the image of an output, in pixels."""
    content = fetch_asset(api, _find_asset_url(api, output)).content
    if not content.startswith(_PNG):
        raise NotTested("the image is not a PNG file, so its size was not read")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _create_output(api: Api, **changes: Any) -> dict[str, Any]:
    output: dict[str, Any] = create_and_succeed(api, api.build_body(**changes))["output"]
    return output


@pytest.mark.shares
@each_operation(claims=list_output_claims)
def test_the_output_has_the_documented_shape(api: Api, operation: str) -> None:
    """The output of a success matches the schema of its operation."""
    run = shared_run(api)
    assert run.end["operation"] == operation
    assert run.output


@pytest.mark.shares
@each_operation(claims=list_reply_claims)
def test_the_output_has_the_values_of_the_contract(api: Api, operation: str) -> None:
    """The output has the constant texts of the contract, the model of the input, and as many files as it says."""
    run = shared_run(api)
    for name, value in api.catalog.operations[operation].data["replies"]["succeeded"].items():
        if isinstance(value, list):
            assert len(run.output[name]) == len(value), name
        elif value == "$model":
            assert run.output[name] == run.body["input"]["model"], name
        elif isinstance(value, str) and "$" not in value:
            assert run.output[name] == value, name


@pytest.mark.shares
@pytest.mark.claim("image-output-first")
@each_operation(has_outputs("image_url", "image_urls"))
def test_image_url_is_the_first_of_image_urls(api: Api) -> None:
    """The address in image_url is the first one in image_urls."""
    output = shared_run(api).output
    assert output["image_url"] == output["image_urls"][0]


@pytest.mark.shares
@pytest.mark.claim("image-output-count")
@each_operation(has_outputs("provider_image_urls", "provider_image_count"))
def test_provider_image_count_is_the_number_of_urls(api: Api) -> None:
    """provider_image_count is the length of provider_image_urls."""
    output = shared_run(api).output
    assert output["provider_image_count"] == len(output["provider_image_urls"])


@pytest.mark.shares
@pytest.mark.claim("image-output-ratio")
@each_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_the_output_has_the_ratio_of_the_input(api: Api) -> None:
    """The aspect_ratio of the output is that of the input."""
    run = shared_run(api)
    assert run.output["aspect_ratio"] == run.body["input"]["aspect_ratio"]


@pytest.mark.creates(1, aspect_ratio=None)
@pytest.mark.claim("image-output-default-ratio")
@each_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_without_a_ratio_the_output_has_that_of_the_image(api: Api) -> None:
    """Without an aspect_ratio in the input, the output has the ratio of the image."""
    output = _create_output(api, aspect_ratio=None)
    wide, _, high = output["aspect_ratio"].partition(":")
    width, height = _read_size(api, output)
    assert width * int(high) == height * int(wide)


@pytest.mark.shares
@pytest.mark.claim("image-output-names")
@each_operation(has_image, has_fields("model"), has_outputs("provider", "model"))
def test_the_output_names_the_model_of_the_request(api: Api) -> None:
    """The provider of the output is cannon, and its model is the identifier in the input."""
    run = shared_run(api)
    assert (run.output["provider"], run.output["model"]) == ("cannon", run.body["input"]["model"])


@pytest.mark.shares
@pytest.mark.claim("asset-one-image")
@each_operation(has_image, has_outputs("image_urls", "provider_image_urls"))
def test_a_request_makes_one_image(api: Api) -> None:
    """image_urls and provider_image_urls have one address each."""
    output = shared_run(api).output
    assert (len(output["image_urls"]), len(output["provider_image_urls"])) == (1, 1)


@pytest.mark.shares
@each_operation(has_asset, claims=lambda operation: [claim_ids.ASSET_PNG] if has_image(operation) else [])
def test_the_asset_has_its_media_type(api: Api, operation: str) -> None:
    """The address of the output leads to a file of the media type of its extension."""
    media_type = find_media_type(next(iter(api.catalog.operations[operation].data["media"]["files"].values())))
    response = fetch_asset(api, _find_asset_url(api, shared_run(api).output))
    assert response.headers["content-type"] == media_type
    start, signatures = _SIGNATURES[media_type]
    assert response.content.startswith(signatures, start)


@pytest.mark.shares
@pytest.mark.claim("asset-open")
@each_operation(has_asset)
def test_an_asset_answers_head_and_range(api: Api) -> None:
    """Without a key GET gives the file, HEAD its length, and a range only its bytes; the bytes are always the same."""
    url = _find_asset_url(api, shared_run(api).output)
    whole, head, part = fetch_asset(api, url), fetch_asset(api, url, "HEAD"), fetch_asset(api, url, range="bytes=0-7")
    assert whole.status_code == 200
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(whole.content))
    assert (part.status_code, part.content) == (206, whole.content[:8])
    assert fetch_asset(api, url).content == whole.content


@pytest.mark.claim("asset-expiry")
@pytest.mark.needs("clock")
@each_operation(has_asset)
def test_an_asset_expires_after_seven_days(make_own_mock: Callable[..., Api]) -> None:
    """An asset can be fetched for seven days after the end, and is answered with 410 after that."""
    api = make_own_mock()
    url = _find_asset_url(api, create_and_succeed(api)["output"])
    api.sleep(7 * _DAY_S - 60)
    assert fetch_asset(api, url).status_code == 200
    api.sleep(60)
    assert fetch_asset(api, url).status_code == 410


@each_table_size()
def test_the_image_has_the_size_of_the_table(api: Api, changes: dict[str, Any], size: str) -> None:
    """Width and height are those that the contract's table gives for resolution and ratio."""
    width, height = _read_size(api, _create_output(api, **changes))
    assert f"{width}x{height}" == size


@pytest.mark.claim("pixels-defaults")
@pytest.mark.creates(1, resolution=None, aspect_ratio=None)
@each_operation(has_image, has_fields("resolution", "aspect_ratio"))
def test_without_resolution_and_ratio_the_image_is_the_default_square(api: Api) -> None:
    """Without a resolution and a ratio, the image has the model's default resolution and is square."""
    body, image = api.build_body(resolution=None, aspect_ratio=None), api.catalog.media["image"]
    table = image["models"].get(body["input"]["model"], image["computed"])
    side = image["computed"]["side"].get(table["resolution"])
    listed_sizes = table.get("sizes", {}).get(table["resolution"], {})
    width, height = _read_size(api, create_and_succeed(api, body)["output"])
    assert f"{width}x{height}" == listed_sizes.get("1:1", f"{side}x{side}")


@pytest.mark.claim("pixels-computed")
@each_computed_size()
def test_without_a_table_the_size_is_computed_from_the_area(api: Api, changes: dict[str, Any]) -> None:
    """The area of a square of the resolution is divided by the ratio, in steps that are rounded down."""
    rule = api.catalog.media["image"]["computed"]
    wide, high = (int(part) for part in changes["aspect_ratio"].split(":"))
    area, step = rule["side"][changes["resolution"]] ** 2, rule["step"]
    width, height = (math.isqrt(area * a // b) // step * step for a, b in ((wide, high), (high, wide)))
    assert _read_size(api, _create_output(api, **changes)) == (width, height)
