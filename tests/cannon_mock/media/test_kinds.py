"""Every kind of media is data: made-up operations with a video, an audio file, a scene, a picture and a text."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import av
import pytest

from cannon_mock import media
from cannon_mock.asset_files.file_renderer import _RENDERERS, FileRenderer, Renderer, list_sample_extensions
from cannon_mock.media.content import Content
from cannon_mock.model import tasks
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Media, Pace, TaskRequest
from cannon_spec import Catalog
from cannon_spec.contract.media_types import find_media_type
from tests.support import files, made_up, media_probe
from tests.support.mocks import Driver, build_driver, read_error
from tests.support.payloads import CATALOG

FILES = ("card.make", "film.make", "voice.make", "sound.make", "place.make")
"""The operations that have files."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with a made-up operation of each kind."""
    return made_up.load_made_up(tmp_path_factory.mktemp("kinds"))


@pytest.fixture
def mock(catalog: Catalog) -> Driver:
    """A mock of that contract."""
    return build_driver(catalog)


def _finish(mock: Driver, operation: str, **input: Any) -> dict[str, Any]:
    """The view of a request that succeeded."""
    view = mock.create_and_finish({"operation": operation, "input": {**made_up.INPUTS[operation], **input}})
    assert view["status"] == "succeeded"
    return view


@pytest.mark.parametrize(
    ("operation", "key", "path"),
    [
        ("card.make", "url", "/card_{}/card.png"),
        ("film.make", "url", "/film_{}/film.mp4"),
        ("film.make", "cover", "/film_{}/cover.png"),
        ("voice.make", "url", "/voice_{}/voice.wav"),
        ("sound.make", "url", "/sound_{}/sound.mp3"),
        ("place.make", "url", "/place_{}/place.glb"),
        ("place.make", "guide_url", "/place_{}/guide.srt"),
    ],
)
def test_a_file_is_made_for_its_request(mock: Driver, operation: str, key: str, path: str) -> None:
    """A file is a valid one of the type of its extension, whatever the kind, and differs between two requests."""
    view = _finish(mock, operation)
    url = view["output"][key]
    reply, other = (mock.client.get(each["output"][key]) for each in (view, _finish(mock, operation)))
    assert url.endswith(path.format(view["id"].removeprefix("req_")))
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, find_media_type(CATALOG.media["types"], url))
    assert "x-mock-media" not in reply.headers
    assert "media-sample" not in reply.headers["x-mock-evidence"]
    files.check_file(reply.mimetype, reply.data)
    assert (reply.data == other.data) is (operation == "place.make" and key == "guide_url")
    assert int(reply.headers["Content-Length"]) == len(reply.data)
    assert mock.client.get(url, headers={"Range": "bytes=2-5"}).data == reply.data[2:6]


@pytest.mark.parametrize(("operation", "has_samples"), [(each, each in ("film.make", "sound.make")) for each in FILES])
def test_without_the_extra_media_some_files_are_samples(
    mock: Driver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    has_samples: bool,
) -> None:
    """Without PyAV a video and an MP3 file are valid samples, as replies and the log say; others are made as before."""
    monkeypatch.setitem(sys.modules, "av", None)
    reply = mock.client.get(_finish(mock, operation)["output"]["url"])
    assert (reply.status_code, reply.headers.get("x-mock-media")) == (200, "sample" if has_samples else None)
    assert ("assumed:media-sample" in reply.headers["x-mock-evidence"]) is has_samples
    assert ("av is not installed; to get real ones install the extra media" in caplog.text) is has_samples
    monkeypatch.undo()
    files.check_file(reply.mimetype, reply.data)


@pytest.mark.parametrize("error", [OSError, ImportError, RuntimeError, AttributeError])
def test_a_broken_encoder_counts_as_none_and_is_reported_once(
    mock: Driver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    error: type[Exception],
) -> None:
    """Where PyAV is installed and cannot be imported, samples are served, and one line says why and what to do."""
    (tmp_path / "av.py").write_text(f"raise {error.__name__}('libmp3lame.so.0 is missing')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "av", raising=False)
    for operation in ("film.make", "sound.make"):
        reply = mock.client.get(_finish(mock, operation)["output"]["url"])
        assert (reply.status_code, reply.headers.get("x-mock-media")) == (200, "sample")
    (record,) = [each for each in caplog.records if each.name == "cannon_mock.media"]
    assert "av cannot be imported: libmp3lame.so.0 is missing" in record.getMessage()
    assert "[media]" in record.getMessage()


def test_a_build_without_an_encoder_serves_samples(
    mock: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where PyAV was built on an FFmpeg without libx264, videos are samples, and MP3 files are real."""
    codec = av.Codec

    def find_codec(name: str, mode: str) -> object:
        return codec("no_such_encoder" if name == "libx264" else name, mode)

    monkeypatch.setattr(av, "Codec", find_codec)
    marks = [
        mock.client.get(_finish(mock, operation)["output"]["url"]).headers.get("x-mock-media")
        for operation in ("film.make", "sound.make")
    ]
    assert marks == ["sample", None]
    assert "av has no encoder libx264" in caplog.text


def test_many_fetches_at_once_report_a_missing_encoder_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of threads that need the encoder at once, one tells that it is missing."""
    monkeypatch.setitem(sys.modules, "av", None)
    reasons: list[str] = []
    renderer, start, video = FileRenderer(CATALOG, reasons.append), Barrier(8), tasks.decode(STORED_VIDEO)

    def fetch(_: int) -> None:
        start.wait()
        renderer.render(video, "sora-extension.mp4")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch, range(8)))
    assert reasons == ["av is not installed"]


