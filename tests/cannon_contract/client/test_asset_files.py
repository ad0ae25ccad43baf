"""Files that outputs name: what is whole, what an image is, and what a call that fails is a finding about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import httpx
import pytest
from PIL import Image

from cannon_contract.client import asset_files
from cannon_contract.client.api import Api
from cannon_contract.client.asset_files import (
    check_media_type,
    decode_picture,
    fetch_asset,
    fetch_file,
    read_picture_size,
)
from cannon_contract.client.bounded_reading import LargeReply, SlowReply
from cannon_contract.client.media_files.measured_file import PictureSize
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.runner.mock_target import make_mock_api
from tests.support.payloads import CATALOG

URL = "http://files.test/image.png?signature=secret"


def make_api(respond: Callable[[httpx.Request], httpx.Response]) -> Api:
    """A target that answers each call by a function."""
    return replace(make_mock_api(CATALOG, "image.generate"), send=respond, is_mock=False)


def make_response(content: bytes, **headers: str) -> httpx.Response:
    """A successful response with a body."""
    named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers=named_headers, content=content, request=httpx.Request("GET", URL))


def encode(format: str, size: tuple[int, int] = (32, 18)) -> bytes:
    """An image with noise in it, so that no half of it can be left out."""
    file = BytesIO()
    Image.effect_noise(size, 64).save(file, format)
    return file.getvalue()


def raise_error(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    """A function that answers no call."""

    def respond(request: httpx.Request) -> httpx.Response:
        raise error

    return respond


@pytest.mark.parametrize("error", [LargeReply("more than 40 MiB"), SlowReply("no whole reply after 120 s")])
def test_a_file_that_is_too_large_to_be_read_shows_nothing(error: httpx.TransportError) -> None:
    """No page says how large a file may be, or how fast it comes: one that is not read whole breaks no claim."""
    with pytest.raises(NotTested, match=f"^GET http://files.test/image.png: no whole reply was read: {error}$"):
        fetch_asset(make_api(raise_error(error)), URL)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.RemoteProtocolError("closed"), httpx.TooManyRedirects("20")]
)
@pytest.mark.parametrize(
    ("method", "headers", "claim"),
    [("GET", {}, "asset-hosted"), ("HEAD", {}, "asset-open"), ("GET", {"range": "bytes=0-7"}, "asset-open")],
)
def test_a_call_without_a_reply_is_about_the_file(
    error: Exception, method: str, headers: dict[str, str], claim: str
) -> None:
    """A file that gives no whole reply breaks the claim on files, and the sentence names the address unsigned."""
    with pytest.raises(ClaimBroken, match=type(error).__name__) as broken:
        fetch_asset(make_api(raise_error(error)), URL, method, **headers)
    assert broken.value.claims == (claim,)
    assert "secret" not in str(broken.value)


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (httpx.Response(404, request=httpx.Request("GET", URL)), "expected the file, got 404"),
        (make_response(b""), "expected at least one byte, got 0 bytes"),
        (make_response(b"12345", content_length="6"), "expected 6 bytes, as its Content-Length says, got 5"),
    ],
)
def test_a_file_is_there_and_whole(response: httpx.Response, sentence: str) -> None:
    """A file that is not there, is empty, or is shorter than announced breaks the claim on files."""
    with pytest.raises(ClaimBroken, match=sentence) as broken:
        fetch_file(make_api(lambda request: response), "image_url", URL)
    assert broken.value.claims == ("asset-hosted",)
    assert str(broken.value).startswith("the file at image_url (http://files.test/image.png): ")


def test_the_length_of_a_compressed_file_is_not_compared() -> None:
    """Content-Length counts the bytes of a compressed reply, which are not those of the file."""
    response = make_response(b"12345")
    response.headers.update({"content-length": "3", "content-encoding": "gzip"})
    assert fetch_file(make_api(lambda request: response), "image_url", URL).content == b"12345"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_image_of_any_format_is_decoded(format: str) -> None:
    """The size of an image is read, whatever its format is, and half of it is no image."""
    content = encode(format)
    assert decode_picture(make_response(content), "the file") == PictureSize(32, 18)
    assert read_picture_size(content) == PictureSize(32, 18)
    with pytest.raises(ClaimBroken, match=r"cannot be decoded|expected an image"):
        decode_picture(make_response(content[: len(content) // 2]), "the file")


def test_an_image_with_a_changed_byte_is_broken() -> None:
    """The checksums of a PNG file are compared too."""
    content = bytearray(encode("PNG"))
    content[len(content) // 2] ^= 1
    with pytest.raises(ClaimBroken, match="cannot be decoded"):
        decode_picture(make_response(bytes(content)), "the file")


@pytest.mark.parametrize(
    ("media_type", "error", "sentence"),
    [
        ("text/html", ClaimBroken, "expected an image, got 9 bytes .*text/html"),
        ("image/png", ClaimBroken, "expected an image"),
        ("image/x-raw; q=1", NotTested, "is image/x-raw, which cannot be decoded here"),
    ],
)
def test_what_is_no_image_breaks_the_claim(media_type: str, error: type[Exception], sentence: str) -> None:
    """A page in place of an image breaks the claim on files; a format that Pillow does not read shows nothing."""
    with pytest.raises(error, match=sentence):
        decode_picture(make_response(b"<!doctype", content_type=media_type), "the file")
    assert read_picture_size(b"<!doctype") is None


def test_an_image_that_is_too_large_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that is not decoded for its size is not called broken, neither by our limit nor by Pillow's."""
    monkeypatch.setattr(asset_files, "MOST_PIXELS", 32 * 18)
    assert decode_picture(make_response(encode("PNG")), "the file") == PictureSize(32, 18)
    monkeypatch.setattr(asset_files, "MOST_PIXELS", 32 * 18 - 1)
    with pytest.raises(NotTested, match="the file has more than 575 pixels, and is not decoded here"):
        decode_picture(make_response(encode("PNG")), "the file")
    monkeypatch.setattr(asset_files, "MOST_PIXELS", 30_000_000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(NotTested, match="more than 30000000 pixels"):
        decode_picture(make_response(encode("PNG")), "the file")


@pytest.mark.parametrize("format", ["BMP", "TIFF", "ICO", "JPEG2000"])
def test_a_format_that_is_not_decoded_shows_nothing(format: str) -> None:
    """Few decoders read what a stranger sends; an image of another format is not called broken."""
    content = encode(format)
    with pytest.raises(NotTested, match="the file is of another format, which cannot be decoded here"):
        decode_picture(make_response(content, content_type="image/png"), "the file")
    assert read_picture_size(content) is None


@pytest.mark.parametrize(
    ("size", "ratio", "has_ratio"),
    [
        (PictureSize(1280, 720), (16, 9), True),
        (PictureSize(1344, 768), (16, 9), True),
        (PictureSize(1024, 768), (5, 4), False),
        (PictureSize(720, 1280), (16, 9), False),
    ],
)
def test_a_ratio_has_a_tolerance(size: PictureSize, ratio: tuple[int, int], has_ratio: bool) -> None:
    """Sides that are multiples of 16 have the nearest ratio, and no other one."""
    assert size.has_ratio(*ratio, 0.02) is has_ratio


@pytest.mark.parametrize(
    ("content", "header", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/jpeg", 'the Content-Type of the file: expected image/png, got "image/jpeg"'),
        (b"\xff\xd8\xff", "image/png", "the first bytes of the file"),
    ],
)
def test_a_media_type_is_in_the_header_and_in_the_bytes(content: bytes, header: str, sentence: str) -> None:
    """A file has its media type in both places; parameters of the header do not count."""
    with pytest.raises(ClaimBroken, match=sentence):
        check_media_type(make_response(content, content_type=header), "image/png", "the file")
    check_media_type(make_response(b"\x89PNG\r\n\x1a\n", content_type="image/PNG; x=1"), "image/png", "the file")
