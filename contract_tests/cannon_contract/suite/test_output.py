"""What a success brings."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import create_and_succeed, fetch_asset, shared_run
from cannon_contract.client.outcomes import NotTested

_PNG = b"\x89PNG\r\n\x1a\n"
_DAY_S = 86_400


def _output(api: Api, **input: Any) -> dict[str, Any]:
    output: dict[str, Any] = create_and_succeed(api, api.build_body(**input))["output"]
    return output


def _size(api: Api, **input: Any) -> str:
    """Width and height of the picture made of an input, as ``1280x720``."""
    content = fetch_asset(api, _output(api, **input)["image_url"]).content
    if not content.startswith(_PNG):
        raise NotTested("the picture is no PNG file, whose size could be read")
    width, height = struct.unpack(">II", content[16:24])
    return f"{width}x{height}"


@pytest.mark.shares
@pytest.mark.claim("image-output-shape")
def test_the_output_has_the_documented_keys(api: Api) -> None:
    """The output of a success is held to the schema of its operation, and is about an image."""
    assert shared_run(api).output["asset_type"] == "image"


@pytest.mark.shares
@pytest.mark.claim("image-output-first")
def test_the_address_is_the_first_of_all(api: Api) -> None:
    """image_url is the first of image_urls."""
    output = shared_run(api).output
    assert output["image_url"] == output["image_urls"][0]


@pytest.mark.shares
@pytest.mark.claim("image-output-count")
def test_the_providers_images_are_counted(api: Api) -> None:
    """provider_image_count is the length of provider_image_urls."""
    output = shared_run(api).output
    assert output["provider_image_count"] == len(output["provider_image_urls"])


@pytest.mark.shares
@pytest.mark.claim("image-output-ratio")
def test_the_ratio_is_the_one_asked_for(api: Api) -> None:
    """aspect_ratio of the output is that of the input."""
    journey = shared_run(api)
    assert journey.output["aspect_ratio"] == journey.body["input"]["aspect_ratio"]


@pytest.mark.creates(1, aspect_ratio=None)
@pytest.mark.claim("image-output-default-ratio")
def test_without_a_ratio_the_output_names_that_of_the_picture(api: Api) -> None:
    """Without an aspect_ratio in the input the output names the ratio of the picture made."""
    output = _output(api, aspect_ratio=None)
    wide, _, high = output["aspect_ratio"].partition(":")
    width, height = struct.unpack(">II", fetch_asset(api, output["image_url"]).content[16:24])
    assert width * int(high) == height * int(wide)


@pytest.mark.shares
@pytest.mark.claim("image-output-names")
def test_the_output_names_the_model_as_the_request_did(api: Api) -> None:
    """The output's provider is cannon, and its model the identifier of the request."""
    journey = shared_run(api)
    assert (journey.output["provider"], journey.output["model"]) == ("cannon", journey.body["input"]["model"])


@pytest.mark.shares
@pytest.mark.claim("asset-one-image")
def test_one_request_makes_one_image(api: Api) -> None:
    """There is one address, and one of the provider's."""
    output = shared_run(api).output
    assert (len(output["image_urls"]), len(output["provider_image_urls"])) == (1, 1)


@pytest.mark.shares
@pytest.mark.claim("asset-png")
def test_the_asset_is_a_png(api: Api) -> None:
    """The address of the output leads to a PNG file."""
    response = fetch_asset(api, shared_run(api).output["image_url"])
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(_PNG)


@pytest.mark.shares
@pytest.mark.claim("asset-open")
def test_an_asset_answers_head_and_range(api: Api) -> None:
    """Without a key GET gives the file, HEAD its length, and a range just its bytes; the same bytes come each time."""
    url = shared_run(api).output["image_url"]
    whole, head, part = fetch_asset(api, url), fetch_asset(api, url, "HEAD"), fetch_asset(api, url, range="bytes=0-7")
    assert whole.status_code == 200
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(whole.content))
    assert (part.status_code, part.content) == (206, whole.content[:8])
    assert fetch_asset(api, url).content == whole.content


@pytest.mark.claim("asset-expiry")
@pytest.mark.needs("clock")
def test_an_asset_is_there_for_seven_days(own: Callable[..., Api]) -> None:
    """An asset can be fetched for seven days after the end, and is answered with 410 after that."""
    api = own()
    end = create_and_succeed(api)
    api.sleep(7 * _DAY_S - 60)
    assert fetch_asset(api, end["output"]["image_url"]).status_code == 200
    api.sleep(60)
    assert fetch_asset(api, end["output"]["image_url"]).status_code == 410


_SIZES = [
    ("gptimage2", "4K", "16:9"),
    ("gptimage2", "2K", "1:1"),
    ("nanobanana", None, "16:9"),
    ("nanobanana2", "1K", "1:8"),
    ("wan27image", "1K", "1:1"),
    ("wan27imagepro", "2K", "1:1"),
    ("grok", None, "3:2"),
    ("seedream5", "2K", "4:3"),
    ("seedream45", "2K", "21:9"),
]


@pytest.mark.parametrize(
    ("model", "resolution", "ratio"),
    [
        pytest.param(
            *case,
            marks=[
                pytest.mark.claim(f"{case[0]}-pixels"),
                pytest.mark.creates(1, model=case[0], resolution=case[1], aspect_ratio=case[2]),
            ],
        )
        for case in _SIZES
    ],
)
def test_the_picture_has_the_size_of_the_table(api: Api, model: str, resolution: str | None, ratio: str) -> None:
    """Width and height are those that the contract's table gives for resolution and ratio."""
    table = api.catalog.media["image"]["models"][model]
    expected = table["sizes"][resolution or table["resolution"]][ratio]
    assert _size(api, model=model, resolution=resolution, aspect_ratio=ratio) == expected


@pytest.mark.claim("pixels-defaults")
@pytest.mark.creates(1, resolution=None, aspect_ratio=None)
def test_without_resolution_and_ratio_the_picture_is_the_default_square(api: Api) -> None:
    """Without a resolution or a ratio the picture has the provider's default tier and is square."""
    chosen = api.build_body(resolution=None, aspect_ratio=None)["input"]["model"]
    computed = api.catalog.media["image"]["computed"]
    table = api.catalog.media["image"]["models"].get(chosen, computed)
    side = computed["side"][table["resolution"]]
    expected = table.get("sizes", {}).get(table["resolution"], {}).get("1:1", f"{side}x{side}")
    assert _size(api, resolution=None, aspect_ratio=None) == expected


@pytest.mark.claim("pixels-computed")
@pytest.mark.creates(1, model="flux2pro", resolution="1K", aspect_ratio="16:9")
def test_a_size_that_no_table_has_is_worked_out_from_the_area(api: Api) -> None:
    """1K at 16:9 of a model without a table: 1024 x 1024 pixels shared out, in steps of 16, rounded down."""
    assert _size(api, model="flux2pro", resolution="1K", aspect_ratio="16:9") == "1360x768"
