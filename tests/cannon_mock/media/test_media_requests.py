"""A table of requests: readers of media that are not ours find what each input asks for."""

from __future__ import annotations

import math
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


class FinishedRequest(NamedTuple):
    """A request that succeeded, as the mock keeps it, and its files by name."""

    task: Task
    files: dict[str, bytes]


def _run(request: MediaRequest) -> FinishedRequest:
    mock = build_driver(progression="immediate", credits=10**6)
    task = mock.store.tasks.get(mock.create_and_get_id(request.body))
    assert task is not None
    asset = task.id.replace("req", CATALOG.operations[task.operation].data["media"]["task_prefix"])
    replies = {}
    for name in CATALOG.operations[request.operation].files.values():
        reply = mock.client.get(f"/assets/{asset}/{name}")
        assert (reply.status_code, reply.headers.get("x-mock-media")) == (200, None)
        CHECKS[reply.mimetype](reply.data)
        replies[name] = reply.data
    return FinishedRequest(task, replies)


@pytest.mark.extended
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: f"{each.operation} {each.fields}"[:120])
def test_files_are_what_the_input_asks_for(request_: MediaRequest, tmp_path: Path) -> None:
    """Duration, size, ratio and codec are those of the input, and those that the mock says of the request."""
    task, files = _run(request_)
    for name, data in files.items():
        extension = find_extension(name)
        if extension in CODECS:
            found = read_media(data)
            assert found.codec == CODECS[extension]
            _check_size(found, request_, task)
            _check_duration(found, request_, task, TOLERANCES_S[extension])
            if extension != "png":
                _check_by_ffprobe(data, tmp_path, found, TOLERANCES_S[extension])
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


def _check_by_ffprobe(data: bytes, folder: Path, found: FoundMedia, tolerance_s: float) -> None:
    """Check that ffprobe, where it is installed, finds the same; some versions count all frames of an MP3 file."""
    by_ffprobe = read_by_ffprobe(data, folder)
    if by_ffprobe is not None:
        assert by_ffprobe.seconds == pytest.approx(found.seconds, abs=tolerance_s)
        assert by_ffprobe._replace(seconds=found.seconds) == found


def test_the_table_has_every_operation_with_files() -> None:
    """The table asks each operation that has files, and has sixty requests."""
    operations = {each.id for each in CATALOG.operations.values() if each.files}
    assert {each.operation for each in REQUESTS} == operations == LEAST_INPUTS.keys()
    assert len(REQUESTS) >= 60
