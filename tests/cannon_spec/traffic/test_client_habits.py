"""What a client does with polls and retries: warnings, each once for a cause."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.cannon_spec.traffic.recorder import (
    CALL_MS,
    LAST_POLL,
    ONCE,
    REQUESTS,
    REST_MS,
    Recorder,
    change_reply,
    find_header,
    format_time,
    judge_recording,
    list_rows,
    record,
    response_path,
)
from tests.support.mocks import KEY, LONG_MS, OTHER_KEY, body


def record_polls(*waits_ms: int) -> dict[str, Any]:
    """A create, and polls that each come so long after the answer before; its calls take CALL_MS."""

    def poll(recorder: Recorder) -> None:
        id_ = recorder.create()
        for wait_ms in waits_ms:
            recorder.wait(wait_ms)
            recorder.poll(id_)

    recording = record(poll)
    for entry in recording["log"]["entries"]:
        entry["time"] = CALL_MS
    return recording


def start_path(number: int) -> str:
    """The JSON Pointer of the start of a call."""
    return f"/log/entries/{number}/startedDateTime"


@pytest.mark.parametrize(
    ("waits_ms", "rows"),
    [
        ([1990], [("traffic-early", 1)]),
        ([1999], []),
        ([2000], []),
        ([2000, 2000, 2000], []),
        ([2000, 1900, 1900], []),
        ([2000, 500, 2000, 700], [("traffic-fast", 2)]),
        ([0, 0], [("traffic-early", 1), ("traffic-fast", 2)]),
        ([LONG_MS, 2000, 2000], [("traffic-after-end", 2)]),
        ([LONG_MS, 500], [("traffic-after-end", 2)]),
        ([LONG_MS, REST_MS], []),
    ],
)
def test_the_pace_of_polls(waits_ms: list[int], rows: list[tuple[str, int]]) -> None:
    """A first poll too early, polls too fast and polls after the end are one warning each, at the first such poll.

    A timer may be early by a few per cent, and a later read of what has ended is no poll.
    """
    assert [(rule, path) for _, rule, _, path in list_rows(record_polls(*waits_ms))] == [
        (rule, start_path(number)) for rule, number in rows
    ]


def test_what_the_warnings_on_polls_say() -> None:
    """They say how many polls, how fast, beside which value of the create, and rest on a documented claim."""
    early, fast = judge_recording(record_polls(1000, 500, 2000, 700))
    source = "the create in entry 0, whose poll_after_ms is 2000"
    assert early.message == f"the first poll came 1000 ms after the answer to {source}"
    assert fast.message == f"2 polls came too soon after the one before, the soonest after 540 ms, for {source}"
    (late,) = judge_recording(record_polls(LONG_MS, 2000, 2000))
    assert late.message == '2 polls came after entry 1 had shown the end of the request, "succeeded"'
    assert {each.severity for each in (early, fast, late)} == {"warning"}
    assert [each.evidence.claim for each in (early, fast, late)] == ["poll-after", "poll-after", "lifecycle-terminal"]


@pytest.mark.parametrize("time", [None, "40", True, -5000, 10**400, float("nan"), float("inf")])
def test_an_unknown_duration_is_zero(time: Any) -> None:
    """If a file does not say how long a create took, its reply counts as sent at its start."""
    recording = record_polls(0)
    recording["log"]["entries"][0]["time"] = time
    assert [each.message.partition(" after")[0] for each in judge_recording(recording)] == [
        f"the first poll came {CALL_MS} ms"
    ]


def test_a_poll_without_an_answer_may_be_repeated_at_once() -> None:
    """After an error or no answer a poll is not too fast."""
    recording = record_polls(2000, 0, 2000)
    recording["log"]["entries"][1]["response"] = {"status": 502, "content": {}}
    assert list_rows(recording) == []


def test_polls_with_another_key_are_of_another_client() -> None:
    """The pace of polls is that of one client, and not of all that read a request."""
    recording = record_polls(LONG_MS, 0)
    find_header(recording["log"]["entries"][2], "x-api-key")["value"] = OTHER_KEY
    assert [rule for _, rule, _, _ in list_rows(recording)] == ["traffic-other-key"]
    recording["log"]["entries"].pop(0)
    assert list_rows(recording) == []


def test_polls_that_overlap_the_end_are_not_late() -> None:
    """A poll that was under way when another one showed the end is none too many."""
    recording = record_polls(LONG_MS, 0)
    recording["log"]["entries"][1]["time"] = 500
    assert list_rows(recording) == []


@pytest.mark.parametrize(
    ("seconds", "rules"),
    [
        ([0, 2, 4, 6], []),
        ([0, 2, 3, 6], []),
        ([0, 2, 3, 4], ["traffic-fast"]),
        ([0, 1, 3], ["traffic-early"]),
    ],
)
def test_polls_in_whole_seconds(seconds: list[int], rules: list[str]) -> None:
    """Where times are whole seconds, only what no cut time explains is too fast."""
    recording = record_polls(*[2000] * (len(seconds) - 1))
    for number, entry in enumerate(recording["log"]["entries"]):
        entry["startedDateTime"] = f"2026-05-01T00:00:{seconds[number]:02}Z"
    assert [rule for _, rule, _, _ in list_rows(recording)] == rules


def test_a_request_that_another_key_can_read() -> None:
    """A request read with another key is a warning unless the reply is an error; a bearer token is the same key."""
    recording = copy.deepcopy(ONCE)
    poll = recording["log"]["entries"][LAST_POLL]
    find_header(poll, "x-api-key").update(name="authorization", value=f"Bearer {KEY}")
    assert list_rows(recording) == []
    find_header(poll, "authorization")["value"] = f"bearer {OTHER_KEY}"
    row = ("warning", "traffic-other-key", "read-same-key", response_path(LAST_POLL, "status"))
    assert list_rows(recording) == [row]
    find_header(poll, "authorization")["value"] = "Basic abc"
    assert list_rows(recording) == []
    rejected_read = record(lambda recorder: recorder.poll(recorder.create(), OTHER_KEY))
    assert list_rows(rejected_read) == []


def record_retries(*attempts: tuple[int, str | None], key: str = KEY, prompt: str = "x") -> dict[str, Any]:
    """Creates of one body, a second apart: of each the status that it gets (0: no answer), and its idempotency key."""

    def create(recorder: Recorder) -> None:
        for number, (_, idempotency_key) in enumerate(attempts):
            headers = {} if idempotency_key is None else {"x-idempotency-key": idempotency_key}
            payload = body(prompt=prompt if number else "x")
            recorder.call("POST", REQUESTS, payload, key if number else KEY, headers)
            recorder.wait(1000)

    recording = record(create)
    for entry, (status, _) in zip(recording["log"]["entries"], attempts, strict=True):
        if status != 202:
            entry["response"] = {"status": status, "content": {}}
    return recording


WITHOUT_KEY, NEW_KEY = "traffic-retry-without-key", "traffic-retry-new-key"


@pytest.mark.parametrize(
    ("attempts", "rows"),
    [
        ([(0, None), (202, None)], [(WITHOUT_KEY, 1)]),
        ([(502, None), (202, None)], [(WITHOUT_KEY, 1)]),
        ([(0, "a"), (202, None)], [(WITHOUT_KEY, 1)]),
        ([(0, None), (202, "a")], [(WITHOUT_KEY, 1)]),
        ([(0, "a"), (202, "b")], [(NEW_KEY, 1)]),
        ([(503, "a"), (503, "b"), (202, "c")], [(NEW_KEY, 1), (NEW_KEY, 2)]),
        ([(0, "a"), (503, "a"), (202, "a")], []),
        ([(0, "[redacted]"), (202, "a")], []),
        ([(400, None), (202, None)], []),
        ([(429, None), (202, None)], []),
        ([(202, None), (202, None)], []),
        ([(0, "a"), (202, "a"), (202, "b")], []),
    ],
)
def test_retries(attempts: list[tuple[int, str | None]], rows: list[tuple[str, int]]) -> None:
    """A create sent again after no answer or a server error needs the idempotency key of the first attempt."""
    assert list_rows(record_retries(*attempts)) == [
        ("warning", rule, "create-idempotent", f"/log/entries/{number}/request/headers") for rule, number in rows
    ]


def test_what_is_no_retry() -> None:
    """Another body, another API key, a create under way at the same time or a day later is no retry."""
    failure, success = (0, None), (202, None)
    assert list_rows(record_retries(failure, success, prompt="y")) == []
    assert list_rows(record_retries(failure, success, key=OTHER_KEY)) == []
    recording = record_retries(failure, success)
    recording["log"]["entries"][0]["time"] = 5000
    assert list_rows(recording) == []
    recording["log"]["entries"][0] |= {"time": 40, "startedDateTime": format_time(0)}
    assert list_rows(recording) == []


def test_a_retry_says_what_became_of_the_first_attempt() -> None:
    """The message has the entry of the first attempt and its outcome."""
    messages = [judge_recording(record_retries((status, None), (202, None)))[0].message for status in (0, 504)]
    outcomes = ("got no answer", "was answered with 504")
    assert messages == [
        f"this create repeats the one in entry 0, which {outcome}, without an idempotency key that both have"
        for outcome in outcomes
    ]


@pytest.mark.parametrize("name", ["startedDateTime", "headers"])
def test_what_is_not_recorded_is_not_warned_of(name: str) -> None:
    """Without times or headers there is no warning on polls and retries."""
    for recording in (record_polls(0, 0), record_retries((0, None), (202, None)), record_polls(LONG_MS, 0)):
        entries = recording["log"]["entries"]
        for entry in entries:
            entry.pop("startedDateTime", None)
            if name == "headers":
                entry["request"].pop("headers")
        assert list_rows(recording) == []


def test_an_id_that_was_redacted_is_not_followed() -> None:
    """Polls of redacted ids may be of several requests."""
    recording = record_polls(0, 0, LONG_MS, 0)
    for number, entry in enumerate(recording["log"]["entries"]):
        if entry["request"]["method"] == "GET":
            entry["request"]["url"] = entry["request"]["url"].rpartition("/")[0] + "/[id redacted]"
        change_reply(recording, number, lambda view: view.update(id="[id redacted]"))
    assert list_rows(recording) == []
