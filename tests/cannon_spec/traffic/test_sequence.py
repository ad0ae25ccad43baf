"""The checks on the sequence of recording calls."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cannon_spec.output.explanations import explain_topic
from cannon_spec.traffic import sequence
from tests.cannon_spec.traffic.recorder import (
    CREATE,
    END_POLL,
    FIRST_POLL,
    LAST_POLL,
    ONCE,
    Recorder,
    change_entry,
    change_json,
    change_reply,
    find_header,
    format_time,
    judge_recording,
    list_rows,
    record,
    response_path,
)
from tests.support.mocks import FAILURE, KEY, LONG_MS, OTHER_KEY
from tests.support.payloads import CATALOG


def record_once_with_key(key: str | None) -> dict[str, Any]:
    """The short recording with another idempotency key in its create, or without one."""
    recording = copy.deepcopy(ONCE)
    create = recording["log"]["entries"][CREATE]
    header = find_header(create, "x-idempotency-key")
    if key is None:
        create["request"]["headers"].remove(header)
    header["value"] = key
    return recording


def test_the_short_recording_has_no_finding() -> None:
    """The recording that the other tests change has no finding."""
    assert list_rows(ONCE) == []


@pytest.mark.parametrize(("status", "severity"), [(200, "warning"), (201, "warning")])
@pytest.mark.parametrize("key", ["a", "[redacted]", None])
def test_a_create_that_is_not_answered_with_202(status: int, severity: str, key: str | None) -> None:
    """A success status other than 202 is an error, but a warning where the create may repeat an earlier one."""
    recording = record_once_with_key(key)
    recording["log"]["entries"][CREATE]["response"]["status"] = status
    row = (severity if key else "error", "traffic-accepted", "create-accepted-202", response_path(CREATE, "status"))
    assert list_rows(recording) == [row]


def test_a_first_create_that_is_not_answered_with_202_is_judged() -> None:
    """The body of a create that cannot be a repeat is judged as the accepted reply, whatever its status is."""
    recording = record_once_with_key(None)
    recording["log"]["entries"][CREATE]["response"]["status"] = 200
    change_reply(recording, CREATE, lambda view: view.pop("urls"))
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["envelope/accepted#/required", "traffic-accepted"]


@pytest.mark.parametrize(
    ("number", "status", "claim"),
    [(LAST_POLL, "processing", "lifecycle-terminal"), (END_POLL, "queued", "lifecycle-order")],
)
def test_a_step_that_is_not_allowed(number: int, status: str, claim: str) -> None:
    """A status after the end of a request, or back to an earlier one, is an error."""
    no_end = {"completedAtMs": None, "errorMessage": None}
    no_start = {"startedAtMs": None} if status == "queued" else {}
    output = {"output": {"task_id": "t", "status": "s", "provider": "p", "model": "m"}}
    recording = change_entry(number, lambda view: view.update(status=status, **no_end, **no_start, **output))
    rules = [each for each in list_rows(recording) if each[1] == "traffic-step"]
    assert rules == [("error", "traffic-step", claim, response_path(number, "content/status"))]
    (finding,) = [each for each in judge_recording(recording) if each.rule == "traffic-step"]
    assert finding.message.endswith(f"in entry {number - 1}")


def test_an_unknown_status_is_no_step() -> None:
    """An unknown status is an error of the schema alone; the next poll is compared with the one before it."""
    recording = change_entry(END_POLL, lambda view: view.update(status="paused"))
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["envelope/request#/properties/status/enum"]


def test_a_change_after_the_end() -> None:
    """Each documented member that changes or disappears after the end of a request is an error; a new one is none."""

    def change(view: dict[str, Any]) -> None:
        view.update({"billableCredits": 1, "lastPolledAt": 1})
        view.pop("outputPreview")

    members = ("billableCredits", "outputPreview")
    rows = [
        ("error", "traffic-final", "lifecycle-terminal", response_path(LAST_POLL, f"content/{name}"))
        for name in members
    ]
    changes = [row for row in list_rows(change_entry(LAST_POLL, change)) if row[1] == "traffic-final"]
    assert changes == rows


def test_the_log_may_change_after_its_retention() -> None:
    """A change of the log after the end is an error only before retainedUntilMs."""
    expired_log = {"available": False, "retentionDays": 7, "retainedUntilMs": None}
    recording = change_entry(LAST_POLL, lambda view: view.update(requestLog=expired_log))
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["traffic-final"]
    retained_until_ms = json.loads(ONCE["log"]["entries"][END_POLL]["response"]["content"]["text"])["requestLog"][
        "retainedUntilMs"
    ]
    recording["log"]["entries"][LAST_POLL]["startedDateTime"] = format_time(retained_until_ms)
    assert list_rows(recording) == []
    without_time = change_entry(END_POLL, lambda view: view["requestLog"].pop("retainedUntilMs"))
    assert list_rows(without_time) == []


def test_times_that_run_backwards() -> None:
    """A start before the creation is an error at the start."""
    recording = change_entry(FIRST_POLL, lambda view: view.update(startedAtMs=view["createdAtMs"] - 1000))
    rows = [(rule, claim, path) for _, rule, claim, path in list_rows(recording)]
    assert rows[0] == ("traffic-times", "lifecycle-order", response_path(FIRST_POLL, "content/startedAtMs"))


def test_a_time_that_changes() -> None:
    """A change of a time is an error; a time that appears is none."""
    recording = change_entry(FIRST_POLL, lambda view: view.update(createdAtMs=view["createdAtMs"] - 1000))
    assert list_rows(recording) == [
        ("error", "traffic-times", "lifecycle-order", response_path(END_POLL, "content/createdAtMs"))
    ]


def test_a_failure_with_an_output() -> None:
    """An output of a failed request is a warning, because only an assumption forbids it."""

    def fail(recorder: Recorder) -> None:
        id_ = recorder.create(x_mock_scenario=FAILURE["x-mock-scenario"])
        recorder.wait(LONG_MS)
        recorder.poll(id_)

    recording = record(fail)
    assert list_rows(recording) == []
    change_reply(recording, 1, lambda view: view.update(output={}))
    assert list_rows(recording) == [
        ("warning", "traffic-failure", "request-failed-view", response_path(1, "content/output"))
    ]


def test_a_repeat_that_makes_a_second_request() -> None:
    """A repeat with the same key and body must have the same id; another body, API key or a late repeat need not."""
    recording = record(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
    assert list_rows(recording) == []
    change_reply(recording, 1, lambda view: view.update(id="req_other"))
    assert list_rows(recording) == [("error", "traffic-repeat", "create-idempotent", response_path(1, "content/id"))]
    for change in ("body", "api key", "lifetime"):
        other = copy.deepcopy(recording)
        entry = other["log"]["entries"][1]
        if change == "body":
            change_json(entry["request"]["postData"], lambda payload: payload["input"].update(prompt="A blue bicycle"))
        elif change == "api key":
            find_header(entry, "x-api-key")["value"] = OTHER_KEY
        else:
            start_ms = datetime.fromisoformat(entry["startedDateTime"]).timestamp() * 1000
            entry["startedDateTime"] = format_time(start_ms + CATALOG.lifecycle["idempotency_ms"]["value"])
        assert list_rows(other) == [], change


def test_two_idempotency_keys_with_one_id() -> None:
    """Creates with two idempotency keys must have two ids; without the key in the file there is no finding."""
    recording = record(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
    find_header(recording["log"]["entries"][1], "x-idempotency-key")["value"] = "b"
    assert list_rows(recording) == [("error", "traffic-same-id", "create-idempotent", response_path(1, "content/id"))]
    recording["log"]["entries"][1]["request"]["headers"].remove(
        find_header(recording["log"]["entries"][1], "x-idempotency-key")
    )
    assert list_rows(recording) == []


def test_calls_without_headers_have_no_finding() -> None:
    """Without headers, the keys of calls are not compared, and the rest is judged."""
    recording = copy.deepcopy(ONCE)
    for entry in recording["log"]["entries"]:
        entry["request"].pop("headers")
    assert list_rows(recording) == []


def test_calls_are_ordered_by_time() -> None:
    """Calls are ordered by their times and zones, not by the file; a finding names the place in the file."""
    recording = copy.deepcopy(ONCE)
    entries = recording["log"]["entries"]
    entries.reverse()
    first = datetime.fromisoformat(entries[-1]["startedDateTime"])
    entries[-1]["startedDateTime"] = (first + timedelta(hours=5)).isoformat().replace("+00:00", "+05:00")
    assert list_rows(recording) == []
    entries[-1]["response"]["status"] = 201
    assert [path for _, _, _, path in list_rows(recording)] == [response_path(3, "status")]
    backwards = change_entry(END_POLL, lambda view: view.update(createdAtMs=view["createdAtMs"] + 1000))
    backwards["log"]["entries"].reverse()
    assert ("traffic-times", response_path(1, "content/createdAtMs")) in [
        (rule, path) for _, rule, _, path in list_rows(backwards)
    ]


def test_polls_that_overlap_are_not_compared() -> None:
    """Two polls that overlap in time are not compared: the file does not say which reply came first."""
    recording = copy.deepcopy(ONCE)
    entries = recording["log"]["entries"]
    entries[FIRST_POLL], entries[END_POLL] = entries[END_POLL], entries[FIRST_POLL]
    entries[FIRST_POLL]["startedDateTime"], entries[END_POLL]["startedDateTime"] = (
        entries[END_POLL]["startedDateTime"],
        entries[FIRST_POLL]["startedDateTime"],
    )
    assert "traffic-step" in [rule for _, rule, _, _ in list_rows(recording)]
    entries[FIRST_POLL]["time"] = LONG_MS + 2000.0
    assert list_rows(recording) == []


def record_repeat() -> dict[str, Any]:
    """A create and, after the end, its repeat."""

    def repeat(recorder: Recorder) -> None:
        recorder.create(idempotency="a")
        recorder.wait(LONG_MS)
        recorder.create(idempotency="a")

    return record(repeat)


@pytest.mark.parametrize("status", [202, 200])
@pytest.mark.parametrize("key", ["a", "[redacted]", "REDACTED-1", "***"])
def test_a_repeat_may_have_the_present_state(status: int, key: str) -> None:
    """A repeat may be answered with 200, with the present status, or with the request object, whatever its key is."""
    recording = record_repeat()
    create = recording["log"]["entries"][1]
    create["response"]["status"] = status
    find_header(create, "x-idempotency-key")["value"] = key
    assert list_rows(recording) == []
    change_reply(recording, 1, lambda view: view.update(status="succeeded"))
    assert list_rows(recording) == []
    end = json.loads(ONCE["log"]["entries"][END_POLL]["response"]["content"]["text"])
    change_reply(recording, 1, lambda view: view.update({**end, "id": view["id"]}))
    change_reply(recording, 1, lambda view: [view.pop(name) for name in ("poll_after_ms", "urls")])
    assert list_rows(recording) == []


def test_a_repeat_with_202_has_the_keys_of_the_example() -> None:
    """A repeat answered with 202 that lacks a key of the documented reply is an error; with 200 no page shows one."""
    recording = record_repeat()
    change_reply(recording, 1, lambda view: view.pop("urls"))
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["envelope/accepted#/required"]
    recording["log"]["entries"][1]["response"]["status"] = 200
    assert list_rows(recording) == []


def test_a_repeat_that_overlaps_the_first_create() -> None:
    """Of two creates with one key at the same time, either may be the repeat."""
    for first in (0, 1):
        recording = record(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
        entries = recording["log"]["entries"]
        entries[1]["startedDateTime"] = entries[0]["startedDateTime"]
        entries[first]["response"]["status"] = 200
        assert list_rows(recording) == []


@pytest.mark.parametrize(
    ("api_keys", "severities"),
    [
        ((KEY, KEY), ["error"]),
        ((KEY, OTHER_KEY), []),
        (("[x-api-key redacted]", "[x-api-key redacted]"), ["warning"]),
        (("REDACTED-1", "REDACTED-2"), ["warning"]),
        (("cs_live_****", KEY), ["warning"]),
    ],
)
def test_a_second_request_of_a_redacted_key(api_keys: tuple[str, str], severities: list[str]) -> None:
    """Where API keys are redacted, a repeat that made a second request is a warning: the accounts may differ."""
    recording = record(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
    for entry, key in zip(recording["log"]["entries"], api_keys, strict=True):
        find_header(entry, "x-api-key")["value"] = key
    change_reply(recording, 1, lambda view: view.update(id="req_other"))
    assert [severity for severity, rule, _, _ in list_rows(recording) if rule == "traffic-repeat"] == severities


@pytest.mark.parametrize("keys", [("[redacted]", "[redacted]"), ("<key 1 hidden>", "<key 2 hidden>"), ("***", "****")])
def test_redacted_idempotency_keys_are_not_compared(keys: tuple[str, str]) -> None:
    """Creates with redacted idempotency keys may have one id or two."""
    for ids in (("req_1", "req_1"), ("req_1", "req_2")):
        recording = record(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
        for number, entry in enumerate(recording["log"]["entries"]):
            find_header(entry, "x-idempotency-key")["value"] = keys[number]
            change_reply(recording, number, lambda view, number=number, ids=ids: view.update(id=ids[number]))
        assert list_rows(recording) == []


def test_values_that_were_redacted_have_no_findings() -> None:
    """A placeholder in place of a value is no value of the service, and equals any other one."""

    def redact(view: dict[str, Any], text: str) -> None:
        view.update(billableCredits=text, createdAtMs=text, operation=text)
        view["output"]["provider_image_count"] = text

    recording = copy.deepcopy(ONCE)
    for number in (END_POLL, LAST_POLL):
        change_reply(recording, number, lambda view, number=number: redact(view, f"[value {number} redacted]"))
    assert list_rows(recording) == []
    change_json(
        recording["log"]["entries"][CREATE]["request"]["postData"], lambda body: body["input"].update(model="***")
    )
    assert list_rows(recording) == []


def test_calls_without_times_are_judged_by_themselves() -> None:
    """Without times, steps and repeats are not judged, and each call is."""
    recording = change_entry(LAST_POLL, lambda view: view.update(status="queued"))
    for entry in recording["log"]["entries"]:
        entry["startedDateTime"] = None
    assert "traffic-step" not in [rule for _, rule, _, _ in list_rows(recording)]
    recording = change_entry(END_POLL, lambda view: view.update(startedAtMs=view["createdAtMs"] - 1000))
    for entry in recording["log"]["entries"]:
        entry["startedDateTime"] = None
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["traffic-times"]


def test_polls_of_one_second_are_not_compared() -> None:
    """Of two polls in one whole second nobody knows which came first; those of two seconds are compared."""
    recording = copy.deepcopy(ONCE)
    for number, second in ((CREATE, 0), (FIRST_POLL, 50), (END_POLL, 50), (LAST_POLL, 50)):
        recording["log"]["entries"][number]["startedDateTime"] = f"2026-05-01T00:00:{second:02}Z"
    recording["log"]["entries"][CREATE:] = recording["log"]["entries"][CREATE:][::-1]
    assert list_rows(recording) == []
    recording["log"]["entries"][2]["startedDateTime"] = "2026-05-01T00:00:51Z"  # the first poll, after the others
    assert "traffic-step" in [rule for _, rule, _, _ in list_rows(recording)]


@pytest.mark.parametrize("word", sequence.TRAFFIC_RULES)
def test_each_rule_is_explained(word: str) -> None:
    """``explain_topic`` knows each rule on recorded traffic."""
    assert explain_topic(CATALOG, word) == f"{word}\n  {sequence.TRAFFIC_RULES[word]}"
