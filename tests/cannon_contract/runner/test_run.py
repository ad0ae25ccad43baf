"""Whole runs of the contract tests, on mocks that break promises and on mocks that differ from what is assumed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from cannon_mock.serving.serve import serve_in_background
from cannon_spec.cli import main
from tests.mutants.wsgi import Call, Reply, Responder, change_json, respond_with
from tests.support.contract_runs import OPERATION, ContractRun, run_contract, run_contract_process
from tests.support.effort import PATIENCE_S
from tests.support.payloads import CATALOG
from tests.support.processes import environment
from tests.support.serving import serve_mock

EMPTY, OTHER, SECRET = "cs_live_empty", "cs_live_other", "cs_live_very_secret"


def _with(outcome: str, folder: Path) -> set[str]:
    report = json.loads((folder / "report.json").read_text())
    return {claim["id"] for claim in report["claims"] if claim["outcome"] == outcome}


class _Page(HTMLParser):
    """The ids of claims on a page by the section they stand in, and every address that the page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sections: dict[str, set[str]] = {}
        self.loads: list[str] = []
        self._section, self._in_id = "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._section = named.get("id") or "" if tag == "section" else self._section
        self._in_id = named.get("class") == "id"
        self.loads += [named[name] or "" for name in ("src", "srcset", "data") if name in named]
        self.loads += [named.get("href") or ""] if tag == "link" else []

    def handle_data(self, data: str) -> None:
        if self._in_id:
            self.sections.setdefault(self._section, set()).add(data)
            self._in_id = False


@pytest.mark.extended
def test_three_defects_are_three_claims(tmp_path: Path) -> None:
    """Against a mock given three defects by its own API the run ends with 1, and names those three claims only."""
    drift = [
        {"on": "create", "patch": {"poll_after_ms": 1500}},
        {"on": "poll", "status": "succeeded", "patch": {"output": {"provider_image_count": 2}}},
        {"on": "poll", "status": "succeeded", "patch": {"output": {"aspect_ratio": "1:1"}}},
    ]
    defective = {"poll-after-2000", "image-output-count", "image-output-ratio"}
    with serve_mock(speed=1, progression="immediate") as served:
        added = httpx.put(f"{served.url}/__mock__/scenarios/three-defects", json={"drift": drift})
        rule = httpx.post(f"{served.url}/__mock__/scenarios", json={"scenario": "three-defects"})
        assert (added.status_code, rule.status_code) == (201, 201)
        # The defects are in polls only, so that webhooks differ from them.
        run = run_contract("--target", served.url, "--webhook-listen", "off", "--report", str(tmp_path))
    assert run.returncode == 1, run.stdout
    assert _with("broken", tmp_path) == defective
    page = _Page((tmp_path / "index.html").read_text())
    assert page.sections["broken"] == defective
    assert not page.sections.get("observed")
    assert page.loads == [], "the page needs nothing but itself"
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("3", "0")


@pytest.mark.extended
def test_a_malformed_reply_hides_no_other_defect(tmp_path: Path) -> None:
    """A malformed reply is reported once, however often it comes, and so is a defect that only a test finds."""
    drift = [
        {"on": "poll", "status": "succeeded", "patch": {"requestLog": {"retentionDays": 14}, "startedAtMs": None}},
        {"on": "poll", "status": "succeeded", "patch": {"output": {"provider_image_count": 2}}},
    ]
    scenarios = tmp_path / "scenarios.json"
    scenarios.write_text(json.dumps({"scenarios": {"defects": {"text": "three defects", "drift": drift}}}))
    with serve_mock(scenarios=str(scenarios), scenario="defects") as served:
        run = run_contract("--target", served.url, "--report", str(tmp_path), "-k", "log or times or output")
    assert run.returncode == 1
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("2", "0")
    assert _with("broken", tmp_path) == {"request-log-seven-days", "request-shape", "image-output-count"}
    claims = {claim["id"]: claim for claim in json.loads((tmp_path / "report.json").read_text())["claims"]}
    assert [len(claims[id_]["why"]) for id_ in ("request-log-seven-days", "request-shape")] == [1, 1]
    assert len(claims["request-log-seven-days"]["exchanges"]) == 1
    assert '"retentionDays":14' in claims["request-log-seven-days"]["exchanges"][0]["body"].replace(" ", "")
    assert claims["image-output-ratio"]["outcome"] == "held"


