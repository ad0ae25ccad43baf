"""Every kind of media is data: operations with a video, an audio file or a text, added to a copy of ``schemas/``."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from cannon_mock import Config, create_app, media
from cannon_mock.model import tasks
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Media, Pace, TaskRequest
from cannon_spec import Catalog, load_catalog
from cannon_spec.contract.media_checks import KIND_PROPERTIES
from tests.support.mocks import read_error
from tests.support.payloads import CATALOG

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
KEY = {"x-api-key": "cs_test_kinds"}
FILE_REPLIES = {
    "input_preview": "$prompt",
    "output_preview": "Ready: $asset",
    "log": {"url": "$asset"},
    "succeeded": {
        "task_id": "$task_id",
        "url": "$asset",
        "seconds": "$duration",
        "loop": "$loop",
        "note": "$duration s of $model$voice",
        "voice": "$voice",
    },
}
TEXT_REPLIES = {
    "input_preview": "$prompt",
    "output_preview": "$prompt",
    "log": {"text": "$prompt"},
    "succeeded": {"task_id": "$task_id", "text": "$prompt, in detail", "tags": "$tags"},
}
DURATION = {"duration": {"default": 5, "claim": "made-up", "models": {"clip": {"default": 8, "claim": "made-up-clip"}}}}
OPERATIONS: dict[str, dict[str, Any]] = {
    "video.generate": {
        "media": {
            "kind": "video",
            "task_prefix": "vid",
            "media_type": "video/mp4",
            "files": {"asset": "film.mp4"},
            "properties": DURATION,
        },
        "replies": FILE_REPLIES,
    },
    "narration.generate": {
        "media": {
            "kind": "audio",
            "task_prefix": "aud",
            "media_type": "audio/mpeg",
            "files": {"asset": "voice.mp3"},
            "properties": DURATION,
        },
        "replies": FILE_REPLIES,
    },
    "prompt.enhance.video": {"media": {"kind": "text", "task_prefix": "txt"}, "replies": TEXT_REPLIES},
}
FIELDS = {
    "prompt": {"type": "string"},
    "model": {"type": "string"},
    "duration": {"type": "integer"},
    "loop": {"type": "boolean"},
    "voice": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
}


def _schema(**words: Any) -> str:
    draft = "https://json-schema.org/draft/2020-12/schema"
    evidence = {word: "made-up-rule" for word in words if word not in ("properties", "title")}
    return json.dumps({"$schema": draft, "title": "made up", **words, "x-evidence": evidence})


def _property(words: dict[str, Any]) -> dict[str, Any]:
    return {**words, "x-evidence": {word: "made-up-rule" for word in words if word != "items"}} | (
        {"items": _property(words["items"])} if "items" in words else {}
    )


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with one more operation of each kind; the operation with a text has a pace of its own."""
    folder = tmp_path_factory.mktemp("kinds") / "schemas"
    shutil.copytree(SCHEMAS, folder)
    claim = {"text": "It is so.", "strength": "assumed", "source": "no public address: made up for this test"}
    ledger, whole, lifecycle = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("evidence", "catalog", "lifecycle")
    )
    for name, kind in (("made-up", "behaviour"), ("made-up-clip", "behaviour"), ("made-up-rule", "rule")):
        ledger["claims"][name] = {**claim, "kind": kind}
    whole["models"]["clip"] = {"name": "Clip", "claim": "made-up"}
    for id_, entry in OPERATIONS.items():
        home = folder / "operations" / id_
        home.mkdir()
        operation = {
            **entry,
            "replies": {"claims": ["made-up"], "processing": {"task_id": "$task_id"}, **entry["replies"]},
            "models_claim": "made-up",
            "models": {"clip": {"claim": "made-up"}},
            "default_model": {"id": "clip", "claim": "made-up"},
            "price": {"credits": 3, "claim": "made-up"},
        }
        (home / "operation.json").write_text(json.dumps(operation))
        (home / "evidence.json").write_text('{"claims": {}}')
        fields = {name: _property(words) for name, words in FIELDS.items()}
        input_schema = _schema(type="object", required=["prompt"], additionalProperties=False, properties=fields)
        (home / "input.schema.json").write_text(input_schema)
        (home / "output.schema.json").write_text(_schema(type="object"))
    pace = lifecycle["pace"]["image"]
    lifecycle["pace"] |= {"video": pace, "audio": pace, "prompt.enhance.video": {**pace, "queued_ms": [7, 7]}}
    for name, value in (("evidence", ledger), ("catalog", whole), ("lifecycle", lifecycle)):
        (folder / f"{name}.json").write_text(json.dumps(value))
    return load_catalog(folder)


def _run(catalog: Catalog, operation: str, **input: Any) -> tuple[dict[str, Any], Any]:
    """The view of a request of an operation that succeeded, and the client that asked."""
    client = create_app(Config(progression="immediate"), catalog=catalog).test_client()
    body = {"operation": operation, "input": {"prompt": "A fox", **input}}
    response = client.post("/api/v1/requests", json=body, headers=KEY)
    assert response.status_code == 202, response.text
    return client.get(response.get_json()["urls"]["get"], headers=KEY).get_json(), client


