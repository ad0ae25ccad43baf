"""The pictures: real files of the right size, at the addresses of their requests."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from cannon_mock.asset_files.file_renderer import FileRenderer
from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.model.tasks import Media, Task
from cannon_spec.contract.lifecycle import Timeline
from cannon_spec.contract.media_size import find_size
from tests.support.mocks import (
    FAILURE,
    KEY,
    LONG_MS,
    POLL_MS,
    RETENTION_MS,
    SQUARE_4K,
    Driver,
    DriverFactory,
    body,
    read_error,
)
from tests.support.payloads import CATALOG

PROMPTS = {
    "letters": "A lone detective in a wet neon alley",
    "unicode": "Ein Bär 🐻 — 一只熊 медведь دب",
    "spaces": "   \n\t .",
    "controls": "a\x00b\x07c\x7f\u200f\u2028d\ufffe",
    "one long word": "x" * 20_000,
    "long": "many words " * 1800,
    "many lines": "a\n" * 9_000,
}


def _task(width: int = 64, height: int = 64, prompt: str = "x", number: int = 1) -> Task:
    return Task(
        id=f"req_{number}",
        account="acct_a",
        operation="image.generate",
        model="gptimage2",
        input={"prompt": prompt},
        credits=28,
        price_claim="credits-price-image",
        planned_timeline=Timeline(0, 0, 0, "succeeded"),
        polls=0,
        media=Media("image", {"width": width, "height": height, "aspect_ratio": "1:1"}),
        failure=None,
        scenario="success",
    )


def _render(task: Task) -> bytes:
    file = FileRenderer(CATALOG, pytest.fail).render(task, "image.png")
    assert file is not None
    return file.data


def _open_picture(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.fixture
def mock(make_mock: DriverFactory) -> Driver:
    """A mock whose tasks end at once."""
    return make_mock(progression="immediate")


def _urls(mock: Driver, payload: Any = None) -> tuple[str, str]:
    """The addresses of the picture and of the provider's copy, without their host."""
    output = mock.poll(mock.create_and_get_id(payload))["output"]
    image, source = (
        url.removeprefix("http://localhost") for url in (output["image_url"], *output["provider_image_urls"])
    )
    return image, source


def _fetch_asset(mock: Driver, payload: Any = None) -> TestResponse:
    """The picture, fetched without a key."""
    return mock.client.get(_urls(mock, payload)[0])


@pytest.mark.parametrize(
    "input",
    [
        {},
        {"aspect_ratio": "16:9", "resolution": "4K"},
        {"model": "seedream5", "quality": "ultra", "resolution": None},
        {"model": "nanobanana2", "aspect_ratio": "1:8"},
        {"model": "flux2", "aspect_ratio": "3:4"},
        {"model": None, "aspect_ratio": None, "resolution": None},
    ],
    ids=str,
)
def test_the_picture_is_a_png_of_the_right_size(mock: Driver, input: dict[str, Any]) -> None:
    """Both addresses of a picture serve the same PNG, as large as the table of sizes says."""
    payload = body(**input)
    image, source = (mock.client.get(url) for url in _urls(mock, payload))
    expected = find_size(CATALOG.media["image"], payload["input"].get("model", "gptimage2"), payload["input"])
    assert (image.status_code, image.mimetype) == (200, "image/png")
    assert (_open_picture(image.data).format, _open_picture(image.data).size) == (
        "PNG",
        (expected.width, expected.height),
    )
    assert source.data == image.data


def test_a_capped_picture_is_the_lowered_size(make_mock: DriverFactory) -> None:
    """4K at 1:1 on a mock that caps makes a picture of 2048 x 2048 pixels."""
    mock = make_mock(square_4k="cap", progression="immediate")
    assert _open_picture(_fetch_asset(mock, SQUARE_4K).data).size == (2048, 2048)


