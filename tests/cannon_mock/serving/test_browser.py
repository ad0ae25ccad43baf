"""A page of another origin in a real browser: it drives the simulated API, and gets nothing of the mock's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Response, request

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from cannon_mock.views import context
from tests.support.chromium import ADVICE, REBOUND_HOST, find_chromium, open_page
from tests.support.effort import PATIENCE_S
from tests.support.page_server import serve_page

PAGE = Path(__file__).parents[2] / "support" / "page.html"
CHROMIUM = find_chromium()
DISGUISES = {"/__mock__/reset", "/__mock__/tasks", "/__mock__//tasks"}
"""The addresses that the page spells in another way, as the mock reads them."""


def add_page(app: Any) -> Any:
    """The application, and the page at its own address: what a browser has loaded before a name leads to the mock."""

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] != "/page":
            return app(environ, start)
        start("200 OK", [("Content-Type", "text/html")])
        return [PAGE.read_bytes()]

    return answer


@pytest.mark.extended
@pytest.mark.skipif(CHROMIUM is None, reason=ADVICE)
def test_a_page_drives_the_api_and_nothing_else(tmp_path: Path) -> None:
    """A page creates, polls to success, and reads a picture and errors; under /__mock__/ it reads and moves nothing.

    That holds for pages of another site, of the same site, and of a name of their own that leads to the mock.
    """
    app = create_app(Config(progression="manual:1", seed="tests"))
    admin_calls: list[tuple[str, str, int]] = []

    @app.after_request
    def note(response: Response) -> Response:
        if "mock__" in request.path:
            admin_calls.append((request.method, request.path, response.status_code))
        return response

    mock = context.find_context(app)
    with serve.serve_in_background(add_page(app)) as url, serve_page(PAGE, REBOUND_HOST) as page_server:
        others = [url, url.replace("127.0.0.1", "localhost")]  # another site than the page, and the same one
        rebound = url.replace("127.0.0.1", REBOUND_HOST)
        report = f"{page_server.url}/results"
        queries = [
            urlencode({"api": url, "others": ",".join(others), "report": report}),
            urlencode({"others": rebound, "report": report}),
        ]
        next_page = quote(f"{rebound}/page?{queries[1]}", safe="")
        assert CHROMIUM is not None
        with open_page(CHROMIUM, f"{page_server.url}/?{queries[0]}&next={next_page}", tmp_path):
            assert page_server.has_results.wait(PATIENCE_S), "the pages sent no results"
    api = json.loads(page_server.results["api"].removeprefix("default "))
    assert (api["status"], api["limited"], api["refused"]) == (
        *("succeeded", [429, "1", "rate_limited"]),
        [401, "unauthorized"],
    )
    assert api["image"][0] > 0
    assert "assumed:browser-access" in api["evidence"]
    for address in others:
        _check_refusals(page_server.results[address])
    _check_refusals_of_same_origin(page_server.results[rebound])
    assert {status for *_, status in admin_calls} == {403, 404}
    assert {path for *_, path, status in admin_calls if status == 404} <= DISGUISES
    assert admin_calls.count(("POST", "/__mock__/reset", 403)) == (len(others) + 1) * 3
    assert (len(list(mock.store.tasks.list_all())), mock.clock.scale) == (1, 1)


def _check_refusals(results: dict[str, str]) -> None:
    """Check that the page read nothing: a blind call and a form only see that they were sent."""
    blind = {name for name in results if name.endswith("blindly") or name == "move the clock"}
    assert {results[name] for name in blind} <= {"opaque ", "TypeError"}
    elements = {"form", "image", "script", "frame"}
    assert {results[name] for name in results.keys() - blind - elements} == {"TypeError"}
    assert {results[name] for name in elements} == {"refused", "sent", "unreadable"}


def _check_refusals_of_same_origin(results: dict[str, str]) -> None:
    """Check that a page of the mock's own origin, for the browser, read nothing but refusals."""
    texts = [text for name, text in results.items() if name not in ("form", "image", "script")]
    assert all('"status":403' in text or '"status":404' in text for text in texts)
    assert (results["image"], results["script"], results["form"]) == ("refused", "refused", "sent")