def test_an_error_of_a_renderer_is_not_taken_for_a_missing_extra(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be rendered with PyAV there is a fault of the mock, and no sample hides it."""

    def fail(_: Content) -> bytes:
        raise ImportError("a part of PyAV")

    monkeypatch.setitem(_RENDERERS, "mp4", Renderer(fail, "libx264"))
    reply = mock.client.get(_finish(mock, "film.make")["output"]["url"])
    assert read_error(reply) == (500, "mock_fault")


def test_a_mock_renders_a_file_once_and_shares_it_with_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one mock has rendered is kept by it alone: two mocks of a process render the same file once each."""
    contents: list[Content] = []

    def render(content: Content) -> bytes:
        contents.append(content)
        return b"x"

    monkeypatch.setitem(_RENDERERS, "png", Renderer(render))
    picture = tasks.decode(STORED_PICTURE)
    for _ in range(2):
        renderer = FileRenderer(CATALOG, pytest.fail)
        files = [renderer.render(picture, "image.png") for _ in range(2)]
        assert [file.data for file in files if file] == [b"x", b"x"]
    assert len(contents) == 2


def test_the_extensions_of_samples_are_listed_without_the_extra_media(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those are the videos and the MP3 files, and none where PyAV is installed."""
    assert list_sample_extensions() == ()
    monkeypatch.setitem(sys.modules, "av", None)
    assert list_sample_extensions() == ("mp4", "mp3")


def test_the_output_has_the_ratio_of_the_picture(mock: Driver) -> None:
    """A property that all pictures have can be shown by a template, of an operation without models too."""
    assert _finish(mock, "card.make", aspect_ratio="16:9")["output"]["aspect_ratio"] == "16:9"


def test_a_text_has_no_asset(mock: Driver) -> None:
    """The output of a text comes from the reply templates alone, and nothing is served for it."""
    view = _finish(mock, "words.make", tags=["a", "b"])
    assert view["output"] == {"text": "A fox, in detail", "tags": ["a", "b"]}
    assert (view["outputPreview"], view["requestLog"]["output"]) == ("A fox", {"text": "A fox"})
    task_id = view["id"].replace("req_", "words_")
    assert read_error(mock.get(f"/assets/{task_id}/text.txt")) == (404, "asset_not_found")


@pytest.mark.parametrize("operation", ["film.make", "voice.make", "words.make"])
def test_a_file_of_another_name_is_not_found(mock: Driver, operation: str) -> None:
    """An operation serves the files that its data names and no others."""
    id_ = _finish(mock, operation)["id"].replace("req_", f"{operation.partition('.')[0]}_")
    assert read_error(mock.get(f"/assets/{id_}/other.mp4")) == (404, "asset_not_found")


def test_a_stored_task_outlives_a_change_of_its_operation(catalog: Catalog) -> None:
    """A task of a store whose operation has no files any more, by an overlay, has no asset and causes no error."""
    operation, input = catalog.operations["words.make"], {"prompt": "x"}
    request = TaskRequest("acct_a", operation, input, input, (), Media("video", {}))
    task = tasks.plan_task(catalog, request, Scenario("success", ""), Pace(), 0, "s")
    assert FileRenderer(catalog, pytest.fail).render(task, "film.mp4") is None


STORED_VIDEO = (
    '[["req_1","acct_a","sora2.video.extend","sora2",{"prompt":"x","sora_video_id":"video_1","duration":7},94,'
    '"sora2-edit-price",0,null,"success",null,null],[0,1,2,"succeeded"],["video",{},[]],[],'
    '{"model":"sora2","duration":8},["sora2-extend-nearest"]]'
)
STORED_PICTURE = (
    '[["req_2","acct_a","image.generate","gptimage2",{"prompt":"x"},31,"credits-price-scaled",0,null,"success",null,'
    'null],[0,1,2,"succeeded"],["image",[1280,1280,"1:1"],["pixels-defaults","gptimage2-pixels"]],[]]'
)


def test_a_task_of_an_earlier_version_has_files_of_its_size_and_duration() -> None:
    """A video that was stored without size and duration has those of its effective input; a picture those stored."""
    video = tasks.decode(STORED_VIDEO)
    file = FileRenderer(CATALOG, pytest.fail).render(video, "sora-extension.mp4")
    assert file is not None
    found = media_probe.read_media(file.data)
    assert (found.width, found.height, found.seconds) == (1280, 720, 8)
    assert "sora2-extend-length" in file.claims
    picture = tasks.decode(STORED_PICTURE)
    assert picture.media.properties == {"width": 1280, "height": 1280, "aspect_ratio": "1:1"}
    assert tasks.encode(picture) == STORED_PICTURE


def test_templates_take_fields_with_their_json_types(mock: Driver) -> None:
    """A template that is one variable has the field's JSON type, null where it is left out; within text it is text."""
    output = _finish(mock, "film.make", length=12, loop=False)["output"]
    assert (output["length"], output["loop"], output["voice"]) == (12, False, None)
    assert output["note"] == "12 s by grand"


def test_templates_take_what_a_request_costs_and_fields_in_camel_case(mock: Driver) -> None:
    """A template shows the credits of the request, and input fields in camelCase."""
    view = _finish(mock, "voice.make", voiceName="Ada")
    assert (view["output"]["cost"], view["output"]["voice"]) == (2, "Ada")
    assert view["billableCredits"] == 2


@pytest.mark.parametrize(("operation", "output"), [("voice.make", None), ("film.make", "processing")])
def test_a_reply_while_processing_may_be_null(mock: Driver, operation: str, output: str | None) -> None:
    """An operation whose data has no output while it is processed shows null; its log is null likewise."""
    id_ = mock.create_and_get_id({"operation": operation, "input": made_up.INPUTS[operation]})
    mock.clock.advance(1000)
    view = mock.poll(id_)
    assert (view["status"], (view["output"] or {}).get("status")) == ("processing", output)
    mock.clock.advance(10_000)
    assert (mock.poll(id_)["requestLog"]["output"] is None) is (output is None)


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({}, {"task_id", "url"}),
        ({"title": "Rain"}, {"task_id", "url", "title"}),
        ({"title": "Rain", "video_url": "https://example.com/a.mp4"}, {"task_id", "url", "title", "preview_url"}),
    ],
)
def test_a_key_of_the_output_may_need_a_field(mock: Driver, fields: dict[str, str], keys: set[str]) -> None:
    """A key of the output that the data ties to a field of the input is there only where the input has the field."""
    assert _finish(mock, "sound.make", **fields)["output"].keys() == keys


