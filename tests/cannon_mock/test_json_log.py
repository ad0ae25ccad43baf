"""The log as JSON: an object a line, which is whole, short, safe to show and without secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cannon_mock import json_log
from cannon_mock.__main__ import main
from cannon_mock.notices import write_notice
from cannon_mock.serving import serve
from cannon_mock.stores.outage import Outage
from cannon_mock.stores.records import StoreFailure
from cannon_mock.views import exchange_log
from cannon_spec import __version__
from tests.support.mocks import KEY, Driver

PAGE = Path(__file__).resolve().parents[2] / "docs/scale.md"
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HOSTILE = ("a\nb\r\u2028c", "\x00\x1b[31m\x7f\x9b", "##[error] ::error::", "\ud800 😀é", "\u202e", '"\\')


@pytest.fixture
def _json_log() -> Iterator[None]:
    json_log.install()
    yield
    json_log.uninstall()


@pytest.fixture
def read_lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was written to standard error, a value a line."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_exchange_is_an_object(make_mock: Callable[..., Driver], read_lines: Callable[[], Any]) -> None:
    """Each exchange is an object that says what was called, by which account, how it ended, and what the mock made."""
    mock = make_mock(log="json")
    exchange_log.install(mock.client.application)
    id_ = mock.create_and_get_id(headers={"x-mock-scenario": "slow"})
    mock.create(headers={"x-mock-scenario": "error-503"})
    mock.client.get("/__mock__/health")
    created, failed, health = read_lines()
    assert TIME.fullmatch(created.pop("time"))
    assert created.pop("duration_ms") > 0
    assert created == {
        "level": "info",
        "event": "exchange",
        "message": "POST /api/v1/requests 202",
        "method": "POST",
        "path": "/api/v1/requests",
        "status": 202,
        "request_id": id_,
        "operation": "image.generate",
        "model": "gptimage2",
        "scenario": "slow",
        "account": mock.context.keys.find(KEY).account,
        "client": "127.0.0.1",  # type: ignore[union-attr]
    }
    assert (failed["status"], failed["fault"]) == (503, "503")
    assert health.keys() == {"time", "level", "event", "message", "method", "path", "status", "duration_ms", "client"}


def test_the_page_lists_the_members(make_mock: Callable[..., Driver], read_lines: Callable[[], Any]) -> None:
    """The page has a row for each member that an object can have, and for no other."""
    mock = make_mock(log="json")
    exchange_log.install(mock.client.application)
    mock.create(headers={"x-mock-scenario": "error-503"})
    written = {name for line in read_lines() for name in line}
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
    assert rows == {*written, "request_id", "url", "version", "workers", "store"}


def test_a_late_reply_is_logged_when_it_is_sent(
    make_mock: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of an exchange is written after the wait that a scenario adds, so that its duration has that."""
    mock, written_ms = make_mock(log="json", latency="clock"), []
    exchange_log.install(mock.client.application)
    mock.client.put("/__mock__/scenarios/late", json={"faults": [{"on": "create", "latency_ms": 500}]})
    monkeypatch.setattr(json_log, "write", lambda *_: written_ms.append(mock.clock.now_ms()))
    arrival_ms = mock.clock.now_ms()
    mock.create(headers={"x-mock-scenario": "late"})
    assert written_ms == [arrival_ms + 500]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_line_is_safe(text: str) -> None:
    """Whatever texts have in them, their object is one line of printable ASCII and commands no CI service."""
    line = json_log.encode_line("info", "notice", text, {"path": text, "model": None})
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert line.isascii()
    assert not re.search(r"##\[|^::", line)
    values = json.loads(line)
    expected = text.replace("\ud800", "?")
    assert (values["message"], values["path"], "model" in values) == (expected, expected, False)


@pytest.mark.parametrize("letter", ["a", "é", "😀", "\x01", '"'], ids=ascii)
def test_a_line_is_short(letter: str) -> None:
    """A line is as short as a system writes to a pipe in one piece, and the starts of its texts stay."""
    members = dict.fromkeys("abcdefghi", letter * 300)
    line = json_log.encode_line("info", "notice", letter * 10_000, members)
    assert len(line) <= json_log.LONGEST_LINE
    assert json.loads(line)["message"].startswith(letter * 50)
    assert json.loads(line)["a"].startswith(letter * 15)


@pytest.mark.usefixtures("_json_log")
def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line and its end are one write, so that what other processes write does not come between."""
    writes: list[str] = []
    stream = StringIO()
    monkeypatch.setattr(stream, "write", writes.append)
    monkeypatch.setattr(sys, "stderr", stream)
    write_notice("one")
    logging.getLogger("cannon_mock.stores").warning("cannon-mock: %s", "two")
    assert [json.loads(each)["message"] for each in writes] == ["one", "two"]


@pytest.mark.usefixtures("_json_log")
def test_what_python_logs_is_an_object(read_lines: Callable[[], Any]) -> None:
    """Notices, a store that fails, and errors with their traceback are objects too, without secrets."""
    Outage("redis://h").note_failure("get", StoreFailure("is away", "start it"), is_write=False)
    try:
        raise OSError(f"no cs_live_{'x' * 20}")
    except OSError:
        logging.getLogger("asyncio").exception("it failed")
    outage, failure = read_lines()
    assert (outage["level"], outage["event"]) == ("warning", "notice")
    assert outage["message"].startswith("redis://h: is away")
    assert failure["level"] == "error"
    assert re.match(r"it failed\nTraceback .*OSError: no cs_\.\.\.", failure["message"], re.DOTALL)


def test_a_closed_stream_fails_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is closed or full, nothing is raised."""
    stream = StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    json_log.write(logging.INFO, "notice", "lost")


def test_the_start_is_an_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The address is an object on standard output, with what matters of the settings; no secret is shown."""
    monkeypatch.setattr(serve, "serve", lambda _app, listener, announce, *_: (announce("http://a"), listener.close()))
    assert main(["--log", "json", "--port", "0"]) == 0
    ready, secret = map(json.loads, capsys.readouterr().out.splitlines())
    assert TIME.fullmatch(ready.pop("time"))
    assert ready == {
        "level": "info",
        "event": "ready",
        "message": "cannon-mock ready on http://a",
        "url": "http://a",
        "version": __version__,
        "workers": 1,
        "store": "memory",
    }
    assert "set one with --webhook-secret" in secret["message"]
    assert "whsec_" not in secret["message"]
    assert not json_log.is_installed()


def test_a_mock_that_cannot_start_says_so(read_lines: Callable[[], Any]) -> None:
    """What keeps a mock from its start once its settings are read is an object too."""
    assert main(["--log", "json", "--store", "redis://:word@127.0.0.1:1/0"]) == 2
    (line,) = read_lines()
    assert line["message"].startswith("redis://...@127.0.0.1:1/0: ")
