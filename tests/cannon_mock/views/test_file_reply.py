"""Files of every kind are served as services that store files do: conditions, ranges, HEAD, faults and expiry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import pytest
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from cannon_mock.views.faults import ConnectionDropped
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.media_types import find_extension, find_media_type
from tests.support.examples import FILES
from tests.support.mocks import RETENTION_MS, Driver, build_driver, read_error
from tests.support.payloads import CATALOG


class StoredFile(NamedTuple):
    """A file that a mock serves: its path, its bytes and what names them, and its request's id."""

    path: str
    data: bytes
    etag: str
    modified: str
    task_id: str

    def fill(self, text: str) -> str:
        """A text with the file's own values in it."""
        seconds = {name: http_date(self.seconds + step) for name, step in (("before", -1), ("after", 1))}
        return text.format(etag=self.etag, modified=self.modified, length=len(self.data), **seconds)

    @property
    def seconds(self) -> int:
        """When it was made, in seconds since 1970."""
        return int(parsedate_to_datetime(self.modified).timestamp())


def _choose_operations() -> dict[str, Operation]:
    """An operation for each kind of file, by its extension."""
    operations = sorted(CATALOG.operations.values(), key=lambda each: -len(each.files))
    return {find_extension(name): each for each in reversed(operations) for name in each.files.values()}


OPERATIONS = _choose_operations()
WHOLE = slice(None)
NOTHING = slice(0, 0)

REQUESTS: list[tuple[Mapping[str, str], int, slice | None]] = [
    ({}, 200, WHOLE),
    ({"Range": "bytes=0-0"}, 206, slice(0, 1)),
    ({"Range": "bytes=0-"}, 206, WHOLE),
    ({"Range": "bytes=8-99"}, 206, slice(8, 100)),
    ({"Range": "BYTES= 8-99 "}, 206, slice(8, 100)),
    ({"Range": "bytes=10-"}, 206, slice(10, None)),
    ({"Range": "bytes=-5"}, 206, slice(-5, None)),
    ({"Range": "bytes=-999999999"}, 206, WHOLE),
    ({"Range": "bytes=3-999999999"}, 206, slice(3, None)),
    ({"Range": "bytes={length}-"}, 416, None),
    ({"Range": "bytes={length}-999999999"}, 416, None),
    ({"Range": "bytes=-0"}, 416, None),
    ({"Range": "bytes=0-0,5-9"}, 200, WHOLE),
    ({"Range": "bytes=5-2"}, 200, WHOLE),
    ({"Range": "bytes=a-b"}, 200, WHOLE),
    ({"Range": "bytes=-"}, 200, WHOLE),
    ({"Range": "bytes=٣-٤"}, 200, WHOLE),
    ({"Range": "bytes=0-" + "9" * 5000}, 200, WHOLE),
    ({"Range": "bytes"}, 200, WHOLE),
    ({"Range": "seconds=0-1"}, 200, WHOLE),
    ({"If-Range": "{etag}", "Range": "bytes=0-7"}, 206, slice(0, 8)),
    ({"If-Range": "{modified}", "Range": "bytes=0-7"}, 206, slice(0, 8)),
    ({"If-Range": "{etag}"}, 200, WHOLE),
    ({"If-Range": "W/{etag}", "Range": "bytes=0-7"}, 200, WHOLE),
    ({"If-Range": '"another"', "Range": "bytes=0-7"}, 200, WHOLE),
    ({"If-Range": "{after}", "Range": "bytes=0-7"}, 200, WHOLE),
    ({"If-Range": '"another"', "Range": "bytes={length}-"}, 200, WHOLE),
    ({"If-None-Match": "{etag}"}, 304, NOTHING),
    ({"If-None-Match": "W/{etag}"}, 304, NOTHING),
    ({"If-None-Match": '"another", {etag}'}, 304, NOTHING),
    ({"If-None-Match": "*"}, 304, NOTHING),
    ({"If-None-Match": '"another"'}, 200, WHOLE),
    ({"If-None-Match": "{etag}", "Range": "bytes=0-7"}, 304, NOTHING),
    ({"If-None-Match": "{etag}", "Range": "bytes={length}-"}, 304, NOTHING),
    ({"If-Modified-Since": "{modified}"}, 304, NOTHING),
    ({"If-Modified-Since": "{after}"}, 304, NOTHING),
    ({"If-Modified-Since": "{before}"}, 200, WHOLE),
    ({"If-Modified-Since": "yesterday"}, 200, WHOLE),
    ({"If-Modified-Since": "{modified}", "If-None-Match": '"another"'}, 200, WHOLE),
    ({"If-Match": "{etag}"}, 200, WHOLE),
    ({"If-Match": "*", "Range": "bytes=0-7"}, 206, slice(0, 8)),
    ({"If-Match": '"another"'}, 412, None),
    ({"If-Match": "W/{etag}"}, 412, None),
    ({"If-Match": '"another"', "Range": "bytes=0-7"}, 412, None),
    ({"If-Unmodified-Since": "{modified}"}, 200, WHOLE),
    ({"If-Unmodified-Since": "{before}"}, 412, None),
    ({"If-Unmodified-Since": "{before}", "If-Match": "{etag}"}, 200, WHOLE),
]
"""Headers of a request, and the status and part of the file that answer it; None for an error."""

