"""Recordings as recorders, sanitizers and services really make them: read, without a finding that is not one."""

from __future__ import annotations

import copy
import gzip
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import brotli
import pytest
from backports import zstd

from cannon_spec.installation import advise_extra
from tests.cannon_spec.cli.command import Command
from tests.cannon_spec.traffic.recorder import (
    CREATE,
    END_POLL,
    FIRST_POLL,
    FORMATS,
    LAST_POLL,
    ONCE,
    REQUESTS,
    SESSION,
    change_reply,
    find_entry,
    record,
)
from tests.support.mocks import body

RECORDINGS = Path(__file__).parents[2] / "recordings"
Judge = Callable[..., tuple[int, str, str]]


@pytest.fixture
def judge(cannon: Command) -> Judge:
    """The command with --strict on a HAR: exit status, standard output, standard error."""

    def run(recording: Any, *flags: str) -> tuple[int, str, str]:
        Path("a.har").write_text(json.dumps(recording))
        return cannon("check-traffic", "a.har", "--strict", *flags)

    return run


def list_replies(recording: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The reply of each call of the API, and the headers of it that can be changed, as one object."""
    for entry in recording["log"]["entries"]:
        if "/api/v1/" in entry["request"]["url"]:
            yield entry["response"], entry["response"]["content"]


def pack_replies(encode: Callable[[bytes], Any], coding: str, **members: Any) -> Callable[[dict[str, Any]], None]:
    """A change of a recording that leaves its replies compressed, and encoded in some way."""

    def change(recording: dict[str, Any]) -> None:
        for response, content in list_replies(recording):
            text = content["text"]
            data = b64decode(text) if content.pop("encoding", "") else text.encode()
            content.update(text=encode(data), **members)
            response["headers"].append({"name": "Content-Encoding", "value": coding})

    return change


def to_base64(data: bytes) -> str:
    return b64encode(data).decode()


def change_views(change: Callable[[dict[str, Any], int], None]) -> Callable[[dict[str, Any]], None]:
    """A change of each request object that polls show, given it and the number of its entry."""

    def change_all(recording: dict[str, Any]) -> None:
        for number, entry in enumerate(recording["log"]["entries"]):
            is_poll = entry["request"]["method"] == "GET" and f"{REQUESTS}/" in entry["request"]["url"]
            if is_poll and entry["response"]["status"] == 200:
                change_reply(recording, number, lambda view, number=number: change(view, number))

    return change_all


def sign_addresses(view: dict[str, Any], number: int) -> None:
    """Sign the address of an asset anew."""
    if view["status"] == "succeeded":
        address = f"https://cdn.example.com/{number}/a.png?signature={number}"
        view["output"].update(image_url=address, image_urls=[address])
        view["outputPreview"] = f"Asset ready: {address}"


def shorten_queued(view: dict[str, Any], _: int) -> None:
    """Show a queued object with few members in the place of one that is processing."""
    if view["status"] == "processing":
        view["status"] = "queued"
        for name in set(view) - {"id", "operation", "status", "createdAtMs"}:
            view.pop(name)


def cut_times(view: dict[str, Any], _: int) -> None:
    """Give whole seconds."""
    for name in ("createdAtMs", "startedAtMs", "completedAtMs"):
        view[name] = view.get(name) and view[name] // 1000 * 1000


def keep_log_from_creation(view: dict[str, Any], _: int) -> None:
    """Show a log at each poll, and count its time from the creation of the request."""
    log = view.get("requestLog") or {"available": True, "retentionDays": 7, "input": {"prompt": "A red 🚲"}}
    view["requestLog"] = {**log, "retainedUntilMs": view["createdAtMs"] + 7 * 86_400_000}


def redact_keys(text: str) -> Callable[[dict[str, Any]], None]:
    """Put a placeholder, with the number of its entry, in the place of each key."""

    def change(recording: dict[str, Any]) -> None:
        for number, entry in enumerate(recording["log"]["entries"]):
            for header in entry["request"]["headers"]:
                if header["name"].lower() in ("x-api-key", "x-idempotency-key", "authorization"):
                    header["value"] = text.format(number=number)

    return change


def change_entries(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """A change of each entry."""

    def change_all(recording: dict[str, Any]) -> None:
        for entry in recording["log"]["entries"]:
            change(entry)

    return change_all


def cut_start(entry: dict[str, Any]) -> None:
    """Write the start of a call in whole seconds."""
    start = entry["startedDateTime"]
    entry["startedDateTime"] = start[: start.index(".")] + start[start.index(".") + 4 :]


def answer_repeats(status: int, state: str) -> Callable[[dict[str, Any]], None]:
    """Answer the repeat of the session with another HTTP status, and with the present state."""

    def change(recording: dict[str, Any]) -> None:
        repeat = find_entry(recording, "POST", REQUESTS, 1)
        recording["log"]["entries"][repeat]["response"]["status"] = status
        change_reply(recording, repeat, lambda view: view.update(status=state))

    return change


QUIRKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "gzip in base64 (C12)": pack_replies(lambda data: to_base64(gzip.compress(data)), "gzip", encoding="base64"),
    "br in base64": pack_replies(lambda data: to_base64(brotli.compress(data)), "br", encoding="base64"),
    "zstd in base64": pack_replies(lambda data: to_base64(zstd.compress(data)), "zstd", encoding="base64"),
    "gzip as a text": pack_replies(lambda data: gzip.compress(data).decode("latin-1"), "gzip"),
    "br in chunks": pack_replies(lambda data: [brotli.compress(data).hex()], "br"),
    "zstd in chunks": pack_replies(lambda data: json.dumps([zstd.compress(data).hex()]), "zstd", _isBinary=True),
    "text labelled base64": pack_replies(bytes.decode, "gzip", encoding="base64"),
    "base64 without a label": pack_replies(to_base64, "identity"),
    "members that move": change_views(lambda view, number: view.update(lastPolledAt=number, polls=number)),
    "addresses that move": change_views(sign_addresses),
    "short queued objects (C4)": change_views(shorten_queued),
    "whole seconds in views": change_views(cut_times),
    "a log from the creation": change_views(keep_log_from_creation),
    "whole seconds": change_entries(cut_start),
    "no times": change_entries(lambda entry: entry.pop("startedDateTime")),
    "no headers": change_entries(lambda entry: entry["request"].pop("headers")),
    "keys with one placeholder": redact_keys("[header redacted]"),
    "keys with placeholders of their own": redact_keys("redacted-{number}"),
    "keys that are masked": redact_keys("cs_live_****{number}"),
    "a repeat with 200": answer_repeats(200, "queued"),
    "a repeat with the present state": answer_repeats(202, "succeeded"),
    "a repeat with 200 and the present state": answer_repeats(200, "processing"),
}


@pytest.mark.parametrize("format_har", FORMATS)
@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_is_no_finding(quirk: str, format_har: Callable[..., Any], judge: Judge) -> None:
    """What recorders, sanitizers and honest services do is no finding, and hides no body, in the form of each tool."""
    recording = format_har(SESSION)
    QUIRKS[quirk](recording)
    status, out, err = judge(recording)
    assert (status, err) == (0, ""), out
    assert out.startswith("11 judged, 11 ok, 0 errors, 0 warnings, ")
    assert out.endswith(" 0 without body, 0 skipped\n")


@pytest.mark.parametrize(
    "quirk", [name for name in QUIRKS if " in " in name or name.startswith(("gzip", "text", "base"))]
)
def test_a_defect_in_a_packed_body_is_found(quirk: str, judge: Judge) -> None:
    """A body that was unpacked is judged as any other."""
    recording = copy.deepcopy(ONCE)
    change_reply(recording, LAST_POLL, lambda view: view.update(id=7))
    QUIRKS[quirk](recording)
    status, out, _ = judge(recording)
    assert (status, f"error at /log/entries/{LAST_POLL}/response/content/id" in out) == (1, True)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"text": "[application/json redacted]"}, "redacted"),
        ({"text": '{"id": "req_1", "operation": "image.ge'}, "cut off"),
        ({"text": "a", "encoding": "base64"}, "labelled base64, and not base64"),
        ({"_file": "a.json"}, "in a file that is not beside the recording"),
        ({"_file": "../a.json"}, "in a file outside of the folder of the recording"),
        ({"text": to_base64(gzip.compress(b" " * 5_000_000))}, "larger than 4 MiB"),
    ],
)
def test_a_body_that_cannot_be_read_is_counted(content: dict[str, Any], problem: str, judge: Judge) -> None:
    """A body that cannot be read (C13) is counted as without body, with the reason, and is no finding."""
    recording = copy.deepcopy(ONCE)
    for number in (FIRST_POLL, END_POLL):
        recording["log"]["entries"][number]["response"]["content"] = {"mimeType": "application/json", **content}
    count = "2 judged, 2 ok, 0 errors, 0 warnings, 0 ignored, 2 without body, 0 skipped\n"
    assert judge(recording) == (0, count, f"cannon-spec: a.har: no body read in 2 calls (entry 1, 2): {problem}\n")


def test_a_redacted_create_is_counted(judge: Judge) -> None:
    """A create whose body was redacted is judged by its reply, and counted as without body."""
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"][CREATE]["request"]["postData"]["text"] = "[redacted]"
    status, out, err = judge(recording)
    assert (status, out.split(", ")[-2], err.count("redacted")) == (0, "1 without body", 1)


def test_a_library_that_is_missing_is_named(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, bodies in br are counted, and one line says what to install."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    recording = copy.deepcopy(ONCE)
    QUIRKS["br in base64"](recording)
    status, out, err = judge(recording)
    assert (status, out.split(", ")[-2]) == (0, "4 without body")
    problem = f"compressed with br, which needs brotli; {advise_extra('traffic')}"
    assert err == f"cannon-spec: a.har: no body read in 4 calls (entry 0, 1, 2, 3): {problem}\n"


def test_a_create_that_is_sent_again_without_a_key(judge: Judge) -> None:
    """A create that got no answer and is sent again without an idempotency key (C14) is a warning."""
    recording = record(lambda recorder: [recorder.call("POST", REQUESTS, body()) for _ in range(2)])
    recording["log"]["entries"][0]["response"] = {"status": 0, "content": {}, "_error": "net::ERR_TIMED_OUT"}
    status, out, _ = judge(recording)
    assert (status, out.count("rule: traffic-retry-without-key")) == (1, 1)


@pytest.mark.parametrize("recorder", ["playwright.har.zip", "mitmproxy.zhar", "bodies beside the HAR"])
def test_clean_files_of_real_recorders_are_read(recorder: str, cannon: Command) -> None:
    """Files of Playwright 1.65 (an archive, and its files in a folder: C15) and of mitmproxy 11 have no finding."""
    file = RECORDINGS / recorder
    if not file.exists():
        with ZipFile(RECORDINGS / "playwright.har.zip") as archive:
            archive.extractall("session")
        file = Path("session/har.har")
    addresses = [part for port in (2417, 2418) for part in ("--base-url", f"http://127.0.0.1:{port}")]
    status, out, err = cannon("check-traffic", "--strict", *addresses, str(file))
    assert (status, err) == (0, "")
    assert out.startswith("6 judged, 6 ok, 0 errors, 0 warnings, ")
    assert out.endswith(" 0 without body, 0 skipped\n")


def test_a_recording_on_standard_input_has_no_files_beside_it(cannon: Command) -> None:
    """What is read from standard input has no folder, so bodies in files of their own are counted."""
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"][LAST_POLL]["response"]["content"] = {"_file": "a.json"}
    Path("a.json").write_text("{}")
    status, out, err = cannon("check-traffic", "-", stdin=json.dumps(recording))
    assert (status, out.split(", ")[-2]) == (0, "1 without body")
    assert err == "cannon-spec: <stdin>: no body read in 1 call (entry 3): in a file of its own, which is not at hand\n"