def test_a_picture_stays_the_same(mock: Driver) -> None:
    """The same address serves the same bytes and the same ETag, until it expires."""
    url, _ = _urls(mock)
    first = mock.client.get(url)
    mock.clock.advance(RETENTION_MS)
    second = mock.client.get(url)
    assert (second.data, second.headers["ETag"]) == (first.data, first.headers["ETag"])
    mock.clock.advance(1)
    assert read_error(mock.client.get(url)) == (410, "asset_expired")


def test_pictures_of_different_prompts_differ(mock: Driver) -> None:
    """Two prompts make two pictures, which differ in what is drawn, not in a colour alone."""
    one, two = (_open_picture(_render(_task(512, 512, prompt))) for prompt in ("a bear", "a boar"))
    assert one.tobytes() != two.tobytes()
    assert _fetch_asset(mock, body(prompt="a bear")).data != _fetch_asset(mock, body(prompt="a boar")).data


def test_a_picture_has_a_colour_of_its_own() -> None:
    """Two tasks with one prompt make the same drawing on different ground."""
    one, two = (_open_picture(_render(_task(number=number))) for number in (1, 2))
    assert one.tobytes() == two.tobytes()
    assert one.convert("RGB").tobytes() != two.convert("RGB").tobytes()


def test_something_is_drawn() -> None:
    """A picture has more than one colour, and is well under a megabyte even at 4K."""
    data = _render(_task(3840, 2160, "A lone detective"))
    assert len(_open_picture(data).convert("RGB").getcolors() or []) > 1
    assert len(data) < 1_000_000


@pytest.mark.parametrize("name", PROMPTS)
def test_any_prompt_is_painted(mock: Driver, name: str) -> None:
    """A prompt of any characters and of any length makes a picture."""
    assert _open_picture(_fetch_asset(mock, body(prompt=PROMPTS[name])).data).size == (1280, 720)


@pytest.mark.parametrize(("width", "height"), [(10, 10), (16, 16), (16, 8192), (8192, 16), (352, 2928), (6240, 2656)])
def test_any_size_is_painted(width: int, height: int) -> None:
    """The smallest and the largest sizes that the contract can name, upright and lying, are painted."""
    assert _open_picture(_render(_task(width, height, PROMPTS["long"]))).size == (width, height)


@pytest.mark.parametrize("headers", [{}, FAILURE], ids=["success", "failure"])
def test_there_is_no_picture_before_success(make_mock: DriverFactory, headers: dict[str, str]) -> None:
    """While a task waits or works, and after a failure, its asset is not found."""
    mock = make_mock()
    id_ = mock.create_and_get_id(headers=headers)
    asset = id_.replace("req_", "img_")
    for pause, status in ((0, 404), (POLL_MS, 404), (LONG_MS, 404 if headers else 200)):
        mock.clock.advance(pause)
        assert mock.client.get(f"/assets/{asset}/image.png").status_code == status


@pytest.mark.parametrize("name", ["image.jpg", "image", "other.png", "%00", "é.png", "%ED%A0%80"])
def test_an_asset_has_two_names_only(mock: Driver, name: str) -> None:
    """Another file of an asset that exists is not found."""
    url, _ = _urls(mock)
    assert read_error(mock.client.get(url.replace("image.png", name))) == (404, "asset_not_found")


@pytest.mark.parametrize("path", ["img_0/image.png", "%FF/image.png", "'/image.png", "a" * 3000 + "/image.png"])
def test_an_unknown_asset_is_not_found(mock: Driver, path: str) -> None:
    """An asset that no task made is not found, and a request id is no asset."""
    id_ = mock.create_and_get_id()
    assert read_error(mock.client.get(f"/assets/{path}")) == (404, "asset_not_found")
    assert read_error(mock.client.get(f"/assets/{id_}/image.png")) == (404, "asset_not_found")


def test_a_picture_cites_its_size(mock: Driver) -> None:
    """The claims on open assets and on the table of sizes are named."""
    assert (
        _fetch_asset(mock).headers["x-mock-evidence"]
        == "assumed:asset-open, assumed:pixels-defaults, assumed:gptimage2-pixels"
    )


