"""A server for a whole session, the keys that a test watches, and payloads with warnings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.pytest_runs import run_pytest, write_tests

APPLICATION = """
import threading

@pytest.fixture(scope="session")
def app_call(cannon_session_server):
    '''An application that starts once: it has the address and a key of its own.'''
    def call(key="cs_test_app", prompt="A red bicycle", **more):
        with httpx.Client(base_url=cannon_session_server.url, headers={"x-api-key": key}) as client:
            body = {**BODY, "input": {**BODY["input"], "prompt": prompt}, **more}
            request = client.post("/api/v1/requests", json=body).json()
            for _ in range(3):
                request = client.get("/api/v1/requests/" + request["id"]).json()
            return request["status"]
    call(cannon_session_server.key)  # as it starts
    return call
"""


def test_an_application_of_the_session_is_seen_by_each_test(tmp_path: Path) -> None:
    """M5, M6: a test sees the calls by a key that it watches, from its own start, and sets scenarios and receivers."""
    text = """
HOOKED = {"webhook_url": "https://example.com/hook"}

@pytest.mark.parametrize("round", range(2))
def test_watched(app_call, cannon_server, cannon_session_server, round):
    assert cannon_server.url == cannon_session_server.url
    bodies = []
    cannon_server.scenario("failed-internal", times=1)
    cannon_server.on_webhook(lambda body, headers: bodies.append(body))
    cannon_server.watch("cs_test_app")
    cannon_server.watch("cs_test_app")
    assert cannon_server.journal == []
    assert [app_call(), app_call(**HOOKED)] == ["failed", "succeeded"]
    cannon_server.assert_called(2, method="POST")
    assert len(cannon_server.tasks) == 2
    assert len(cannon_server.webhooks) == len(bodies) == 1
    assert app_call(cannon_server.key) == "failed"

def test_a_later_one_finds_nothing(app_call, cannon_server):
    cannon_server.watch("cs_test_app")
    assert (cannon_server.journal, cannon_server.tasks, cannon_server.webhooks) == ([], [], [])
    for nothing in (None, "", "test_app"):
        with pytest.raises(ValueError, match="no API key; watch the key that the code sends"):
            cannon_server.watch(nothing)
    assert app_call() == "succeeded"

def test_the_key_of_the_session(app_call, cannon_session_server, cannon_server, cannon_clock):
    cannon_server.watch(cannon_session_server.key)
    assert app_call(cannon_session_server.key) == "succeeded"
    cannon_server.assert_called(1, method="POST")
    cannon_session_server.assert_called(2, method="POST")  # and the one of the start
    assert cannon_clock is cannon_session_server.clock

def test_in_process_all_is_seen(cannon_mock):
    cannon_mock.watch("cs_test_other")
    httpx.get(URL + "/x", headers={"x-api-key": "cs_test_more"})
    cannon_mock.assert_called(1)
"""
    status, output = run_pytest(write_tests(tmp_path, APPLICATION + text))
    assert (status, "5 passed" in output) == (0, True), output


def test_calls_by_other_keys_are_said(tmp_path: Path) -> None:
    """M6: a failed test shows calls that came with other keys or none, and a warning names each key and what to do."""
    text = """
def test_fails(app_call, cannon_server):
    app_call()
    httpx.get(cannon_server.url + "/v1/status")
    cannon_server.assert_called(1, method="POST")

def test_passes(app_call, cannon_server):
    app_call("cs_live_0123456789abcdefghij")
    httpx.get(cannon_server.url + "/api/v1/status")

@pytest.mark.cannon(credits=5)
def test_has_another_server(app_call, cannon_server, cannon_session_server):
    app_call(cannon_server.key)

def test_has_no_view(app_call):
    app_call("cs_test_alone")
    app_call("cs_test_alone")
"""
    status, output = run_pytest(write_tests(tmp_path, APPLICATION + text), "-W", "default::cannon_mock.CannonWarning")
    assert (status, "1 failed, 3 passed, 4 warnings" in output) == (1, True), output
    said = "which this test does not watch; cannon_server.watch(key) adds its calls"
    assert f"came with the key cs_test_app, {said}" in output.partition("warnings summary")[0]
    assert "GET /v1/status -> 404 (without a valid API key)" in output
    summary = output.partition("warnings summary")[2]
    assert f"came with the key cs_test_app, {said}" in summary
    assert f"came with the key cs_live_…ghij, {said}" in summary
    assert "0123456789" not in output
    assert "without a valid API key" not in summary
    assert "8 calls to http://127.0.0.1:" in summary
    other_server = (
        r"4 calls to (\S+) came with the key \S+, while cannon_server is at (?!\1)\S+: a mark gives this test a server"
    )
    assert re.search(other_server, summary)
    assert "came with the key cs_test_alone, which no test watches" in summary


WARNED = """
@pytest.mark.filterwarnings("ignore::cannon_mock.CannonWarning")
def test_ignored_at_first(cannon_mock):
    assert create(URL, "cs_a", prompt="w" * 40_000).status_code == 202

def create(url, key, **input):
    input = {"prompt": "A red bicycle", "model": "gptimage2", **input}
    return httpx.post(url, json={"operation": "image.generate", "input": input}, headers={"x-api-key": key})

@pytest.mark.parametrize("number", range(2))
def test_in_process(cannon_mock, number):
    assert create(URL, "cs_a", prompt="x" * 40_000).status_code == 202

def test_on_a_socket(cannon_server):
    assert create(cannon_server.url + "/api/v1/requests", cannon_server.key, prompt="y" * 50_000).status_code == 202

def test_unavoidable(cannon_mock):
    assert create(URL, "cs_a", model="nanobanana").headers["x-mock-warnings"] == "model-assumed"

@pytest.mark.filterwarnings("ignore::cannon_mock.CannonWarning")
def test_ignored(cannon_mock):
    assert create(URL, "cs_a", prompt="z" * 40_000).status_code == 202
"""


@pytest.mark.parametrize(
    ("options", "ini", "tail"),
    [
        (("-W", "default::cannon_mock.CannonWarning"), "", "6 passed, 1 warning"),
        (("--cannon-strict",), "", "6 passed, 3 errors"),
        pytest.param((), "", "6 passed, 1 error", marks=pytest.mark.extended),
        pytest.param((), "cannon_strict = true", "6 passed, 3 errors", marks=pytest.mark.extended),
    ],
    ids=["shown", "strict", "as an error", "strict by the ini value"],
)
def test_payloads_with_warnings_are_said(tmp_path: Path, options: tuple[str, ...], ini: str, tail: str) -> None:
    """A payload with a warning gives a CannonWarning, once a rule and run; a strict run fails each test with one.

    A test that ignores it does not hide it from the others.
    """
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    _, output = run_pytest(write_tests(tmp_path, WARNED), *options)
    assert tail in output, output
    assert "a payload has a warning: /input/prompt: " in output
    assert "model-assumed" not in output
    assert "plugin.py:" not in output