def _differently() -> Responder:
    """400 for 402, and errors with another body."""

    def answer(call: Call) -> Reply:
        reply = call.forward()
        reply.status = 400 if reply.status == 402 else reply.status
        if reply.status >= 400:
            reply.json = {"title": "Refused", "status": reply.status}
        return reply

    return answer


@pytest.mark.extended
def test_a_difference_from_an_assumption_is_observed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A service that differs from three assumptions keeps the contract; the report lists just these three."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": {EMPTY: {"credits": 0}}}))
    settings = {"speed": 1, "progression": "immediate", "mismatch_status": 409, "keys": str(keys)}
    with serve_mock(respond_with(_differently), **settings) as served:
        spend = ("--treat-as-live", "--allow-spend", "100000", "--assume-price", "200")
        flags = ("--target", served.url, "--report", str(tmp_path), *spend)
        run = run_contract(*flags, CANNON_OTHER_API_KEY=OTHER, CANNON_EMPTY_API_KEY=EMPTY)
    assert run.returncode == 0, run.stdout
    written = json.loads((tmp_path / "observations.json").read_text())["observations"]
    assert {each["claim"] for each in written} == {"idempotency-mismatch", "error-envelope", "insufficient-credits"}
    assert "409" in next(each["seen"] for each in written if each["claim"] == "idempotency-mismatch")
    assert main.main(["claims", "--observations", str(tmp_path / "observations.json")]) == 0
    said = capsys.readouterr().out
    assert "insufficient-credits" in said
    assert "expected 402, got 400" in said


def test_no_secret_is_written(tmp_path: Path) -> None:
    """The keys of a run are in none of its files and not on the screen, though every claim on creates is broken."""

    def change(body: dict[str, Any]) -> None:
        body["urls"], body["echo"] = None, SECRET

    with serve_mock(change_json("POST create", change)) as served:
        flags = ("--target", served.url, "--report", str(tmp_path), "-v", "-l", "--tb=long")
        chosen = "test_authentication or test_idempotency"
        run = run_contract(*flags, "-k", chosen, CANNON_API_KEY=SECRET, CANNON_OTHER_API_KEY=OTHER)
    assert run.returncode == 1
    texts = [run.stdout, run.stderr, *(file.read_text() for file in tmp_path.iterdir())]
    assert "(cut)" in (tmp_path / "report.json").read_text()
    for text in texts:
        assert SECRET not in text
        assert OTHER not in text


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ("authorization", 1),
        pytest.param("x-api-key", 2, marks=pytest.mark.extended),
        pytest.param("status", 0, marks=pytest.mark.extended),
    ],
)
def test_no_key_is_written_by_a_test_that_fails(tmp_path: Path, broken: str, status: int) -> None:
    """No output has a user's key, whichever of the tests on keys fails."""

    def answer(call: Call) -> Reply:
        reply = call.forward(without=() if broken == "status" else (broken,))
        if call.kind == "GET status" and call.header("x-api-key") and call.header("authorization"):
            reply.status = 418
        return reply

    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": {SECRET: {}}, "others": False}))
    with serve_mock(respond_with(lambda: answer), keys=str(keys)) as served:
        flags = ("--target", served.url, "--treat-as-live", "--report", str(tmp_path / "out"), "--tb=long", "-l", "-v")
        run = run_contract(*flags, "-k", "test_authentication or test_status", CANNON_API_KEY=SECRET)
    assert run.returncode == status, run.stdout
    assert status != 0 or "observed: auth-x-api-key-first" in run.stdout
    for text in (run.stdout, run.stderr, *(file.read_text() for file in tmp_path.glob("out/*"))):
        assert SECRET not in text


