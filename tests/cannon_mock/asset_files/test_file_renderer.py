"""The mock has a renderer for each type of files of the contract, and says so where it has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cannon_mock import create_app
from cannon_mock.asset_files.file_renderer import _RENDERERS
from cannon_spec import CatalogError, load_catalog
from cannon_spec.example import build_example
from tests.support.made_up import load_made_up
from tests.support.mocks import build_driver
from tests.support.payloads import CATALOG


def test_each_type_of_files_has_a_renderer() -> None:
    """The extensions of the renderers are the types of files that the shipped contract has."""
    assert list(_RENDERERS) == list(CATALOG.media["types"])


def test_a_type_of_files_without_a_renderer_is_refused(tmp_path: Path) -> None:
    """A mock does not start on a contract with a type of files that it cannot make, and says what to do."""
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"media": {"types": {"ogg": {"media_type": "audio/ogg", "claim": "user-overlay"}}}}))
    with pytest.raises(CatalogError) as error:
        create_app(catalog=load_catalog(overlay=overlay))
    assert (error.value.place, error.value.problem) == ("media types", "the mock has no renderer for .ogg files")
    assert error.value.advice == "remove ogg; the mock makes files of png, mp4, mp3, wav, glb, srt"


def test_an_overlay_changes_the_media_type_of_files(tmp_path: Path) -> None:
    """A file has the media type that an overlay gives its type, and its reply names the claim of that."""
    catalog = load_made_up(tmp_path, {"media": {"types": {"wav": {"media_type": "audio/x-wav"}}}})
    mock = build_driver(catalog)
    view = mock.create_and_finish({"operation": "voice.make", "input": {"text": "Once upon a time"}})
    reply = mock.client.get(view["output"]["url"])
    assert reply.headers["Content-Type"] == "audio/x-wav"
    assert "assumed:media-types" in reply.headers["x-mock-evidence"]


@pytest.mark.parametrize(
    ("operation", "member", "file", "claim"),
    [
        ("image.generate", "image_urls", "source.png", "asset-provider-files"),
        ("subtitles.generate", "video_url", "subtitles.srt", "subtitles-srt"),
    ],
)
def test_a_reply_names_the_claim_on_its_file(operation: str, member: str, file: str, claim: str) -> None:
    """The reply to the fetch of a file names the claim that the data has on that file; those of other files do not."""
    mock = build_driver()
    address = mock.create_and_finish(build_example(CATALOG, operation))["output"][member]
    url = address[0] if isinstance(address, list) else address
    own_file, other_file = (mock.client.get(each) for each in (f"{url.rpartition('/')[0]}/{file}", url))
    assert (own_file.status_code, other_file.status_code) == (200, 200)
    assert claim in own_file.headers["x-mock-evidence"]
    assert claim not in other_file.headers["x-mock-evidence"]
