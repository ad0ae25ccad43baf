"""The command ``cannon-spec check-traffic``: what it prints of which files, and its exit status."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec.cli import traffic_check
from tests.cannon_spec.cli.command import Command
from tests.cannon_spec.traffic.recorder import (
    CREATE,
    FIRST_POLL,
    FORMATS,
    HOST,
    LAST_POLL,
    ONCE,
    REQUESTS,
    SESSION,
    Recorder,
    change_entry,
    change_json,
    change_reply,
    find_entry,
    find_header,
    format_mitmproxy,
    record,
    record_once,
    replace_value,
)
from tests.support.mocks import KEY, OTHER_KEY, body

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(cannon: Command) -> Check:
    """The command on a HAR, or on bytes: exit status, standard output, standard error."""

    def run(recording: Any, *flags: str, **streams: Any) -> tuple[int, str, str]:
        data = recording if isinstance(recording, bytes) else json.dumps(recording).encode()
        Path("a.har").write_bytes(data)
        return cannon("check-traffic", "a.har", *flags, **streams)

    return run


@pytest.mark.parametrize("format_har", FORMATS)
def test_a_recording_of_the_mock_has_no_finding(format_har: Callable[..., Any], check: Check) -> None:
    """Calls that the mock answers are judged without a warning, whichever tool records them."""
    recording = format_har(SESSION)
    calls = [call for call in SESSION if call.path.startswith("/api/")]
    ignored_count = len(recording["log"]["entries"]) - len(calls)
    counts = f"{len(calls)} judged, {len(calls)} ok, 0 errors, 0 warnings, {ignored_count} ignored"
    assert check(recording, "--strict") == (0, f"{counts}, 0 without body, 0 skipped\n", "")
    assert ignored_count >= 1


@pytest.mark.parametrize("format_har", FORMATS)
def test_a_finding_has_its_entry_and_place(format_har: Callable[..., Any], check: Check) -> None:
    """A wrong create body and a wrong reply are reported with the number of the entry and the place in it."""
    recording = format_har(SESSION)
    create = find_entry(recording, "POST", REQUESTS, 2)
    poll = find_entry(recording, "GET", SESSION[2].path, 1)
    square = {"aspect_ratio": "1:1", "resolution": "4K"}
    change_json(
        recording["log"]["entries"][create]["request"]["postData"], lambda payload: payload["input"].update(square)
    )
    change_reply(recording, poll, lambda view: view["output"].update(provider_image_count="one"))

    status, out, err = check(recording)
    assert (status, err) == (1, "")
    place = f"/log/entries/{create}/request/postData/input/resolution"
    assert f"a.har: entry {create} (POST {REQUESTS}): error at {place}\n" in out
    place = f"/log/entries/{poll}/response/content/output/provider_image_count"
    assert f"a.har: entry {poll} (GET {SESSION[2].path}): error at {place}\n" in out

    status, out, _ = check(recording, "--format", "json")
    results = json.loads(out)["results"]
    bad = [result for result in results if not result["ok"]]
    assert {result["entry"] for result in bad} >= {create, poll}
    assert bad[0].keys() == {"file", "line", "entry", "call", "ok", "findings"}
    assert (bad[0]["file"], bad[0]["line"]) == ("a.har", None)


@pytest.mark.parametrize(
    ("change", "count", "without_body"),
    [
        (lambda entry: entry["response"].update(status=0, content={}, _error="net::ERR_ABORTED"), 3, 1),
        (lambda entry: entry["response"].update(status=-1, content={"size": -1, "mimeType": "x-unknown"}), 3, 1),
        (lambda entry: entry["response"]["content"].pop("text"), 3, 1),
        (lambda entry: entry["response"]["content"].update(text=None), 3, 1),
        (lambda entry: entry["response"]["content"].update(text="", size=0), 3, 1),
        (lambda entry: entry["response"].update(status=304), 3, 1),
        (lambda entry: entry["response"].update(status=204), 3, 1),
        (lambda entry: entry["response"].update(status=307), 3, 1),
        (lambda entry: entry.pop("response"), 3, 1),
        (lambda entry: entry["request"].update(method="OPTIONS"), 3, 0),
    ],
)
def test_a_reply_without_a_body_is_counted(
    change: Callable[[Any], Any], count: int, without_body: int, check: Check
) -> None:
    """A call without a reply, or with a reply whose body is not in the file, is counted and gives no finding."""
    recording = copy.deepcopy(ONCE)
    change(recording["log"]["entries"][FIRST_POLL])
    status, out, _ = check(recording, "--format", "json")
    assert status == 0
    assert json.loads(out)["summary"] == {
        "judged": count,
        "ok": count,
        "errors": 0,
        "warnings": 0,
        "ignored": 1 - without_body,
        "without_body": without_body,
        "skipped": 0,
    }


def test_a_create_without_a_reply_is_judged_by_its_body(check: Check) -> None:
    """A create without a reply is judged by its body, one without a body by its reply."""
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"][CREATE]["response"] = {"status": 0, "content": {}}
    assert check(recording)[1].startswith("4 judged, 4 ok, 0 errors, 0 warnings, 0 ignored, 1 without body")
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"][CREATE]["request"]["postData"]["text"] = ""
    assert check(recording)[1].startswith("4 judged, 4 ok, 0 errors, 0 warnings, 0 ignored, 1 without body")


def test_a_recording_without_any_body_could_not_be_judged(check: Check) -> None:
    """A file without any body gives exit status 2."""
    recording = copy.deepcopy(ONCE)
    for entry in recording["log"]["entries"]:
        entry["response"]["content"].pop("text")
        entry["request"].pop("postData", None)
    status, _, err = check(recording)
    assert (status, err) == (2, "cannon-spec: a.har: no call of the API has a body; save the HAR with content\n")


@pytest.mark.parametrize(
    ("host", "flag"),
    [
        (HOST, None),
        ("https://cannonstudio.app", None),
        ("https://eu.cannonstudio.app:8443", None),
        ("HTTPS://WWW.CannonStudio.app.", None),
        ("http://127.0.0.1:2266", "http://127.0.0.1:2266/"),
        ("http://proxy.example.com:80/cannon", "http://proxy.example.com/cannon"),
        ("http://[::1]:2266", "http://[::1]:2266"),
    ],
)
def test_calls_are_selected_by_address(host: str, flag: str | None, check: Check) -> None:
    """Calls to the vendor's host, with or without www, and to its subdomains are judged; others need a flag."""
    recorder = Recorder()
    record_once(recorder)
    flags = () if flag is None else ("--base-url", flag)
    status, out, err = check(format_mitmproxy(recorder.calls, host), *flags)
    assert (status, err) == (0, "")
    assert out.startswith("4 judged, 4 ok")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("http://127.0.0.1:2266", "http://127.0.0.1:2266"),
        ("https://user:secret@example.com:443/api", "https://example.com/api"),
        ("https://notcannonstudio.app", "https://notcannonstudio.app"),
        (f"{HOST}/v2", f"{HOST}/v2"),
    ],
)
def test_calls_to_another_address_are_reported(host: str, address: str, check: Check) -> None:
    """A file without calls of the API gives exit status 2, and a line with the address of calls like them."""
    status, out, err = check(format_mitmproxy(SESSION, host))
    assert (status, out.split(",")[0]) == (2, "0 judged")
    assert err == (
        f"cannon-spec: a.har: none of {len(SESSION)} entries is a call of the API; "
        f"calls like the API's go to {address}: judge them with --base-url {address}\n"
    )
    assert check(format_mitmproxy(SESSION, host), "--base-url", address)[0] == 0