ERRORS = {412: "precondition_failed", 416: "requested_range_not_satisfiable"}

each_kind = pytest.mark.parametrize("extension", OPERATIONS)


def _make_file(mock: Driver, extension: str, scenario: str = "success") -> tuple[str, str]:
    """The path of a file of a request that has ended, and the id of that request."""
    operation = OPERATIONS[extension]
    inputs = (each for each in FILES.values() if (each.folder, each.part) == (operation.id, "input"))
    body = {"operation": operation.id, "input": next(each for each in inputs if each.judge(CATALOG).ok).document}
    end = mock.create_and_finish(body, headers={"x-mock-scenario": scenario})
    name = next(name for name in operation.files.values() if find_extension(name) == extension)
    return f"/assets/{end['id'].replace('req', operation.data['media']['task_prefix'])}/{name}", end["id"]


@pytest.fixture(scope="module")
def stored_files() -> tuple[Driver, dict[str, StoredFile]]:
    """A mock and its files by extension."""
    mock, stored = build_driver(credits=10**6), {}
    for extension in OPERATIONS:
        path, task_id = _make_file(mock, extension)
        reply = mock.client.get(path)
        stored[extension] = StoredFile(path, reply.data, reply.headers["ETag"], reply.headers["Last-Modified"], task_id)
    return mock, stored


@pytest.mark.parametrize(("headers", "status", "part"), REQUESTS, ids=lambda each: str(each)[:60])
def test_a_request_gets_what_it_asks_for(
    stored_files: Any, headers: Mapping[str, str], status: int, part: slice | None
) -> None:
    """Conditions go first, then one range; what is no range of bytes gets the whole file. HEAD has the same headers.

    That holds for each kind of file.
    """
    mock, files = stored_files
    for file in files.values():
        filled_headers = {name: file.fill(value).encode().decode("latin-1") for name, value in headers.items()}
        reply, head = (mock.client.open(file.path, method=each, headers=filled_headers) for each in ("GET", "HEAD"))
        assert (head.status_code, head.data) == (status, b"")
        assert dict(head.headers) == dict(reply.headers)
        if part is None:
            _check_error(reply, file, status)
            continue
        assert (reply.status_code, reply.data) == (status, file.data[part])
        assert (reply.headers["ETag"], reply.headers["Accept-Ranges"]) == (file.etag, "bytes")
        if status != 304:
            _check_part(reply, file, part)


def _check_error(reply: TestResponse, file: StoredFile, status: int) -> None:
    """Check that a reply is the error of a status; one of a range tells the length of the file."""
    assert read_error(reply) == (status, ERRORS[status])
    assert reply.headers.get("Content-Range") == (f"bytes */{len(file.data)}" if status == 416 else None)
    assert "unknown-address-404" not in reply.headers["x-mock-evidence"]


def _check_part(reply: TestResponse, file: StoredFile, part: slice) -> None:
    """Check the headers that tell what part of which file the body of a reply is."""
    start, stop, _ = part.indices(len(file.data))
    assert (reply.mimetype, reply.content_length) == (find_media_type(CATALOG.media["types"], file.path), stop - start)
    assert reply.headers["Last-Modified"] == file.modified
    place = f"bytes {start}-{stop - 1}/{len(file.data)}"
    assert reply.headers.get("Content-Range") == (place if reply.status_code == 206 else None)