@pytest.mark.parametrize(
    "where",
    [
        "id",
        *(
            pytest.param(each, marks=pytest.mark.extended)
            for each in ("undecodable", "errorMessage", "status", "header", "escaped")
        ),
    ],
)
def test_a_key_in_a_reply_is_redacted(tmp_path: Path, where: str) -> None:
    """A user's key in an id, a message, a status or a header of a reply is in no file and no line."""

    def answer(call: Call) -> Reply:
        reply = call.forward()
        if where == "undecodable" and call.kind == "GET read":
            reply.headers["Content-Encoding"] = "gzip"
        elif where == "header":
            reply.headers["x-echo"] = SECRET
        elif call.kind == "GET read" and reply.status == 200:
            change = {"id": f"req_{SECRET}", "errorMessage": f"no {SECRET}", "status": SECRET}
            failed = {"status": "failed", "output": None, "outputPreview": None} if where == "errorMessage" else {}
            reply.json = {**reply.json, **failed, **({where: change[where]} if where in change else {})}
            if where == "escaped":
                reply.body = reply.body.replace(
                    b'"succeeded"', b'"' + "".join(f"\\u{ord(each):04X}" for each in SECRET).encode() + b'"'
                )
        elif call.kind == "POST create" and where == "id":
            reply.json = {**reply.json, "id": f"req_{SECRET}"}
        return reply

    with serve_mock(respond_with(lambda: answer)) as served:
        spend = ("--treat-as-live", "--allow-spend", "100", "--assume-price", "31")
        flags = ("--target", served.url, "--report", str(tmp_path / "out"), "--tb=long", "-l", "-v", "-rA", *spend)
        run = run_contract(*flags, "-k", "log or first_of or image_count or test_status", CANNON_API_KEY=SECRET)
    said = run.stdout + run.stderr
    assert "INTERNALERROR" not in said
    assert run.returncode in (0, 1), said
    for text in (said, *(file.read_text() for file in tmp_path.glob("out/*"))):
        assert SECRET[:-3] not in text


def test_an_overrun_hides_no_broken_claim(tmp_path: Path) -> None:
    """The test of the create that overruns is judged before the run ends: the status is 2, and the claim broken."""

    def accepts(call: Call) -> Reply:
        if call.kind != "POST create" or call.forward().status == 202:
            return call.forward()
        dear = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", "resolution": "4K"}}
        return call.forward(json.dumps(dear).encode())

    with serve_mock(respond_with(lambda: accepts)) as served:
        spend = ("--treat-as-live", "--allow-spend", "100", "--assume-price", "31", "--report", str(tmp_path))
        run = run_contract("--target", served.url, *spend, "-k", "invalid_body")
        assert [each.status for each in served.creates].count(202) == 1
    assert run.returncode == 2, run.stdout
    assert _with("broken", tmp_path) == {"create-validates"}
    assert "the run was stopped: overrun: " in run.stdout


@pytest.mark.extended
def test_a_429_is_no_refusal_of_a_body(tmp_path: Path) -> None:
    """Where every create is answered with 429, no claim on creates is broken or observed."""

    def answer(call: Call) -> Reply:
        return Reply(429, {"Retry-After": "0"}, b"") if call.kind == "POST create" else call.forward()

    with serve_mock(respond_with(lambda: answer)) as served:
        spend = ("--treat-as-live", "--allow-spend", "1000", "--assume-price", "1")
        flags = (*spend, "--report", str(tmp_path), "-k", "test_create")
        assert run_contract("--target", served.url, *flags).returncode == 0
    assert _with("broken", tmp_path) | _with("observed", tmp_path) == set()
    assert _with("held", tmp_path) == {"host-header", "unknown-address-404"}


def test_the_key_goes_to_the_target_only() -> None:
    """The address in a reply that leads to another port is not called: what it leads to is not tested."""
    called: list[str] = []

    def elsewhere(environ: dict[str, Any], start: Any) -> list[bytes]:
        called.append(environ.get("HTTP_X_API_KEY", ""))
        start("404 Not Found", [("Content-Length", "0")])
        return []

    with (
        serve_in_background(elsewhere) as url,
        serve_mock(
            change_json("POST create", lambda body: body.update(urls={"get": f"{url}/api/v1/requests/x"}))
        ) as served,
    ):
        chosen = ("-k", "url_of_an_accepted or account_starts_with")
        run = run_contract("--target", served.url, *chosen, CANNON_API_KEY=SECRET)
    assert (run.returncode, called) == (0, []), run.stdout
    assert "1 skipped" in run.stdout