def test_the_first_address_is_reported(check: Check) -> None:
    """Of several such addresses, the first is reported."""
    first, second = format_mitmproxy(SESSION, "http://a.example.com"), format_mitmproxy(SESSION, "http://b.example.com")
    first["log"]["entries"] += second["log"]["entries"]
    assert "calls like the API's go to http://a.example.com:" in check(first)[2]


def test_a_file_without_calls_could_not_be_judged(check: Check) -> None:
    """A recording of other calls gives exit status 2."""
    status, _, err = check({"log": {"entries": [{"request": {"method": "GET", "url": "http://[bad/api/v1/status"}}]}})
    assert status == 2
    assert err.startswith("cannon-spec: a.har: none of 1 entries is a call of the API; record the calls, or name")


@pytest.mark.parametrize("url", ["127.0.0.1:2266", "ftp://example.com", "http://", "http://[bad", "http://a:99999"])
def test_a_base_url_must_be_an_address(url: str, check: Check) -> None:
    """A base URL that is no address is wrong usage."""
    status, _, err = check(ONCE, "--base-url", url)
    assert status == 2
    assert "is not an http or https address with a host" in err


def test_a_contract_with_a_bad_address_could_not_be_used(check: Check) -> None:
    """An overlay with a base URL that is no address gives exit status 2, and a line that names it."""
    Path("mine.json").write_text('{"base_url": "nowhere"}')
    status, _, err = check(ONCE, "--overlay", "mine.json")
    assert (status, err.startswith("cannon-spec: base_url: 'nowhere' is not an http")) == (2, True)