@each_kind
def test_a_file_is_as_old_as_the_end_of_its_request(stored_files: Any, extension: str) -> None:
    """Last-Modified is when the request ended, and caches ask each time whether the file is still there."""
    mock, file = stored_files[0], stored_files[1][extension]
    ended_ms = mock.get(f"/__mock__/tasks/{file.task_id}").get_json()["timeline"]["ended_ms"]
    assert file.seconds == ended_ms // 1000
    reply = mock.client.get(file.path)
    assert reply.headers["Cache-Control"] == "private, max-age=0"
    assert reply.last_modified is not None
    assert reply.date is not None
    assert reply.last_modified <= reply.date == datetime.fromtimestamp(mock.clock.now_ms() // 1000, UTC)


@each_kind
def test_a_page_may_read_what_a_range_tells(stored_files: Any, extension: str) -> None:
    """A page of another origin may send a range, and read the headers by which it puts the parts together."""
    mock, file = stored_files[0], stored_files[1][extension]
    origin = {"Origin": "http://localhost:5173"}
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range, if-range"}
    preflight = mock.client.options(file.path, headers={**origin, **asks})
    reply = mock.client.get(file.path, headers={**origin, "Range": "bytes=0-1"})
    assert {"range", "if-range"} <= set(preflight.headers["Access-Control-Allow-Headers"].split(", "))
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (206, origin["Origin"])
    readable_names = {"accept-ranges", "content-range", "etag", "x-mock-media"}
    assert readable_names <= set(reply.headers["Access-Control-Expose-Headers"].split(", "))


def _fetch(mock: Driver, path: str, method: str = "GET", **headers: str) -> TestResponse:
    return mock.client.open(path, method=method, headers={name.replace("_", "-"): headers[name] for name in headers})


@each_kind
def test_the_scenarios_of_assets_hold(extension: str) -> None:
    """A missing or expired file stays so, a slow one is late each time, and the first fetch alone is cut off.

    That holds for HEAD and ranges too, but that HEAD is no fetch.
    """
    mock = build_driver(credits=10**6, latency="clock")
    for scenario, status in (("asset-missing", 404), ("asset-expired", 410)):
        path, _ = _make_file(mock, extension, scenario)
        replies = [_fetch(mock, path), _fetch(mock, path, "HEAD"), _fetch(mock, path, Range="bytes=0-1")]
        assert [reply.status_code for reply in replies] == [status] * 3
    path, _ = _make_file(mock, extension, "asset-slow")
    for method, headers, status in (("GET", {}, 200), ("HEAD", {}, 200), ("GET", {"Range": "bytes=0-1"}, 206)):
        start_ms = mock.clock.now_ms()
        assert _fetch(mock, path, method, **headers).status_code == status
        assert mock.clock.now_ms() == start_ms + 2000


@each_kind
@pytest.mark.parametrize("part", [{}, {"Range": "bytes=1-100"}], ids=["whole", "range"])
def test_the_first_fetch_is_cut_off(extension: str, part: dict[str, str]) -> None:
    """HEAD does not count as the fetch that breaks in the middle; the next fetch, as one that resumes, is whole."""
    mock = build_driver()
    path, _ = _make_file(mock, extension, "asset-cut-off")
    length = int(_fetch(mock, path, "HEAD", **part).headers["Content-Length"])
    cut_reply = mock.client.get(path, headers=part, buffered=False)
    assert cut_reply.content_length == length
    chunks: Iterator[Any] = iter(cut_reply.response)
    half = bytes(next(chunks))
    with pytest.raises(ConnectionDropped):
        next(chunks)
    assert len(half) == length // 2
    whole = mock.client.get(path, headers=part).data
    assert (len(whole), whole[: len(half)]) == (length, half)


@each_kind
def test_a_file_expires(extension: str) -> None:
    """A file is served for seven days after the end of its request, and answered with 410 after that, to HEAD too."""
    mock = build_driver()
    path, task_id = _make_file(mock, extension)
    ended_ms = mock.get(f"/__mock__/tasks/{task_id}").get_json()["timeline"]["ended_ms"]
    mock.clock.set(ended_ms + RETENTION_MS)
    known_etag = mock.client.get(path).headers["ETag"]
    mock.clock.advance(1)
    for headers in ({}, {"If-None-Match": known_etag}, {"Range": "bytes=0-1"}):
        assert read_error(mock.client.get(path, headers=headers)) == (410, "asset_expired")
        assert mock.client.head(path, headers=headers).status_code == 410
