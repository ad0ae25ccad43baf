"""What a success brings."""

from __future__ import annotations

import struct

import httpx
import pytest

from contract_tests.journey import body, made
from contract_tests.target import Api

_PNG = b"\x89PNG\r\n\x1a\n"


def _asset(api: Api, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """An asset, asked for without the API key."""
    request = httpx.Request(method, url, headers=headers)
    return api.client.send(request, follow_redirects=True)


@pytest.mark.creates(1)
@pytest.mark.claim("image-output-shape", "image-output-first", "image-output-count", "image-output-ratio")
def test_the_output_agrees_with_itself(api: Api) -> None:
    """image_url is the first of image_urls, the provider's are counted, the ratio is the one asked for."""
    output = made(api, body())["output"]
    assert output["image_url"] == output["image_urls"][0]
    assert output["provider_image_count"] == len(output["provider_image_urls"])
    assert output["aspect_ratio"] == "16:9"


@pytest.mark.creates(1)
@pytest.mark.claim("asset-png")
def test_the_asset_is_a_png(api: Api) -> None:
    """The address of the output leads to a PNG file."""
    response = _asset(api, made(api, body())["output"]["image_url"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(_PNG)


@pytest.mark.creates(1)
@pytest.mark.claim("gptimage2-pixels")
@pytest.mark.parametrize(("ratio", "resolution"), [("16:9", "4K"), ("1:1", "2K")])
def test_the_picture_has_the_size_of_the_table(api: Api, ratio: str, resolution: str) -> None:
    """Width and height are those that the contract's table gives for resolution and ratio."""
    output = made(api, body(aspect_ratio=ratio, resolution=resolution))["output"]
    width, height = struct.unpack(">II", _asset(api, output["image_url"]).content[16:24])
    assert f"{width}x{height}" == api.catalog.pixels["models"]["gptimage2"]["sizes"][resolution][ratio]


@pytest.mark.creates(1)
@pytest.mark.claim("asset-open")
def test_an_asset_answers_head_and_range(api: Api) -> None:
    """HEAD gives the length without the bytes, a range gives just its bytes, and the same bytes come each time."""
    url = made(api, body())["output"]["image_url"]
    whole = _asset(api, url)
    head, part = _asset(api, url, "HEAD"), _asset(api, url, range="bytes=0-7")
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(whole.content))
    assert (part.status_code, part.content) == (206, whole.content[:8])
    assert _asset(api, url).content == whole.content