@pytest.mark.extended
def test_a_target_under_a_path_is_guarded_there() -> None:
    """The API of a target with a path is under that path: nothing is called beside it."""
    beside: list[str] = []

    def within(app: Any) -> Any:
        def routed(environ: dict[str, Any], start: Any) -> Any:
            if environ["PATH_INFO"].startswith("/mock/"):
                path = environ["PATH_INFO"].removeprefix("/mock")
                return app({**environ, "PATH_INFO": path, "SCRIPT_NAME": "/mock"}, start)
            beside.append(environ["PATH_INFO"])
            start("404 Not Found", [("Content-Length", "0")])
            return []

        return routed

    with serve_mock(within) as served:
        flags = ("--treat-as-live", "-k", "test_authentication or test_status")
        assert run_contract("--target", f"{served.url}/mock/", *flags).returncode == 0
        assert served.creates == []
        run = run_contract("--target", f"{served.url}/mock", "-k", "test_create and not url_of and not invalid_host")
        assert run.returncode == 0, run.stdout
    assert beside == []


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        ("200 OK", [], "is no such API: GET /api/v1/status does not answer with a JSON object"),
        ("503 Busy", [("Retry-After", "0")], "is not ready: GET /api/v1/status answers 503; check the address"),
        ("308 Moved", [("Location", "https://elsewhere.example/")], "answers 308 (to https://elsewhere.example/)"),
        ("401 No", [], "does not take the API key: it answers 401; put one into CANNON_API_KEY"),
    ],
)
def test_a_server_that_answers_otherwise_is_not_tested(
    tmp_path: Path, status: str, headers: list[tuple[str, str]], said: str
) -> None:
    """One line says what the server does, nothing is tested, and the report has the line too."""

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        start(status, [*headers, ("Content-Length", "6")])
        return [b"<html>"]

    with serve_in_background(page) as url:
        run = run_contract("--target", url, "--report", str(tmp_path))
    assert run.returncode == 2
    assert said in run.stdout + run.stderr
    assert said in json.loads((tmp_path / "report.json").read_text())["stopped"]


def test_the_report_says_that_a_run_ended_at_the_first_failure(tmp_path: Path) -> None:
    """With -x the report says why the rest was not tested."""
    with serve_mock(change_json("GET status", lambda body: body.update(ok=False))) as served:
        run = run_contract("--target", served.url, "-x", "-k", "test_status", "--report", str(tmp_path))
    assert run.returncode == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["stopped"] == "stopping after 1 failures"
    assert ["the run ended before its tests"] in [claim["why"] for claim in report["claims"]]


_INTERRUPTED = ("--treat-as-live", "--allow-spend", "100", "--assume-price", "31", "-k", "test_output")
"""Flags of a run that is interrupted during its first create."""


def _expect_its_cost(status: int, output: str, folder: Path) -> None:
    """Expect that an interrupted run, and its report, count the create that it waited for."""
    assert status == 2, output
    report = json.loads((folder / "report.json").read_text())
    assert (report["stopped"], report["spending"]["spent"]) == ("it was interrupted", 31)
    assert "the run was stopped: it was interrupted" in output
    assert "spent: 31 of 100 credits allowed, in 1 create, of which 0 cost something and 1 may have" in output