MALFORMED: list[tuple[Any, Any, str]] = [
    ((), [], "expected an object at the top of the document, got an array"),
    (("log",), None, "/log is missing"),
    (("log",), "x", "expected an object at /log, got a string"),
    (("log", "entries"), None, "/log/entries is missing"),
    (("log", "entries"), {}, "expected an array at /log/entries, got an object"),
    (("log", "entries"), [0] * 10_001, "more than 10000 of its entries cannot be read"),
]


@pytest.mark.parametrize(("path", "value", "words"), MALFORMED)
def test_a_file_that_is_not_a_har(path: tuple[Any, ...], value: Any, words: str, check: Check) -> None:
    """A file without a list of entries gives exit status 2, and one line that says what is wrong."""
    status, out, err = check(replace_value(ONCE, path, value))
    counts = "0 judged, 0 ok, 0 errors, 0 warnings, 0 ignored, 0 without body, 0 skipped"
    assert (status, out) == (2, f"{counts}, 1 file not judged\n")
    assert err.startswith("cannon-spec: a.har: not a HAR file that can be read: ")
    assert words in err
    assert err.count("\n") == 1


ENTRY = ("log", "entries", 1)


ODD_ENTRIES: list[tuple[Any, Any, str]] = [
    (ENTRY, 7, "expected an object at /log/entries/1, got an integer"),
    (ENTRY, None, "expected an object at /log/entries/1, got null"),
    ((*ENTRY, "request"), None, "/log/entries/1/request is missing"),
    ((*ENTRY, "request"), [], "expected an object at /log/entries/1/request, got an array"),
    ((*ENTRY, "request", "url"), 7, "expected a string at /log/entries/1/request/url, got an integer"),
    ((*ENTRY, "request", "method"), None, "/log/entries/1/request/method is missing"),
    ((*ENTRY, "response"), "x", "expected an object at /log/entries/1/response, got a string"),
    ((*ENTRY, "response", "status"), "200", "expected an integer at /log/entries/1/response/status, got a string"),
    ((*ENTRY, "response", "status"), True, "expected an integer at /log/entries/1/response/status, got a boolean"),
    ((*ENTRY, "response", "content"), [], "expected an object at /log/entries/1/response/content, got an array"),
]


@pytest.mark.parametrize(("path", "value", "words"), ODD_ENTRIES)
def test_an_odd_entry_is_skipped(path: tuple[Any, ...], value: Any, words: str, check: Check) -> None:
    """An entry that cannot be read is named and counted, and the others are judged."""
    status, out, err = check(replace_value(ONCE, path, value))
    assert (status, out) == (0, "3 judged, 3 ok, 0 errors, 0 warnings, 0 ignored, 0 without body, 1 skipped\n")
    assert err == f"cannon-spec: a.har: entry 1 is skipped: {words}\n"


