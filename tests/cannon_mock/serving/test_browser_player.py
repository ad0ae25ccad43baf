"""Videos and audio files in a real browser: a page of another origin plays them, and seeks in them by ranges."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from cannon_mock.model.tasks import Task
from cannon_mock.serving import serve
from cannon_spec.contract.media_types import find_extension
from tests.support import made_up
from tests.support.chromium import ADVICE, find_chromium, open_page
from tests.support.effort import PATIENCE_S
from tests.support.media_requests import REQUESTS
from tests.support.mocks import Driver, build_driver
from tests.support.page_server import serve_page

PAGE = Path(__file__).parents[2] / "support" / "player.html"
CHROMIUM = find_chromium()
EXTENSIONS = ("mp4", "mp3", "wav")
LONG_VOICE = {"operations": {"voice.make": {"media": {"duration": {"default": 600, "claim": "user-overlay"}}}}}
"""Makes a file of nine megabytes, of which a browser fetches only parts."""
PIECES = {"mp4": 2048, "wav": 128 * 1024}
"""The most bytes of one reply, by extension: less than a browser reads ahead, so that it does not read as far as the
machine has time for."""
SEEKS = [0.6, 0.4, 0.9]
"""Where the page seeks to, as parts of the duration: past what a browser reads ahead of the long file's start."""
NEAR_S = 0.1


class Fetch(NamedTuple):
    """A call of an application: its path, the first byte that it asks for, and the status of the reply."""

    path: str
    start: int
    status: str


def serve_pieces(app: Any, fetches: list[Fetch]) -> Any:
    """The application, which sends at most a piece of a file: a browser that wants more asks for the next.

    A browser may not store what it gets, so that what it asks for does not depend on what it has on its disk.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        match = re.fullmatch(r"bytes=(\d+)-\d*", environ.get("HTTP_RANGE", ""))
        first = int(match[1]) if match else 0
        piece = PIECES.get(find_extension(path))
        if match and piece:
            environ["HTTP_RANGE"] = f"bytes={first}-{first + piece - 1}"

        def note(status: str, headers: Any, exc_info: Any = None) -> Any:
            fetches.append(Fetch(path, first, status.partition(" ")[0]))
            own_headers = [(name, value) for name, value in headers if name.lower() != "cache-control"]
            return start_response(status, [*own_headers, ("Cache-Control", "no-store")], exc_info)

        return app(environ, note)

    return answer


def _make_files(mock: Driver) -> dict[str, Task]:
    """The path of each video and audio file of one request of each operation, with its task."""
    files = {}
    bodies = {each.operation: each.body for each in REQUESTS}  # the last one of each
    for operation in mock.context.catalog.operations.values():
        names = [name for name in operation.files.values() if find_extension(name) in EXTENSIONS]
        body = bodies.get(operation.id) or {"operation": operation.id, "input": made_up.INPUTS.get(operation.id)}
        task = mock.store.tasks.get(mock.create_and_get_id(body)) if names else None
        for name in names:
            assert task is not None
            asset = task.id.replace("req", operation.data["media"]["task_prefix"])
            files[f"/assets/{asset}/{name}"] = task
    return files


@pytest.mark.extended
@pytest.mark.skipif(CHROMIUM is None, reason=ADVICE)
def test_a_page_plays_and_seeks_in_every_kind_of_file(tmp_path: Path) -> None:
    """A page plays each video and audio file of each operation to its end, and gets each place that it seeks by ranges.

    It reads duration, size and colours, as it could not where the mock did not let a page of another origin do so.
    """
    mock = build_driver(made_up.load_made_up(tmp_path, LONG_VOICE), progression="immediate", credits=10**6)
    files, fetches = _make_files(mock), list[Fetch]()
    app = serve_pieces(mock.client.application, fetches)
    with serve.serve_in_background(app) as url, serve_page(PAGE, "codecs") as page_server:
        addresses = ",".join(f"{url}{path}" for path in files)
        page = f"{page_server.url}/?{urlencode({'files': addresses, 'report': f'{page_server.url}/results'})}"
        assert CHROMIUM is not None
        with open_page(CHROMIUM, page, tmp_path):
            assert page_server.has_results.wait(PATIENCE_S), "the page sent no results"
    if not page_server.results["codecs"]:
        pytest.skip("this Chromium cannot play H.264")
    for path, task in files.items():
        _check_playback(page_server.results[f"{url}{path}"], path, task)
        length = int(mock.client.head(path).headers["Content-Length"])
        _check_ranges([fetch for fetch in fetches if fetch.path == path], path, length)


def _check_ranges(fetches: list[Fetch], path: str, length: int) -> None:
    """Check that a file was fetched in ranges: the large one from where the page seeks, a video in several."""
    assert {fetch.status for fetch in fetches} == {"206"}
    starts = {fetch.start / length for fetch in fetches}
    if path.endswith("wav"):
        nearest_starts = [min(starts, key=lambda start: abs(start - place)) for place in SEEKS]
        assert nearest_starts == pytest.approx(SEEKS, abs=0.05)
    elif path.endswith("mp4"):
        assert len(starts) > 1


def _check_playback(result: dict[str, Any], path: str, task: Task) -> None:
    assert "error" not in result, (path, result)
    duration, properties = result["duration"], task.media.properties
    assert duration == pytest.approx(properties["duration"], abs=NEAR_S)
    assert result["end"] == pytest.approx(duration, abs=NEAR_S)
    assert result["seeks"] == pytest.approx(SEEKS, abs=0.05)
    if path.endswith("mp4"):
        assert result["size"] == [properties["width"], properties["height"]]
        assert result["colours"] > 1
