"""The input as the service takes it: it decides the price, the media and the result; the log shows what was sent."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from cannon_spec import Catalog
from tests.support import made_up
from tests.support.mocks import START, Driver, DriverFactory, read_error


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with made-up operations."""
    return made_up.load_made_up(tmp_path_factory.mktemp("effective"))


def _film(**input: Any) -> dict[str, Any]:
    return {"operation": "film.make", "input": {"prompt": "A fox", **input}}


def _read_claims(mock: Driver, payload: dict[str, Any]) -> tuple[set[str], dict[str, Any]]:
    """The claims that the reply to a create names, and the request object at its end."""
    reply = mock.create(payload)
    claims = {each.partition(":")[2] for each in reply.headers["x-mock-evidence"].split(", ")}
    mock.clock.advance(60_000)
    return claims, mock.poll(reply.get_json()["id"])


@pytest.mark.parametrize(
    ("input", "shown_fields", "credits", "claims"),
    [
        (
            {},
            {"model": "grand", "resolution": "huge", "frame_rate": 30, "length": 5},
            *(100, {"film-model", "film-resolution", "film-frame-rate", "film-length"}),
        ),
        (
            {"model": "grand", "length": 9},
            {"model": "grand", "resolution": "large", "frame_rate": 30, "length": 9},
            *(50, {"film-resolution", "film-frame-rate"}),
        ),
        (
            {"model": "quick", "length": 9},
            {"model": "quick", "resolution": "small", "frame_rate": None, "length": 9},
            *(18, {"film-resolution"}),
        ),
        ({"model": "grand", "resolution": "small", "length": 3}, {"resolution": "small", "frame_rate": None}, 6, set()),
    ],
)
def test_defaults_decide_the_price_and_the_result(
    make_mock: DriverFactory,
    catalog: Catalog,
    input: dict[str, Any],
    shown_fields: dict[str, Any],
    credits: int,
    claims: set[str],
) -> None:
    """The defaults of fields that are left out show in the result and set the price; the log has the input as sent."""
    mock = make_mock(catalog)
    named_claims, view = _read_claims(mock, _film(**input))
    assert view["output"].items() >= {**shown_fields, "cost": credits}.items()
    assert (view["billableCredits"], START - mock.read_credits()) == (credits, credits)
    assert view["requestLog"]["input"] == {"prompt": "A fox", **input}
    assert named_claims & set(made_up.OVERLAY["claims"]) == claims


def test_views_and_files_of_defaults_name_their_claims(make_mock: DriverFactory, catalog: Catalog) -> None:
    """Each reply to a poll, and that of a file, names the claims on the defaults."""
    mock = make_mock(catalog)
    id_ = mock.create_and_get_id(_film())
    for wait_ms in (0, 60_000):
        mock.clock.advance(wait_ms)
        reply = mock.get(f"/api/v1/requests/{id_}")
        assert {"film-model", "film-resolution", "film-length"} <= _list_claims(reply.headers["x-mock-evidence"])
    file = mock.client.get(reply.get_json()["output"]["url"])
    assert {"film-model", "film-resolution", "film-length"} <= _list_claims(file.headers["x-mock-evidence"])


def _list_claims(header: str) -> set[str]:
    return {each.partition(":")[2] for each in header.split(", ")}


def test_a_task_with_defaults_survives_its_store(make_mock: DriverFactory, catalog: Catalog, tmp_path: Any) -> None:
    """A second mock on the same file shows the same result."""
    store = f"sqlite:{tmp_path / 'tasks.db'}"
    first = make_mock(catalog, store=store, clock=None)
    id_ = first.create_and_get_id(_film())
    second = make_mock(catalog, store=store, clock=None)
    assert second.poll(id_)["billableCredits"] == first.poll(id_)["billableCredits"] == 100
    task = second.store.tasks.get(id_)
    assert task == first.store.tasks.get(id_)
    assert task is not None
    assert task.adjusted_fields == {"model": "grand", "resolution": "huge", "frame_rate": 30}


PLACE = {"operation": "place.make", "input": {"prompt": "A hall"}}


@pytest.mark.parametrize("payload", [PLACE, _film(model="quick")], ids=["operation", "model"])
def test_what_was_shut_down_works_unless_told_otherwise(
    make_mock: DriverFactory, catalog: Catalog, payload: dict[str, Any]
) -> None:
    """An operation or a model that was shut down works, is refused, or fails and costs nothing, as the settings say."""
    assert make_mock(catalog).create_and_finish(payload)["status"] == "succeeded"
    assert read_error(make_mock(catalog, shut_down="refused").create(payload)) == (400, "shut_down")
    mock = make_mock(catalog, shut_down="failed")
    view = mock.create_and_finish(payload)
    assert (view["status"], view["output"], mock.read_credits()) == ("failed", None, START)
    assert view["errorMessage"]


def test_a_shut_down_spares_what_was_not_shut_down(make_mock: DriverFactory, catalog: Catalog) -> None:
    """The setting has no effect on other models and operations, nor on a create that names its scenario."""
    mock = make_mock(catalog, shut_down="refused", scenario="slow")
    assert mock.create(_film(model="grand")).status_code == 202
    assert mock.create(PLACE, headers={"x-mock-scenario": "success"}).status_code == 202
    assert read_error(mock.create(PLACE)) == (400, "shut_down")


@pytest.mark.parametrize(("ratio", "size", "credits"), [("16:9", (3840, 2160), 81), ("1:1", (2048, 2048), 51)])
def test_a_documented_default_decides_the_picture(
    mock: Driver, ratio: str, size: tuple[int, int], credits: int
) -> None:
    """An edit by GPT Image 2 without a resolution has the largest one that is legal for its ratio, and its price."""
    input = {"prompt": "x", "image_url": "https://example.com/a.png", "model": "gptimage2", "aspect_ratio": ratio}
    view = mock.create_and_finish({"operation": "image.edit", "input": input})
    picture = Image.open(BytesIO(mock.client.get(view["output"]["image_url"]).data))
    assert (picture.size, view["billableCredits"], view["requestLog"]["input"]) == (size, credits, input)
