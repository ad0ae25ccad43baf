"""The client that is written from the vendor's pages alone, against the mock on a socket."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples import video_with_music
from tests.support.payloads import CATALOG, FOLDER
from tests.support.processes import environment
from tests.support.serving import serve_mock

pytestmark = pytest.mark.skipif(
    not {"video.generate", "music.generate"} <= {each.id for each in CATALOG.operations.values() if each.is_covered},
    reason="the contract does not cover both operations yet",
)
REQUESTS = {"video.generate": video_with_music.VIDEO, "music.generate": video_with_music.MUSIC}


def _run(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the client in a folder; only the address of the service is another one."""
    command = [sys.executable, str(Path(video_with_music.__file__).resolve())]
    variables = environment(STUDIO_URL=url, CANNON_API_KEY="cs_test_video")
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


@pytest.mark.parametrize("operation", REQUESTS)
def test_the_requests_are_those_of_the_pages(operation: str) -> None:
    """The client sends the fields of the documented example, with the same values but for prose."""
    example: dict[str, Any] = json.loads((FOLDER / "examples" / operation / "documented.json").read_text())["input"]
    request, prose = REQUESTS[operation], {"prompt", "negative_prompt", "style"}
    assert request.keys() == example.keys()
    assert {name: value for name, value in request.items() if name not in prose} == {
        name: value for name, value in example.items() if name not in prose
    }


def test_the_client_makes_a_video_and_its_music(tmp_path: Path) -> None:
    """It sends one create for each, and ends with both files, each of its kind."""
    with serve_mock(speed=1000) as mock:
        run = _run(mock.url, tmp_path)
        operations = [entry.operation for entry in mock.creates]
    assert run.returncode == 0, run.stderr
    assert operations == list(REQUESTS)
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
    assert (tmp_path / "music.mp3").read_bytes()[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xe3")


def test_the_client_reports_a_failure(tmp_path: Path) -> None:
    """A request that fails ends the client with status 1 and the message of the service."""
    with serve_mock(speed=1000, scenario="failed-moderation") as mock:
        run = _run(mock.url, tmp_path)
    assert (run.returncode, run.stderr.startswith("failed: ")) == (1, True)
    assert not (tmp_path / "video.mp4").exists()