@pytest.mark.parametrize("operation", ["voice.make", "words.make", "place.make"])
def test_an_operation_may_have_no_models(mock: Driver, operation: str) -> None:
    """A request of an operation without models has none in the mock's own lists."""
    id_ = _finish(mock, operation)["id"]
    assert mock.get(f"/__mock__/tasks/{id_}").get_json()["model"] is None
    assert mock.get("/__mock__/journal").get_json()["exchanges"][-1]["model"] is None


@pytest.mark.parametrize(
    ("model", "input", "length", "claims"),
    [
        ("quick", {}, 8, ("film-length-quick",)),
        ("quick", {"length": 3}, 3, ()),
        ("grand", {}, 5, ("film-length",)),
    ],
)
def test_properties_come_from_the_input_or_a_default(
    catalog: Catalog, model: str, input: dict[str, Any], length: int, claims: tuple[str, ...]
) -> None:
    """A property is the input's field, else the model's default, else the operation's; a default names its claim."""
    described_media = media.describe(catalog, catalog.operations["film.make"], {"model": model, **input})
    assert (described_media.kind, described_media.properties["length"]) == ("video", length)
    assert media.list_default_claims(catalog.operations["film.make"], {"model": model, **input}) == claims


def test_an_operation_can_have_a_pace_of_its_own(tmp_path: Path) -> None:
    """The pace of an operation goes before that of its kind."""
    pace = {"lifecycle": {"pace": {"voice.make": {"queued_ms": [7, 7]}}}}
    mock = build_driver(made_up.load_made_up(tmp_path, pace))
    for operation, queued_ms in (("voice.make", 7), ("sound.make", 700)):
        id_ = mock.create_and_get_id({"operation": operation, "input": made_up.INPUTS[operation]})
        line = mock.get(f"/__mock__/tasks/{id_}").get_json()["timeline"]
        assert line["started_ms"] - line["created_ms"] == queued_ms


@pytest.mark.parametrize(
    ("operation", "properties"),
    [
        ("film.make", {"width": 1280, "height": 720, "aspect_ratio": "16:9", "duration": 5, "length": 5}),
        ("voice.make", {"duration": 5}),
        ("sound.make", {"width": 1280, "height": 720, "aspect_ratio": "16:9", "duration": 5}),
        ("place.make", {"duration": 5}),
        ("words.make", {}),
        ("card.make", {"width": 1024, "height": 1024, "aspect_ratio": "1:1"}),
    ],
)
def test_the_extensions_of_files_decide_which_properties_media_have(
    catalog: Catalog, operation: str, properties: dict[str, Any]
) -> None:
    """Pictures and videos have a size and a ratio, whatever the kind; videos, sounds and subtitles have a duration."""
    served_operation = catalog.operations[operation]
    described_media = media.describe(catalog, served_operation, made_up.INPUTS[operation])
    assert described_media.properties == properties
    assert (*served_operation.file_properties, *served_operation.default_properties) == tuple(properties)
