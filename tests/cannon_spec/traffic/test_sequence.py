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
    CALL_MS,
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


def test_the_short_recording_has_no_finding() -> None:
    """The recording that the other tests change has no finding."""
    assert list_rows(ONCE) == []


def test_a_create_that_is_not_answered_with_202() -> None:
    """A success status other than 202 is an error; the body is still judged as the accepted reply."""
    recording = change_entry(CREATE, lambda view: view.pop("urls"))
    recording["log"]["entries"][CREATE]["response"]["status"] = 200
    assert list_rows(recording) == [
        ("error", "envelope/accepted#/required", "create-reply-shape", response_path(CREATE, "content")),
        ("error", "traffic-accepted", "create-accepted-202", response_path(CREATE, "status")),
    ]


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


@pytest.mark.parametrize(
    ("waits_ms", "has_warning"), [([1990], True), ([1999], False), ([2000], False), ([0, 0], True)]
)
def test_a_poll_that_comes_too_soon(waits_ms: list[int], has_warning: bool) -> None:
    """A first poll before poll_after_ms has passed is a warning, once for each request."""

    def poll(recorder: Recorder) -> None:
        id_ = recorder.create()
        for wait_ms in waits_ms:
            recorder.wait(wait_ms)
            recorder.poll(id_)

    recording = record(poll)
    for entry in recording["log"]["entries"]:
        entry["time"] = CALL_MS
    row = ("warning", "traffic-early", "poll-after", "/log/entries/1/startedDateTime")
    assert list_rows(recording) == ([row] if has_warning else [])
    assert [each.message for each in judge_recording(recording)] == [
        f"the first poll came {waits_ms[0]} ms after the answer to the create in entry 0, whose poll_after_ms is 2000"
    ] * has_warning


def test_a_request_that_another_key_can_read() -> None:
    """A request read with another key is an error unless the reply is one; a bearer token is the same key."""
    recording = copy.deepcopy(ONCE)
    poll = recording["log"]["entries"][LAST_POLL]
    find_header(poll, "x-api-key").update(name="authorization", value=f"Bearer {KEY}")
    assert list_rows(recording) == []
    find_header(poll, "authorization")["value"] = f"bearer {OTHER_KEY}"
    assert list_rows(recording) == [("error", "traffic-other-key", "read-same-key", response_path(LAST_POLL, "status"))]
    find_header(poll, "authorization")["value"] = "Basic abc"
    assert list_rows(recording) == []
    rejected_read = record(lambda recorder: recorder.poll(recorder.create(), OTHER_KEY))
    assert [rule for _, rule, _, _ in list_rows(rejected_read)] == ["traffic-early"]


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


@pytest.mark.parametrize("time", [None, "40", True, -5000, 10**400, float("nan"), float("inf")])
def test_an_unknown_duration_is_zero(time: Any) -> None:
    """If a file does not say how long a create took, its reply counts as sent at its start."""
    recording = record(lambda recorder: [recorder.wait(1000), recorder.poll(recorder.create())])
    recording["log"]["entries"][0]["time"] = time
    assert [each.message.partition(" after")[0] for each in judge_recording(recording)] == [
        f"the first poll came {CALL_MS} ms"
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
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["traffic-step"]
    entries[FIRST_POLL]["time"] = LONG_MS + 2000.0
    assert list_rows(recording) == []


@pytest.mark.parametrize("word", sequence.TRAFFIC_RULES)
def test_each_rule_is_explained(word: str) -> None:
    """``explain_topic`` knows each rule on recorded traffic."""
    assert explain_topic(CATALOG, word) == f"{word}\n  {sequence.TRAFFIC_RULES[word]}"