def test_an_interrupted_run_names_what_it_created(tmp_path: Path) -> None:
    """A run that is interrupted during its first create reports what that create may cost."""
    asked, looked = threading.Event(), threading.Event()

    def interrupt(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "POST create":
            asked.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            assert looked.wait(PATIENCE_S), "what was created is not read back"
        elif asked.is_set():
            looked.set()
        return reply

    with serve_mock(respond_with(lambda: interrupt)) as served:
        run = run_contract("--target", served.url, "--report", str(tmp_path), *_INTERRUPTED)
    assert looked.is_set()
    _expect_its_cost(run.returncode, run.stdout, tmp_path)


@pytest.mark.extended
@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGINT, signal.SIGINT], [signal.SIGTERM]])
def test_an_interrupted_process_names_what_it_created(tmp_path: Path, signals: list[signal.Signals]) -> None:
    """Whichever signal comes, and where a second one comes while costs are read back, a process does so too."""
    asked, looked, answer = threading.Event(), threading.Event(), threading.Event()

    def slow(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "POST create":
            asked.set()
            answer.wait(PATIENCE_S)
        elif asked.is_set():
            looked.set()
            answer.wait(PATIENCE_S)
        return reply

    with serve_mock(respond_with(lambda: slow)) as served:
        chosen = ("--operation", OPERATION, "--report", str(tmp_path))
        command = [sys.executable, "-m", "cannon_contract", "--target", served.url, *_INTERRUPTED, *chosen]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen(command, env=environment(), **pipes) as process:
            assert asked.wait(PATIENCE_S)
            process.send_signal(signals[0])
            assert looked.wait(PATIENCE_S), "what was created is not read back"
            for each in signals[1:]:
                process.send_signal(each)
                assert process.stdout is not None
                assert any("press Ctrl-C again to leave" in line for line in process.stdout)
            answer.set()
            said = process.communicate(timeout=PATIENCE_S)[0]
    _expect_its_cost(process.returncode, said, tmp_path)


@pytest.mark.parametrize(
    ("keys", "flags", "said"),
    [
        ({}, ("--target", f"http://me:{SECRET}@127.0.0.1:9"), "leave user and password out of the address"),
        ({}, ("--target", f"http://{SECRET}@127.0.0.1:nine"), "leave user and password out of the address"),
        ({}, ("--allow-spend", "5", "-f"), "is one process"),
        ({"CANNON_API_KEY": f"{SECRET}\r"}, (), "printable ASCII letters and no spaces"),
        ({"CANNON_API_KEY": SECRET, "CANNON_OTHER_API_KEY": SECRET}, (), "set another one"),
        ({}, ("--treat-as-live",), "--treat-as-live goes with --target URL"),
        ({}, ("--report", __file__), "name a folder"),
        ({}, ("--allow-spend", "5", "--dist", "load"), "is one process"),
        ({}, ("--allow-spend", "5", "--tx", "2*popen"), "is one process"),
    ],
)
def test_a_bad_combination_of_options_is_refused(keys: dict[str, str], flags: tuple[str, ...], said: str) -> None:
    """One line says what to do, and names no key."""
    run = run_contract(*flags, **keys)
    assert run.returncode == 2
    assert said in run.stdout + run.stderr
    assert SECRET not in run.stdout + run.stderr
    assert "INTERNALERROR" not in run.stdout + run.stderr


def test_a_refused_key_is_no_broken_contract(tmp_path: Path) -> None:
    """Where the target refuses the user's key, nothing is tested, and the status is 2."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": {OTHER: {}}, "others": False}))
    with serve_mock(keys=str(keys)) as served:
        run = run_contract("--target", served.url, CANNON_API_KEY=SECRET)
        assert run.returncode == 2
        said = "does not take the API key: it answers 401; is the one in the environment variable CANNON_API_KEY right?"
        assert said in run.stdout + run.stderr
        assert run_contract("--target", served.url, "-k", "test_status", CANNON_API_KEY=OTHER).returncode == 0


def test_a_mock_is_tested_with_a_key_of_each_test() -> None:
    """On a mock each test has its own account, although the user has a key in the environment."""
    with serve_mock(credits=70) as served:  # enough for each of these tests, and not for two of them
        run = run_contract(
            "--target",
            served.url,
            "-k",
            "repeat or with_another_body or two_keys or one_api_key",
            CANNON_API_KEY=SECRET,
        )
        assert (run.returncode, "not tested" in run.stdout) == (0, True), run.stdout
        assert len([each for each in served.creates if each.status == 202]) > 4


def test_the_report_says_that_a_run_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says why the run ended, and why each claim was not tested."""
    plugin = tmp_path / "keyboard_interrupt.py"
    plugin.write_text("def pytest_runtest_setup(item):\n    if 'test_output' in item.nodeid: raise KeyboardInterrupt\n")
    out = tmp_path / "out"
    monkeypatch.syspath_prepend(tmp_path)
    run = run_contract("-p", "keyboard_interrupt", "-k", "test_authentication or test_output", "--report", str(out))
    assert run.returncode == 2
    report = json.loads((out / "report.json").read_text())
    assert report["stopped"] == "it was interrupted"
    assert "it was interrupted" in (out / "index.html").read_text()
    whys = {claim["id"]: claim["why"] for claim in report["claims"] if claim["outcome"] == "not tested"}
    assert whys["image-output-count"] == ["the run ended before its tests"]
    chosen = tmp_path / "chosen"
    run_contract("-k", "repeat", "--report", str(chosen))
    report = json.loads((chosen / "report.json").read_text())
    whys = {claim["id"]: claim["why"] for claim in report["claims"] if claim["outcome"] == "not tested"}
    assert whys["image-output-count"] == ["none of its tests was selected for this run"]
    assert report["reach"]["credits"] > 50


def _hanging_up(is_lost: Callable[[Call, int], bool]) -> Callable[[Any], Any]:
    """Wrap a mock so that it ends the connection of each call that is lost; calls are counted from 1 on."""
    count = 0

    def layer(app: Any) -> Any:
        def answered(environ: dict[str, Any], start: Any) -> Any:
            nonlocal count
            count += 1
            if not is_lost(Call(app, environ), count):
                return app(environ, start)
            start("200 OK", [("Content-Length", "10")])
            return [b""]

        return answered

    return layer


def test_one_lost_reply_does_not_end_the_run(tmp_path: Path) -> None:
    """Where one poll of the shared request gets no reply, the report says so, and the rest is tested; status 2."""
    lost: list[int] = []

    def is_lost(call: Call, count: int) -> bool:
        if call.kind == "GET read" and not lost and len(call.id) > len("req_of_nobody"):
            lost.append(count)
            return len(lost) == 2
        if call.kind == "GET read" and len(lost) == 1:
            lost.append(count)
            return True
        return False

    with serve_mock(_hanging_up(is_lost)) as served:
        spend = ("--treat-as-live", "--allow-spend", "31", "--assume-price", "31", "--report", str(tmp_path))
        run = run_contract("--target", served.url, *spend, "-k", "test_create or test_output")
    assert run.returncode == 2, run.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["stopped"], report["counts"]["broken"]) == ("", 0)
    reasons = [reason for claim in report["claims"] for reason in claim["why"]]
    assert any(each.startswith("the request that this test shares with others ended early") for each in reasons)
    assert "unknown-address-404" in _with("held", tmp_path)


