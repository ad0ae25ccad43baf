"""The bodies of recording calls, each judged by its schema."""

from __future__ import annotations

import copy

import pytest

from tests.cannon_spec.traffic.recorder import (
    CREATE,
    END_POLL,
    ONCE,
    REQUESTS,
    SESSION,
    STATUS,
    change_reply,
    find_entry,
    format_chromium,
    format_mitmproxy,
    list_rows,
    record,
    response_path,
)
from tests.support.mocks import body


def test_chromium_encodes_some_replies() -> None:
    """The recording has replies in base64, which Chromium writes for replies with an emoji."""
    base64_entries = [
        each for each in format_chromium(SESSION)["log"]["entries"] if "encoding" in each["response"]["content"]
    ]
    assert len(base64_entries) >= 2


def test_a_defect_has_no_further_findings() -> None:
    """A defect in one poll gives one finding of the schema, and one of the next poll that differs from it."""
    recording = format_mitmproxy(SESSION)
    poll = find_entry(recording, "GET", SESSION[2].path, 1)
    change_reply(recording, poll, lambda view: view["output"].update(provider_image_count="one"))
    next_poll = find_entry(recording, "GET", SESSION[2].path, 2)
    count = "output/provider_image_count"
    shape, final = "operations/image.generate/output#/properties/provider_image_count/type", "traffic-final"
    assert list_rows(recording) == [
        ("error", shape, "image-output-shape", f"/log/entries/{poll}/response/content/{count}"),
        ("error", final, "lifecycle-terminal", f"/log/entries/{next_poll}/response/content/output"),
    ]


@pytest.mark.parametrize(
    ("number", "status", "severity", "claim"),
    [
        (CREATE, 202, "error", "create-reply-shape"),
        (END_POLL, 200, "error", "request-shape"),
        (END_POLL, 502, "warning", "error-envelope"),
    ],
)
def test_a_reply_that_is_not_json(number: int, status: int, severity: str, claim: str) -> None:
    """A reply that is not JSON breaks the claim on its shape, which for an error body is an assumption."""
    recording = copy.deepcopy(ONCE)
    response = recording["log"]["entries"][number]["response"]
    response["status"], response["content"]["text"] = status, "<html>Bad gateway</html>"
    assert list_rows(recording) == [(severity, "json", claim, response_path(number, "content"))]


def test_a_create_that_is_not_json() -> None:
    """A create body that is not JSON is an error at its place."""
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"][CREATE]["request"]["postData"]["text"] = '{"a" 1}'
    assert list_rows(recording) == [("error", "json", "json-body", "/log/entries/0/request/postData")]


def test_a_create_with_an_error_reply_is_judged() -> None:
    """If the reply to a create is an error, both the create body and the reply are judged."""
    recording = record(lambda recorder: recorder.call("POST", REQUESTS, body(resolution="8K")))
    assert recording["log"]["entries"][0]["response"]["status"] == 400
    path = "/log/entries/0/request/postData/input/resolution"
    assert [(severity, where) for severity, _, _, where in list_rows(recording)] == [("error", path)]
    change_reply(recording, 0, lambda view: view.pop("error"))
    assert ("warning", response_path(0, "content")) in [
        (severity, where) for severity, _, _, where in list_rows(recording)
    ]


def test_a_status_reply_is_judged() -> None:
    """The status reply is judged by its schema."""
    recording = record(lambda recorder: recorder.call("GET", STATUS))
    change_reply(recording, 0, lambda view: view.update(ok=False))
    assert list_rows(recording) == [
        ("error", "envelope/status#/properties/ok/const", "status-ok", response_path(0, "content/ok"))
    ]
