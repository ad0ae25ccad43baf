"""A table of requests: readers of media that are not ours find what each input asks for."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cannon_mock.model.tasks import Task
from cannon_spec.contract.media_types import find_extension
from tests.support.files import CHECKS
from tests.support.media_probe import FoundMedia, read_by_ffprobe, read_cues, read_media
from tests.support.media_requests import LEAST_INPUTS, REQUESTS, MediaRequest
from tests.support.mocks import build_driver
from tests.support.payloads import CATALOG

CODECS = {"png": "png", "mp4": "h264", "mp3": "mp3"}
TOLERANCES_S = {"png": 0, "mp4": 0.001, "mp3": 0.1}
"""MP4 counts in thousandths of a second; an MP3 file consists of frames."""
RATIO_TOLERANCE = 0.02
FFPROBE_TOLERANCE = 2
"""By what the tolerances are multiplied for ffprobe: some versions count all frames of an MP3 file."""
NEEDS_FFPROBE = pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe: apt-get install ffmpeg")


class FinishedRequest(NamedTuple):
    """A request that succeeded, as the mock keeps it, and its files by name."""

    task: Task
    files: dict[str, bytes]


@lru_cache(maxsize=1)
def _run(number: int) -> FinishedRequest:
    """Run a request of the table, once for the tests of it, which follow each other."""
    request = REQUESTS[number]
    mock = build_driver(progression="immediate", credits=10**6)
    task = mock.store.tasks.get(mock.create_and_get_id(request.body))
    assert task is not None
    asset = task.id.replace("req", CATALOG.operations[task.operation].data["media"]["task_prefix"])
    files = {}
    for name in CATALOG.operations[request.operation].files.values():
        reply = mock.client.get(f"/assets/{asset}/{name}")
        assert (reply.status_code, reply.headers.get("x-mock-media")) == (200, None)
        CHECKS[reply.mimetype](reply.data)
        files[name] = reply.data
    return FinishedRequest(task, files)


def _list_cases() -> Iterator[Any]:
    """Each request by its number, with the reader of its files, and once more with ffprobe where that reads them."""
    for number, request in enumerate(REQUESTS):
        name = f"{request.operation} {request.fields}"[:120]
        yield pytest.param(number, "library", id=name)
        extensions = set(map(find_extension, CATALOG.operations[request.operation].files.values()))
        if extensions & {"mp4", "mp3"}:
            yield pytest.param(number, "ffprobe", id=f"{name} ffprobe", marks=NEEDS_FFPROBE)


@pytest.mark.extended
@pytest.mark.parametrize(("number", "reader"), list(_list_cases()))
def test_files_are_what_the_input_asks_for(number: int, reader: str, tmp_path: Path) -> None:
    """Duration, size, ratio and codec are those of the input, and those that the mock says of the request."""
    task, files = _run(number)
    for name, data in files.items():
        extension = find_extension(name)
        if extension in CODECS and (reader == "library" or extension != "png"):
            found = read_media(data) if reader == "library" else read_by_ffprobe(data, tmp_path)
            tolerance_s = TOLERANCES_S[extension] * (1 if reader == "library" else FFPROBE_TOLERANCE)
            assert found.codec == CODECS[extension]
            _check_size(found, REQUESTS[number], task)
            _check_duration(found, REQUESTS[number], task, tolerance_s)
        elif extension == "srt":
            cues = read_cues(data)
            assert all(start < end and text.strip() for start, end, text in cues)
            assert cues[-1][1] == pytest.approx(task.media.properties["duration"], abs=TOLERANCES_S["mp4"])


def _check_size(found: FoundMedia, request: MediaRequest, task: Task) -> None:
    if not found.width:
        return
    properties = task.media.properties
    assert (found.width, found.height) == (properties["width"], properties["height"])
    sides = list(map(int, request.size.replace(":", "x").split("x"))) if request.size else []
    if "x" in request.size:
        assert [found.width, found.height] == sides
    elif sides:
        assert math.isclose(found.width / found.height, sides[0] / sides[1], rel_tol=RATIO_TOLERANCE)


def _check_duration(found: FoundMedia, request: MediaRequest, task: Task, tolerance_s: float) -> None:
    properties: dict[str, Any] = dict(task.media.properties)
    for seconds in (properties.get("duration", 0), request.seconds):
        assert seconds is None or found.seconds == pytest.approx(seconds, abs=tolerance_s)


def test_the_table_has_every_operation_with_files() -> None:
    """The table asks each operation that has files, and has sixty requests."""
    operations = {each.id for each in CATALOG.operations.values() if each.files}
    assert {each.operation for each in REQUESTS} == operations == LEAST_INPUTS.keys()
    assert len(REQUESTS) >= 60