def test_many_odd_entries_are_counted(check: Check) -> None:
    """The first odd entries are named, the others counted; a file of nothing else could not be judged."""
    recording = copy.deepcopy(ONCE)
    recording["log"]["entries"] += [7] * 12
    status, out, err = check(recording)
    assert (status, out.rstrip().endswith("12 skipped")) == (0, True)
    assert err.splitlines()[9:] == [
        "cannon-spec: a.har: entry 13 is skipped: expected an object at /log/entries/13, got an integer",
        "cannon-spec: a.har: 2 more entries are skipped",
    ]
    status, _, err = check({"log": {"entries": [7]}})
    assert (status, "no entry can be read; save" in err) == (2, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*ENTRY, "request", "headers"), {}),
        ((*ENTRY, "request", "headers"), [7, {"name": 7}, {"name": "x-api-key", "value": [KEY]}]),
        ((*ENTRY, "startedDateTime"), None),
        ((*ENTRY, "startedDateTime"), 7),
        ((*ENTRY, "startedDateTime"), "yesterday"),
        ((*ENTRY, "startedDateTime"), "2026-05-01T00:00:00"),
    ],
)
def test_an_entry_without_headers_or_time_is_judged(path: tuple[Any, ...], value: Any, check: Check) -> None:
    """A call is judged without the headers and the time that an entry does not have in their form."""
    count = "4 judged, 4 ok, 0 errors, 0 warnings, 0 ignored, 0 without body, 0 skipped\n"
    assert check(replace_value(ONCE, path, value)) == (0, count, "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON: the document is empty at column 1; write one JSON object"),
        (b'{"log": {"entries": [}}', "not JSON: } does not close the [ at column 21 at column 22; close that"),
        (b"PK\x03\x04\xff", "the archive cannot be read: File is not a zip file"),
        (b"\xff", "the text is not UTF-8"),
        (b"[" * 100_000, "nests too deep"),
        (b"[" + b"9" * 5000 + b"]", "a number too long"),
        (b"null", "expected an object at the top of the document, got null"),
    ],
)
def test_a_file_that_is_not_json(data: bytes, words: str, check: Check) -> None:
    """A file that is not JSON gives exit status 2, and one line."""
    status, _, err = check(data)
    assert (status, err.count("\n")) == (2, 1)
    assert words in err