@pytest.mark.parametrize(
    ("asset_key", "headers", "status"),
    [
        ("refuse-authorization", {"Authorization": f"Bearer {KEY}"}, 400),
        ("refuse-authorization", {"Authorization": "Basic eDp5"}, 400),
        ("refuse-authorization", {"x-api-key": KEY}, 200),
        ("refuse-authorization", {}, 200),
        ("refuse", {"Authorization": f"Bearer {KEY}"}, 400),
        ("refuse", {"x-api-key": KEY}, 400),
        ("refuse", {}, 200),
        ("ignore", {"Authorization": f"Bearer {KEY}", "x-api-key": KEY}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_setting_says_what_becomes_of_a_key(
    make_mock: DriverFactory, asset_key: str, headers: dict[str, str], status: int, method: str
) -> None:
    """M10: the fetch of an asset that sends the API key along is refused with 400 where the setting says so."""
    mock = make_mock(asset_key=asset_key)
    url = mock.create_and_finish()["output"]["image_url"]
    assert mock.client.open(url, method=method, headers=headers).status_code == status


def test_a_refused_key_is_explained(mock: Driver) -> None:
    """M10: the reply names the header and the assumption, and the journal shows the exchange with its account."""
    url = mock.create_and_finish()["output"]["image_url"]
    reply = mock.client.get(url, headers={"Authorization": f"Bearer {KEY}"})
    assert read_error(reply) == (400, "asset_key_sent")
    assert "without Authorization" in reply.get_json()["error"]["message"]
    assert "assumed:asset-authorization" in reply.headers["x-mock-evidence"]
    (entry,) = mock.client.get("/__mock__/journal?status=400").get_json()["exchanges"]
    assert entry["account"]
    assert KEY not in str(entry)


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"asset_host": "assets.localhost"}, "http://assets.localhost:2266/assets/"),
        ({"asset_host": "assets.localhost:9000"}, "http://assets.localhost:9000/assets/"),
        ({"asset_host": "[::1]"}, "http://[::1]:2266/assets/"),
        ({"asset_host": "[::1]:9000"}, "http://[::1]:9000/assets/"),
        ({"asset_port": 9000}, "http://127.0.0.1:9000/assets/"),
        ({"asset_host": "assets.localhost", "asset_port": 9000}, "http://assets.localhost:9000/assets/"),
        ({"asset_host": "assets.localhost:80", "asset_port": 9000}, "http://assets.localhost:80/assets/"),
        ({"asset_host": "my_assets", "root_path": "/cannon"}, "http://my_assets:2266/cannon/assets/"),
        (
            {"asset_host": "files.example.com", "public_url": "https://mock.example.com"},
            "https://files.example.com/assets/",
        ),
    ],
    ids=str,
)
def test_assets_have_a_host_of_their_own(make_mock: DriverFactory, settings: dict[str, Any], start: str) -> None:
    """M10: each address of an asset has the configured host, in polls, webhooks and the admin API; others have not."""
    sent_bodies: list[bytes] = []

    def record(url: str, content: bytes, headers: Any) -> DeliveryResponse:
        sent_bodies.append(content)
        return DeliveryResponse(200)

    mock = make_mock(progression="immediate", send=record, **settings)
    payload = {**body(), "webhook_url": "http://127.0.0.1:9/hook"}
    accepted = mock.create(payload, headers={"Host": "127.0.0.1:2266"}).get_json()
    assert start not in accepted["urls"]["get"]
    view = mock.get(f"/api/v1/requests/{accepted['id']}", host="127.0.0.1:2266").get_json()
    task = mock.client.get(f"/__mock__/tasks/{accepted['id']}", headers={"Host": "127.0.0.1:2266"}).get_json()
    assert view["output"]["image_url"].startswith(start)
    assert view["output"] == task["request"]["output"] == json.loads(sent_bodies[0])["data"]["output"]
    assert mock.client.get(view["output"]["image_url"]).status_code == 200
