"""The command ``cannon-mock health``, against real servers."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from flask import Flask, Response

from cannon_mock import Config, create_app
from cannon_mock.__main__ import main
from cannon_mock.commands import health
from cannon_mock.serving import serve


def test_a_mock_that_works_is_ready(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is 0 for a mock that works, by its address or that of the environment, with a proxy set too."""
    with serve.serve_in_background(create_app(Config())) as url:
        assert main(["health", url]) == 0
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("CANNON_MOCK_URL", f"{url}/")
        assert main(["health"]) == 0
        monkeypatch.delenv("CANNON_MOCK_URL")
        monkeypatch.setenv("CANNON_MOCK_PORT", url.rpartition(":")[2])
        assert main(["health"]) == 0
    assert capsys.readouterr() == ("ready\n" * 3, "")


def test_a_certificate_of_its_own_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock with a certificate that this machine does not trust is ready by its own settings, and only by them."""
    file = tmp_path / "cert.pem"
    trustme.CA().issue_cert("mock.example").private_key_and_cert_chain_pem.write_to_path(str(file))
    with serve.serve_in_background(create_app(Config(tls_cert=str(file)))) as url:
        assert main(["health", url]) == 1
        monkeypatch.setenv("CANNON_MOCK_TLS_CERT", str(file))
        monkeypatch.setenv("CANNON_MOCK_PORT", url.rpartition(":")[2])
        assert main(["health"]) == 0


def test_what_is_not_ready_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The status is 1 where nothing answers, where another server does, and where the store fails; each is said."""
    other_app = Flask("other")
    other_app.add_url_rule("/__mock__/ready", view_func=lambda: "fine")
    app = create_app(Config(store=f"sqlite:{tmp_path}/mock.db"))
    with serve.serve_in_background(other_app) as other_url, serve.serve_in_background(app) as url:
        (tmp_path / "mock.db").unlink()
        assert [main(["health", each]) for each in (other_url, f"{other_url}/path", url)] == [1, 1, 1]
    assert main(["health", url]) == 1
    out, err = capsys.readouterr()
    problems = [line.partition(" is not ready: ")[2] for line in err.splitlines() if " is not ready: " in line]
    assert out == ""
    assert problems[:2] == ["what answers there is no cannon-mock", "it answers with status 404"]
    assert "mock.db" in problems[2]
    assert problems[3] == "Connection refused"


def test_a_reply_without_end_is_not_waited_for() -> None:
    """A server that sends a byte now and then is not ready, as soon as the time is over, before its reply ends."""
    trickling_app, is_answered = Flask("trickling"), threading.Event()
    ends: list[str] = []

    def trickle() -> Iterator[bytes]:
        for _ in range(200):
            if is_answered.wait(0.1):
                return
            yield b" "
        ends.append("the reply was waited for")

    trickling_app.add_url_rule("/__mock__/ready", view_func=lambda: Response(trickle()))
    with serve.serve_in_background(trickling_app) as url:
        problem = health.find_problem(url, ssl.create_default_context(), 0.3)
        is_answered.set()
    assert ends == []
    assert problem in ("no whole reply within 0.3 s", "timed out")  # the second on a slow machine


@pytest.mark.parametrize("status", [200, 503])
def test_lists_in_lists_are_no_mock(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A reply that no reader of JSON takes is that of another server."""
    other_app = Flask("other")
    other_app.add_url_rule("/__mock__/ready", view_func=lambda: ("[" * 60_000, status))
    with serve.serve_in_background(other_app) as url:
        assert main(["health", url]) == 1
    assert " is not ready: " in capsys.readouterr().err


def test_the_wait_ends_when_the_mock_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --wait the mock is asked until it is ready; without, once."""
    answers = ["refused", "refused", ""]
    monkeypatch.setattr(health, "find_problem", lambda *_: answers.pop(0))
    monkeypatch.setattr(health.time, "sleep", lambda _: None)
    assert (main(["health", "--wait", "60"]), answers) == (0, [])
    answers += ["refused", ""]
    assert (main(["health"]), answers) == (1, [""])


@pytest.mark.parametrize(
    "url", ["http://u:pa/ssword@h", "http://u:pa?ssword@h", "http://u:[pa]ssword@h", "ftp://u:pa@h"]
)
def test_no_password_is_shown(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an address that cannot be read, no part of its password is shown."""
    with contextlib.suppress(SystemExit):
        assert main(["health", url]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "://...@h" in line
    assert "pa" not in line


@pytest.mark.parametrize("arguments", [["mock:2266"], ["--wait", "soon"], ["--wait", "-1"], ["--wait", "nan"]])
def test_wrong_usage_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An address without http:// and a wait that is no time are wrong usage, and the value is named."""
    with pytest.raises(SystemExit) as exit_:
        main(["health", *arguments])
    assert exit_.value.code == 2
    assert f"got {arguments[-1]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:2266"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),
        ({"host": "::"}, "http://[::1]:2266"),
        ({"host": "mock.example", "tls_cert": "a.pem"}, "https://mock.example:2266"),
    ],
)
def test_a_mock_is_asked_on_its_own_machine(settings: dict[str, object], url: str) -> None:
    """The address of a mock's own settings is one that it answers at, also where it listens on all of them."""
    assert health.find_own_url(Config(**settings)) == url  # type: ignore[arg-type]