@pytest.mark.parametrize(
    ("start", "processes"),
    [
        pytest.param(run_contract, (), id="one"),
        pytest.param(run_contract_process, ("-n", "2"), id="two", marks=pytest.mark.extended),
    ],
)
def test_a_server_that_is_gone_is_no_success(start: Callable[..., ContractRun], processes: tuple[str, ...]) -> None:
    """Where replies stop, the rest is not tested, the run says so, and the exit status is 2."""
    asked = 0

    def is_lost(call: Call, count: int) -> bool:
        nonlocal asked
        asked = count
        return count > 40

    with serve_mock(_hanging_up(is_lost)) as served:
        run = start("--target", served.url, *processes)
    assert run.returncode == 2, run.stdout
    assert "the run was stopped: the target gave no answer to 3 tests in a row" in run.stdout
    assert asked < 60, "it is not asked on and on"


def test_an_address_that_breaks_off_does_not_end_a_run() -> None:
    """Where polls get no reply and all else is answered, the other tests run on; the exit status is 2."""
    with serve_mock(_hanging_up(lambda call, count: call.kind == "GET read")) as served:
        run = run_contract("--target", served.url, "-k", "test_request_log")
    assert run.returncode == 2, run.stdout
    assert "the run was stopped" not in run.stdout
    assert re.search(r"\b[5-9] skipped", run.stdout), "each of its tests has tried for itself"


def test_a_key_that_is_a_common_word_leaves_the_report_readable(tmp_path: Path) -> None:
    """Only texts of the target are redacted: the names of fields, outcomes and claims stay."""
    run = run_contract(
        "-k", "test_status", "--report", str(tmp_path), CANNON_API_KEY="held", CANNON_OTHER_API_KEY="test"
    )
    assert run.returncode == 0, run.stdout
    assert "status-code" in _with("held", tmp_path)
    assert "status-code" in _Page((tmp_path / "index.html").read_text()).sections["held"]


def test_a_page_escapes_what_a_server_sends(tmp_path: Path) -> None:
    """A text of a server is shown as text, and is no markup of the page."""
    evil = "<script>alert(1)</script>"
    with serve_mock(change_json("GET status", lambda body: body.update(ok=evil))) as served:
        run_contract("--target", served.url, "--report", str(tmp_path), "-k", "test_status")
    page = (tmp_path / "index.html").read_text()
    assert evil not in page
    assert "&lt;script&gt;" in page


def _shuffled(seed: int) -> tuple[str, ...]:
    return "-p", "random_order.plugin", "--random-order", "--random-order-bucket=global", f"--random-order-seed={seed}"