def _fetch(client: Any, view: dict[str, Any]) -> TestResponse:
    response: TestResponse = client.get(view["output"]["url"])
    return response


@pytest.mark.parametrize(
    ("operation", "path", "media_type", "start"),
    [
        ("video.generate", "/vid_{}/film.mp4", "video/mp4", b"ftyp"),
        ("narration.generate", "/aud_{}/voice.mp3", "audio/mpeg", b"\xff"),
    ],
)
def test_video_and_audio_are_samples(
    catalog: Catalog, operation: str, path: str, media_type: str, start: bytes
) -> None:
    """A video and an audio file are served at the address that the data names, as a sample that says so."""
    view, client = _run(catalog, operation)
    file = _fetch(client, view)
    assert view["output"]["url"].endswith(path.format(view["id"].removeprefix("req_")))
    assert (file.status_code, file.mimetype, file.headers["x-mock-media"]) == (200, media_type, "sample")
    assert start in file.data[:8]
    assert "assumed:media-sample" in file.headers["x-mock-evidence"]
    assert client.get(view["output"]["url"], headers={"Range": "bytes=0-3"}).data == file.data[:4]


def test_a_picture_is_no_sample() -> None:
    """A picture is made for its request, so its reply does not say that it is a sample."""
    client = create_app(Config(progression="immediate")).test_client()
    body = {"operation": "image.generate", "input": {"prompt": "x"}}
    response = client.post("/api/v1/requests", json=body, headers=KEY).get_json()
    output = client.get(response["urls"]["get"], headers=KEY).get_json()["output"]
    assert "x-mock-media" not in client.get(output["image_url"]).headers


def test_a_text_has_no_asset(catalog: Catalog) -> None:
    """The output of a text comes from the reply templates alone, and nothing is served for it."""
    view, client = _run(catalog, "prompt.enhance.video", tags=["a", "b"])
    task_id = view["output"]["task_id"]
    assert view["output"] == {"task_id": task_id, "text": "A fox, in detail", "tags": ["a", "b"]}
    assert (view["outputPreview"], view["requestLog"]["output"]) == ("A fox", {"text": "A fox"})
    assert task_id.startswith("txt_")
    assert read_error(client.get(f"/assets/{task_id}/text.txt")) == (404, "asset_not_found")


def test_a_stored_task_outlives_a_change_of_its_operation(catalog: Catalog) -> None:
    """A task of a store whose operation has no files any more, by an overlay, has no asset and causes no error."""
    operation = catalog.operations["prompt.enhance.video"]
    request = TaskRequest("acct_a", operation, {"prompt": "x"}, {"prompt": "x"}, Media("video", {}))
    task = tasks.plan_task(catalog, request, Scenario("success", ""), Pace(), 0, "s")
    assert media.render(catalog, task, "film.mp4") is None


def test_templates_take_fields_with_their_json_types(catalog: Catalog) -> None:
    """A template that is one variable has the field's JSON type, null where it is left out; within text it is text."""
    output = _run(catalog, "video.generate", duration=12, loop=False)[0]["output"]
    assert (output["seconds"], output["loop"], output["voice"]) == (12, False, None)
    assert output["note"] == "12 s of clip"


@pytest.mark.parametrize(
    ("model", "input", "duration", "claims"),
    [
        ("clip", {}, 8, ("media-sample", "made-up-clip")),
        ("clip", {"duration": 3}, 3, ("media-sample",)),
        ("flux2", {}, 5, ("media-sample", "made-up")),
    ],
)
def test_properties_come_from_the_input_or_a_default(
    catalog: Catalog, model: str, input: dict[str, Any], duration: int, claims: tuple[str, ...]
) -> None:
    """A property is the input's field, else the model's default, else the operation's; a default names its claim."""
    described_media = media.describe(catalog, catalog.operations["video.generate"], {"model": model, **input})
    assert (described_media.kind, described_media.properties, described_media.claims) == (
        "video",
        {"duration": duration},
        claims,
    )


def test_an_operation_can_have_a_pace_of_its_own(catalog: Catalog) -> None:
    """The pace of an operation goes before that of its kind."""
    client = create_app(Config(clock="manual"), catalog=catalog).test_client()
    body = {"operation": "prompt.enhance.video", "input": {"prompt": "x"}}
    id_ = client.post("/api/v1/requests", json=body, headers=KEY).get_json()["id"]
    line = client.get(f"/__mock__/tasks/{id_}").get_json()["timeline"]
    assert line["started_ms"] - line["created_ms"] == 7


@pytest.mark.parametrize("kind", ["image", "video", "audio", "text"])
def test_the_contract_knows_the_properties_of_a_kind(kind: str) -> None:
    """A reply of the contract may name exactly the properties that the mock gives to media of a kind."""
    operation = CATALOG.operations["image.generate"]
    data = {**operation.data, "media": {**operation.data["media"], "kind": kind}}
    described_media = media.describe(CATALOG, replace(operation, data=data), {})
    assert tuple(described_media.properties) == KIND_PROPERTIES.get(kind, ())