def test_a_file_that_is_too_large(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the size limit gives exit status 2, and a line with the limit."""
    size = len(json.dumps(ONCE))
    monkeypatch.setattr(traffic_check, "MAX_BYTES", size)
    assert check(ONCE)[0] == 0
    monkeypatch.setattr(traffic_check, "MAX_BYTES", size - 1)
    status, _, err = check(ONCE)
    assert status == 2
    assert "the file is larger than 0 MiB; keep only the calls of the API" in err


def test_several_files_and_standard_input(check: Check) -> None:
    """A file that cannot be read gives exit status 2; the other files and standard input are judged."""
    early = record(lambda recorder: recorder.poll(recorder.create()))
    status, out, err = check(ONCE, "nowhere.har", ".", "-", stdin=json.dumps(early))
    assert (status, err.splitlines()) == (
        2,
        [
            "cannon-spec: nowhere.har: No such file or directory; check the path",
            "cannon-spec: .: Is a directory; check the path",
        ],
    )
    assert out.startswith("<stdin>: entry 1 (GET /api/v1/requests/req_")
    assert out.endswith(
        "6 judged, 6 ok, 0 errors, 1 warning, 0 ignored, 0 without body, 0 skipped, 2 files not judged\n"
    )


def test_strict_and_lenient(check: Check) -> None:
    """--strict makes a warning about the calls an error, --lenient drops it."""
    early = record(lambda recorder: recorder.poll(recorder.create()))
    assert [check(early, *flags)[0] for flags in ((), ("--strict",), ("--lenient",))] == [0, 1, 0]
    assert "traffic-early" not in check(early, "--lenient")[1]
    assert check(early, "--color", "always")[1].count("\x1b[33mwarning\x1b[0m at") == 1


def test_an_overlay_is_applied(check: Check) -> None:
    """An overlay can change the schemas of bodies, and the vendor's address."""
    schema = {"envelope/accepted": {"properties": {"poll_after_ms": {"minimum": 5000}}}}
    Path("mine.json").write_text(json.dumps({"schemas": schema}))
    assert check(ONCE, "--overlay", "mine.json")[0] == 1
    Path("mine.json").write_text('{"base_url": "https://example.com/cannon"}')
    recorder = Recorder()
    record_once(recorder)
    assert check(format_mitmproxy(recorder.calls, "https://example.com/cannon"), "--overlay", "mine.json")[0] == 0


def test_an_assumed_identifier_is_reported_once(check: Check) -> None:
    """The warning about an assumed identifier is written once in a run, and stays a warning with --strict."""
    flux = body(model="flux2", resolution="1K")
    recording = record(lambda recorder: [recorder.call("POST", REQUESTS, flux) for _ in range(3)])
    for flags in ((), ("--strict",)):
        status, out, _ = check(recording, *flags)
        assert (status, out.count("rule: model-assumed")) == (0, 1)


def test_no_secret_is_written(check: Check) -> None:
    """Keys are compared and never written; nor are prompts."""
    recording = copy.deepcopy(ONCE)
    find_header(recording["log"]["entries"][LAST_POLL], "x-api-key")["value"] = OTHER_KEY
    change_json(
        recording["log"]["entries"][CREATE]["request"]["postData"], lambda payload: payload["input"].pop("model")
    )
    for form in ("text", "json"):
        status, out, err = check(recording, "--format", form)
        assert (status, "traffic-other-key" in out) == (0, True)
        assert not any(secret in out + err for secret in (KEY, OTHER_KEY, "A red"))


def test_control_characters_of_a_recording_are_escaped(check: Check) -> None:
    """Control characters in the path of a call or in the name of a member are escaped."""
    recording = change_entry(LAST_POLL, lambda view: view.update({"\x1b[31m": 1}))
    for entry in recording["log"]["entries"][1:]:
        entry["request"]["url"] += "\x9b1"
    assert "\x1b" not in check(recording)[1]
    assert "\x9b" not in check(recording)[1]


def test_help_tells_how_to_record(cannon: Command) -> None:
    """Help tells how each of the usual tools saves a file."""
    _, out, _ = cannon("check-traffic", "--help")
    assert all(word in out for word in ("examples:", "Chromium", "Firefox", "Playwright", "mitmdump --set hardump="))


@pytest.mark.parametrize(("recorder", "end"), [("mitmproxy", 5), ("playwright", 6)])
def test_files_of_real_recorders_are_read(recorder: str, end: int, cannon: Command) -> None:
    """Both defects of a mock are found in the files of mitmproxy 11, and of Playwright 1.65 with Chromium 150."""
    file = Path(__file__).parents[2] / "recordings" / f"{recorder}.har"
    status, out, _ = cannon("check-traffic", "--base-url", "http://127.0.0.1:2401", "--format", "json", str(file))
    output = json.loads(out)
    assert status == 1
    assert [(each["entry"], finding["path"]) for each in output["results"] for finding in each["findings"]] == [
        (1, "/log/entries/1/response/content/poll_after_ms"),
        (end, f"/log/entries/{end}/response/content/requestLog/retentionDays"),
    ]
    assert output["summary"]["judged"] == 6


def test_no_secret_of_a_recording_is_printed(cannon: Command) -> None:
    """A key that is planted in any part of a recorded call is in no finding, note or place of it."""
    secret = "cs_live_4f9aQ7xE-hushhush"
    address = f"https://user:hushhush@www.cannonstudio.app/api/v1/requests/{secret}?token=hushhush"
    headers = [{"name": name, "value": secret} for name in ("x-api-key", "x-idempotency-key", "x-more")]
    texts = [
        json.dumps({"operation": secret, "input": {"prompt": secret, "model": secret, "aspect_ratio": secret}}),
        json.dumps({"id": secret, "status": secret, "operation": f"\\u0063s_{secret[3:]}", "output": secret}),
        f'{{"{secret}": ',
    ]
    entries = [
        {
            "request": {"method": method, "url": url, "headers": headers, "postData": {"text": text}},
            "response": {"status": 200, "headers": headers, "content": {"text": text}},
        }
        for method in ("POST", "GET")
        for url in (
            address,
            address.partition(f"/{secret}")[0],
            "https://user:hushhush@other.example/api/v1/requests/1",
        )
        for text in texts
    ]
    for number, group in enumerate((entries, [each for each in entries if "other" in str(each["request"])])):
        Path(f"{number}.har").write_text(json.dumps({"log": {"entries": group}}), "utf-8")
        for argv in ((f"{number}.har",), (f"{number}.har", "--format", "json")):
            _, out, err = cannon("check-traffic", *argv)
            assert "hush" not in out + err
            assert out + err