@pytest.mark.extended
@pytest.mark.parametrize("target", ["mock", "socket"])
def test_neither_order_nor_processes_matter(tmp_path: Path, target: str) -> None:
    """In random order and two processes the tests pass on both kinds of mock, and one report has all results."""
    with serve_mock() as served:
        flags = ("-n", "2", "--report", str(tmp_path), *_shuffled(4711))
        address, operation = (served.url, OPERATION) if target == "socket" else ("mock", None)
        run = run_contract_process("--target", address, *flags, operation=operation)
    assert run.returncode == 0, run.stdout
    behaviour = {claim.id for claim in CATALOG.claims.values() if claim.kind == "behaviour"}
    held = behaviour & _with("held", tmp_path)
    assert held == behaviour if target == "mock" else len(held) > len(behaviour) / 4


@pytest.mark.extended
def test_the_order_of_a_live_run_does_not_matter() -> None:
    """In random order the tests pass on a mock that is treated as live."""
    with serve_mock() as served:
        live = ("--treat-as-live", "--allow-spend", "5000", "--assume-price", "200")
        run = run_contract("--target", served.url, *_shuffled(42), *live)
    assert run.returncode == 0, run.stdout


def test_a_run_that_shows_nothing_is_no_success() -> None:
    """Where nothing was tested, the exit status is 2."""
    with serve_mock() as served:
        run = run_contract("--target", served.url, "--treat-as-live", "-k", "test_output")
    assert run.returncode == 2
    assert re.search(r"0 broken, 0 observed, 0 held", run.stdout)


COUNTS = """
import json, os, pytest
from cannon_contract.runner.suite_items import APIS

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    marked = sum(mark.args[0] for name in ("creates", "probes") for mark in item.iter_markers(name))
    marked += len(list(item.iter_markers("shares")))
    needs = {each for mark in item.iter_markers("needs") for each in mark.args}
    on_mocks = needs & {"mock", "clock"} or "make_own_mock" in item.fixturenames
    if call.when == "call" and not on_mocks:
        calls = [each.request for api in item.stash.get(APIS, []) for each in api.notes.exchanges]
        sent = sum(each.startswith("POST ") and each.endswith("/api/v1/requests") for each in calls)
        with open(os.environ["COUNTED"], "a") as file:
            print(json.dumps([item.name, sent, marked]), file=file)
    return report
"""


@pytest.mark.extended
def test_a_test_creates_what_the_plan_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test that may run on a paid target sends just as many creates as its marks say."""
    (tmp_path / "counts.py").write_text(COUNTS)
    counted = tmp_path / "counted"
    monkeypatch.syspath_prepend(tmp_path)
    run = run_contract("-p", "counts", operation=None, COUNTED=str(counted))
    assert run.returncode == 0, run.stdout
    rows = [json.loads(line) for line in counted.read_text().splitlines()]
    assert [row for row in rows if row[1] != row[2]] == []
    assert sum(sent for _, sent, _ in rows) > 150


def test_a_report_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """Where one file cannot be written the others are, the summary is printed, and the run is incomplete."""
    (tmp_path / "report.json").mkdir()
    run = run_contract("-k", "test_status", "--report", str(tmp_path))
    assert run.returncode == 2
    assert f"the report is incomplete: {tmp_path / 'report.json'} could not be written: Is a directory" in run.stdout
    assert "0 broken" in run.stdout
    assert (tmp_path / "index.html").exists()


def test_an_id_may_have_any_letters() -> None:
    """A request is polled by its id as an address writes it: no page says which letters an id has."""
    paths: list[str] = []

    def respond(call: Call) -> Reply:
        if call.kind == "POST create":
            reply = call.forward()
            reply.json = {**reply.json, "id": reply.json["id"] + "?a b"}
            return reply
        if "/requests/" in call.environ["PATH_INFO"]:
            paths.append(call.environ["PATH_INFO"])
            return call.forward_environ({**call.environ, "PATH_INFO": call.environ["PATH_INFO"].removesuffix("?a b")})
        return call.forward()

    with serve_mock(respond_with(lambda: respond)) as served:
        run_contract("--target", served.url, "-k", "test_a_request_can_be_polled_after")
    assert paths
    assert all(each.endswith("?a b") for each in paths)
