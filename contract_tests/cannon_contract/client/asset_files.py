"""The files that outputs name: fetched without an API key, measured, and decoded where they are images (floor 6).

A file that cannot be fetched is a finding about the file: the target itself may answer every call.
"""

from __future__ import annotations

import struct
from io import BytesIO

import httpx
from PIL import Image, UnidentifiedImageError, features

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.bounded_reading import LargeReply, SlowReply
from cannon_contract.client.differences import shorten, show
from cannon_contract.client.expectations import SUCCESS, describe_answer, expect
from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, PictureSize, UnknownFormat
from cannon_contract.client.media_files.media_reading import find_reader, has_other_format
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec.contract.wording import format_count

_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
MOST_PIXELS = 30_000_000
"""How many pixels an image may have that is decoded here: each takes up to four bytes."""


def _list_formats() -> tuple[str, ...]:
    """List the formats of images that are decoded here, of which this machine may lack AVIF."""
    try:
        has_avif = features.check_module("avif")
    except ValueError:  # a version of Pillow that does not know it
        has_avif = False
    return ("PNG", "JPEG", "WEBP", "GIF", *(["AVIF"] if has_avif else []))


_FORMATS = _list_formats()
_OTHER_IMAGES = (
    *(b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"8BPS", b"qoif"),
    *(b"\0\0\0\x0cjP  ", b"\0\0\0\x0cJXL ", b"\xff\x0a"),
)
"""How files of images begin that are not decoded here."""
_OTHER_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_SIGNATURES = {
    "video/mp4": (4, (b"ftyp",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3")),
    "audio/wav": (0, (b"RIFF",)),
    "model/gltf-binary": (0, (b"glTF",)),
    "application/x-subrip": (0, (b"1\n", b"1\r\n", b"\xef\xbb\xbf1")),
    "image/png": (0, (b"\x89PNG\r\n\x1a\n",)),
}
"""Where a file of a media type has which bytes: one of these."""
_KINDS = {"video": "video", "audio": "sound", "model": "scene", "application": "subtitle file"}
"""What a file is, by the first part of its media type."""


def fetch_asset(api: Api, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """The response to a call for a file, without the API key, after redirects.

    Raises ClaimBroken where no whole response comes: of a plain GET it breaks the claim that assets are hosted, of any
    other call that they answer HEAD and ranges. Raises NotTested for a file that is larger than what is read, or takes
    longer: no page says how large one may be.
    """
    try:
        response: httpx.Response = api.call(method, url, headers)
    except (LargeReply, SlowReply) as error:
        raise NotTested(f"{method} {_shorten_url(url)}: no whole reply was read: {error}") from None
    except (httpx.RequestError, httpx.InvalidURL) as error:
        claim = claim_ids.ASSET_OPEN if headers or method != "GET" else claim_ids.ASSET_HOSTED
        reason = f"{type(error).__name__}: {shorten(str(error))}"
        raise ClaimBroken(f"{method} {_shorten_url(url)}: expected a whole reply, got {reason}", claim) from None
    return response


def fetch_file(api: Api, member: str, url: str) -> httpx.Response:
    """The response to a GET for the file at the address in a member of an output.

    Raises ClaimBroken where the file is not there, is empty, or has not the length that its headers announce.
    """
    response, what = fetch_asset(api, url), describe_file(member, url)
    if response.status_code not in SUCCESS:
        raise ClaimBroken(f"{what}: expected the file, got {describe_answer(response)}", claim_ids.ASSET_HOSTED)
    expect(bool(response.content), what, "at least one byte", response.content, claim_ids.ASSET_HOSTED)
    length = response.headers.get("content-length")
    # Of a compressed reply the header counts the bytes before httpx unpacked them.
    if length is not None and "content-encoding" not in response.headers and int(length) != len(response.content):
        sentence = f"{what}: expected {length} bytes, as its Content-Length says, got {len(response.content)}"
        raise ClaimBroken(sentence, claim_ids.ASSET_HOSTED)
    return response


def describe_file(member: str, url: str) -> str:
    """The words for a file in a sentence, without the signature of its address."""
    return f"the file at {member} ({_shorten_url(url)})"


def decode_picture(response: httpx.Response, what: str) -> PictureSize:
    """The size of an image of any format, which is decoded to its last line.

    Raises ClaimBroken for a file that is no image, or a broken one; NotTested where this machine cannot tell.
    """
    try:
        with _open_image(response.content) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError  # what Pillow raises above its own limit
            image.verify()
        with _open_image(response.content) as image:
            image.load()
            return PictureSize(*image.size)
    except _TOO_LARGE:
        raise NotTested(f"{what} has more than {MOST_PIXELS} pixels, and is not decoded here") from None
    except UnidentifiedImageError:
        _check_readable(response, what)
        raise ClaimBroken(_describe_no_media(response, "image", what), claim_ids.ASSET_HOSTED) from None
    except Exception as error:  # noqa: BLE001 - a decoder raises errors of many types for broken bytes
        reason = f"{len(response.content)} bytes that cannot be decoded: {shorten(str(error))}"
        raise ClaimBroken(f"{what}: expected a whole image, got {reason}", claim_ids.ASSET_HOSTED) from None


def read_picture_size(content: bytes) -> PictureSize | None:
    """The size that the head of an image names; None for a file that is no image."""
    try:
        with _open_image(content) as image:
            return PictureSize(*image.size)
    except (OSError, ValueError, SyntaxError, struct.error, *_TOO_LARGE):
        return None


def measure_file(response: httpx.Response, media_type: str, what: str) -> MeasuredFile:
    """How long a video, a sound or subtitles last and how large the picture is, by the headers in the file.

    ``media_type`` is that of the example. Raises ClaimBroken for a file that is not of its kind or not whole, and
    NotTested for a format that is not read here.
    """
    kind, content = _KINDS[media_type.partition("/")[0]], response.content
    read = find_reader(content)
    if read is None:
        _check_other_kind(response, media_type, what)
        raise ClaimBroken(_describe_no_media(response, kind, what), claim_ids.ASSET_HOSTED)
    try:
        return read(content)
    except UnknownFormat as error:
        raise NotTested(f"{what} is {error}, which is not read here") from None
    except BrokenFile as error:
        sentence = f"{what}: expected a whole {kind}, got {format_count(len(content), 'byte')}: {error}"
        raise ClaimBroken(sentence, claim_ids.ASSET_HOSTED) from None


def read_size(content: bytes) -> PictureSize | None:
    """The size of an image or a video by its head; None for a file that has none, or that is not read here."""
    read = find_reader(content)
    try:
        return read(content).size if read else read_picture_size(content)
    except (BrokenFile, UnknownFormat):
        return None


def check_media_type(response: httpx.Response, media_type: str, what: str) -> None:
    """Raise ClaimBroken unless a file has a media type, in its header and in its first bytes."""
    header_type = _read_media_type(response)
    expect(header_type == media_type, f"the Content-Type of {what}", media_type, header_type)
    start, signatures = _SIGNATURES[media_type]
    first_bytes = response.content[start : start + max(map(len, signatures))]
    expected = f"{' or '.join(map(show, signatures))} ({media_type})"
    expect(first_bytes.startswith(signatures), f"the first bytes of {what}", expected, first_bytes)


def _check_readable(response: httpx.Response, what: str) -> None:
    """Raise NotTested for an image in a format that is not decoded here, by its header or by its first bytes."""
    media_type, content = _read_media_type(response), response.content
    is_other_image = content.startswith(_OTHER_IMAGES) or (content[4:8] == b"ftyp" and content[8:12] in _OTHER_BRANDS)
    if is_other_image or (media_type.startswith("image/") and media_type not in map(Image.MIME.get, _FORMATS)):
        name = shorten(media_type) if media_type not in map(Image.MIME.get, _FORMATS) else "of another format"
        raise NotTested(f"{what} is {name}, which cannot be decoded here")


def _check_other_kind(response: httpx.Response, media_type: str, what: str) -> None:
    """Raise NotTested for a file in a format that is not read here, by its header or by its first bytes."""
    header_type, kind = _read_media_type(response), media_type.partition("/")[0]
    is_other = header_type not in _SIGNATURES and header_type.startswith((f"{kind}/", "text/vtt", "model/"))
    if is_other or has_other_format(response.content):
        name = shorten(header_type) if is_other else "of another format"
        raise NotTested(f"{what} is {name}, which is not read here")


def _open_image(content: bytes) -> Image.Image:
    """Open an image in one of the formats that outputs may have: other decoders of Pillow are not for strangers."""
    return Image.open(BytesIO(content), formats=_FORMATS)


def _read_media_type(response: httpx.Response) -> str:
    """The media type in the header of a reply, without parameters; empty where it has none."""
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _describe_no_media(response: httpx.Response, kind: str, what: str) -> str:
    media_type = response.headers.get("content-type", "no media type")
    article = "an" if kind == "image" else "a"
    return f"{what}: expected {article} {kind}, got {show(response.content)} ({shorten(media_type)})"


def _shorten_url(url: str) -> str:
    """An address without its query, which may be a signature."""
    return shorten(url.partition("?")[0])
