"""What comes from outside is printed so that no terminal and no CI service takes it for a command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cannon_contract import plugin
from cannon_contract.runner import command as contract_command
from cannon_mock import __main__ as mock_command
from cannon_spec.cli import main as judge_command
from cannon_spec.redaction import Redactor
from tests.support.payloads import DOCUMENTED, patched

HOSTILE = "::error::x\x1b[31m\n::warning::y\r##[group]z \x9b1m\u202e\u2028\x07\u200b##vso[task]"
"""A command to a CI service, signs that move a cursor or change the order of letters, and ends of lines."""

Main = Callable[[list[str]], int]
SPEC, MOCK, CONTRACT = judge_command.main, mock_command.main, contract_command.main
FILE = "::error::ok\x1b[31m\n::error::x\u202e##[error].json"
"""H14: the name of a file."""

OVERLAY = {
    "operations": {"image.generate": {"name": HOSTILE}},
    "models": {"gptimage2": {"name": HOSTILE, "maker": HOSTILE}},
    "aliases": {"fields": [{"names": ["style_name"], "fields": ["none"], "advice": HOSTILE}]},
    "claims": {"model-id-gptimage2": {"text": f"{'word ' * 20}{HOSTILE} ::error::z"}},
}
COMMANDS: dict[str, tuple[Main, list[str]]] = {
    "a file that is not there": (SPEC, ["validate", f"no{FILE}"]),
    "a bad file": (SPEC, ["validate", FILE]),
    "a bad file, as JSON": (SPEC, ["validate", "--format", "json", FILE]),
    "a good file, as JSON": (SPEC, ["validate", "--format", "json", f"good{FILE}"]),
    "its changes": (SPEC, ["validate", "--diff", FILE]),
    "its fixes": (SPEC, ["validate", "--fix", FILE]),
    "its costs": (SPEC, ["cost", FILE, f"good{FILE}"]),
    "a bad recording": (SPEC, ["check-traffic", FILE]),
    "a recording": (SPEC, ["check-traffic", "session.har"]),
    "a recording, as JSON": (SPEC, ["check-traffic", "--format", "json", "session.har"]),
    "a recording of another service": (SPEC, ["check-traffic", "other.har"]),
    "a baseline": (SPEC, ["validate", "--baseline", FILE, FILE]),
    "prices": (SPEC, ["cost", "--prices", FILE, FILE]),
    "an unknown operation": (SPEC, ["validate", "--operation", HOSTILE, FILE]),
    "an unknown rule": (SPEC, ["validate", "--ignore", HOSTILE, FILE]),
    "an unknown name": (SPEC, ["explain", HOSTILE]),
    "an unknown example": (SPEC, ["example", HOSTILE]),
    "an unknown model": (SPEC, ["example", "image.generate", "--model", HOSTILE]),
    "an unknown flag": (SPEC, ["validate", f"--{HOSTILE}"]),
    "an unknown command": (SPEC, [HOSTILE]),
    "an overlay that is not there": (SPEC, ["catalog", "--overlay", HOSTILE]),
    "an overlay": (SPEC, ["catalog", "--overlay", "overlay.json"]),
    "an overlay, as JSON": (SPEC, ["catalog", "--overlay", "overlay.json", "--format", "json"]),
    "an overlay, explained": (SPEC, ["explain", "image.generate", "gptimage2", "--overlay", "overlay.json"]),
    "a claim of an overlay": (SPEC, ["explain", "model-id-gptimage2", "--overlay", "overlay.json"]),
    "claims of an overlay": (SPEC, ["claims", "--overlay", "overlay.json"]),
    "findings by an overlay": (SPEC, ["validate", FILE, "--overlay", "overlay.json"]),
    "a file of claims": (SPEC, ["claims", "--report", FILE]),
    "a file of settings": (SPEC, ["check-config", FILE, f"no{FILE}", "observations.json"]),
    "observations": (SPEC, ["claims", "--observations", "observations.json"]),
    "observations, as JSON": (SPEC, ["claims", "--observations", "observations.json", "--format", "json"]),
    "observations, as an overlay": (SPEC, ["overlay", "--from", "observations.json"]),
    "values, as an overlay": (SPEC, ["overlay", "--from", "values.json"]),
    "a store": (MOCK, ["--store", f"sqlite:no/{FILE}"]),
    "a server of stores": (MOCK, ["--store", f"redis://{HOSTILE}"]),
    "a port": (MOCK, ["--port", HOSTILE]),
    "a host": (MOCK, ["--port", "0", "--host", "::error::x"]),
    "a scenario": (MOCK, ["--scenario", HOSTILE]),
    "a file of scenarios": (MOCK, ["--scenarios", "scenarios.json", "--list-scenarios"]),
    "a bad file of scenarios": (MOCK, ["--scenarios", FILE]),
    "a file of keys": (MOCK, ["--keys", FILE]),
    "a certificate": (MOCK, ["--tls-cert", f"no{FILE}"]),
    "an unknown flag of the mock": (MOCK, [f"--{HOSTILE}"]),
    "an unknown option": (CONTRACT, [f"--{HOSTILE}"]),
    "a folder of tests": (CONTRACT, [FILE]),
    "a target": (CONTRACT, ["--target", HOSTILE]),
    "a plugin": (CONTRACT, ["-p", HOSTILE]),
    "an operation": (CONTRACT, ["--operation", HOSTILE]),
    "a report": (CONTRACT, ["--report", f"/dev/null/{FILE}"]),
    "a plan": (CONTRACT, ["--target", "http://127.0.0.1:1", "--plan", FILE]),
    "prices of a run": (CONTRACT, ["--prices", FILE]),
    "an address of webhooks": (CONTRACT, ["--target", "http://127.0.0.1:1", "--webhook-listen", HOSTILE]),
}

_BY_OVERLAY = ("--overlay", "overlay.json")
FORMATS_OF_CI = ("github", "gitlab", "sarif", "junit", "markdown", "jsonl")
for _name in FORMATS_OF_CI:
    COMMANDS[f"findings as {_name}"] = (SPEC, ["validate", FILE, f"no{FILE}", "--format", _name])
    COMMANDS[f"findings by an overlay as {_name}"] = (SPEC, ["validate", FILE, *_BY_OVERLAY, "--format", _name])
    COMMANDS[f"a recording as {_name}"] = (SPEC, ["check-traffic", "session.har", FILE, "--format", _name])
_OWN_COMMAND = re.compile(r"^::(error|warning) title=cannon-spec(,(file|line|col)=[^,:]*)*::", re.MULTILINE)
"""What our format for GitHub begins a line with."""


@pytest.fixture
def hostile_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of files whose names and content are hostile, which is the current one."""
    monkeypatch.chdir(tmp_path)
    bad = {
        **patched(DOCUMENTED, aspect_ratio="16x9", resolution=HOSTILE, prompt=HOSTILE, style_name=1),
        HOSTILE: HOSTILE,
    }
    Path(FILE).write_text(json.dumps(bad, ensure_ascii=False), "utf-8")
    Path(f"good{FILE}").write_text(json.dumps(DOCUMENTED), "utf-8")
    Path("overlay.json").write_text(json.dumps(OVERLAY), "utf-8")
    scenarios = {"scenarios": {"wrapped": {"text": f"{'word ' * 20}{HOSTILE} ::error::z"}}}
    Path("scenarios.json").write_text(json.dumps(scenarios), "utf-8")
    seen = {"claim": "status-ok", "strength": HOSTILE, "assumed": HOSTILE, "seen": HOSTILE, "test": HOSTILE}
    values = [{"pointer": HOSTILE, "value": HOSTILE}]
    observed = {"format": 1, "target": HOSTILE, "observed_at": HOSTILE, "observations": [seen]}
    Path("observations.json").write_text(json.dumps(observed), "utf-8")
    Path("values.json").write_text(json.dumps({**observed, "observations": [{**seen, "values": values}]}), "utf-8")
    Path("session.har").write_text(json.dumps(_build_har("https://www.cannonstudio.app")), "utf-8")
    Path("other.har").write_text(json.dumps(_build_har(f"http://{HOSTILE}")), "utf-8")


def _build_har(url: str) -> dict[str, Any]:
    """A recording of calls to a service whose names and texts are hostile."""
    headers = [{"name": HOSTILE, "value": HOSTILE}, {"name": "x-api-key", "value": HOSTILE}]
    body = {"mimeType": HOSTILE, "text": json.dumps({"operation": HOSTILE, "input": {HOSTILE: HOSTILE}})}
    reply = {"status": 202, "headers": headers, "content": {**body, "encoding": HOSTILE}}
    entries = [
        {
            "request": {"method": method, "url": f"{url}/api/v1/requests{path}", "headers": headers, "postData": body},
            "response": {**reply, "status": status},
        }
        for method in ("POST", "GET", HOSTILE)
        for path in ("", f"/{HOSTILE}", "/%1b[31m%0a::error::x")
        for status in (202, HOSTILE)
    ]
    return {"log": {"entries": [*entries, {"request": HOSTILE}]}}


def _find_commands(output: bytes) -> list[str]:
    """Each sign or word in an output that a terminal or a CI service may take for a command."""
    text = _OWN_COMMAND.sub("", output.decode())
    signs = [repr(each) for each in text if not each.isprintable() and each != "\n"]
    return signs + re.findall(r"^\s*::.*|##\[|##vso\[", text, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_prints_what_is_taken_for_a_command(
    name: str, hostile_files: None, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """H14: whatever the names of files, arguments and documents hold, each line printed is plain text."""
    main, argv = COMMANDS[name]
    with suppress(SystemExit):
        main(argv)
    captured = capsysbinary.readouterr()
    assert _find_commands(captured.out + captured.err) == [], captured
    assert b"Traceback" not in captured.err
    assert b"report it" not in captured.err
    assert captured.out + captured.err


@pytest.fixture
def hostile_server() -> Iterator[str]:
    """The address of a server whose replies are hostile in each part."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 302 ::error::\x9b1m\r\nLocation: ##[error]\x9b1m\r\nX-A: ::error::\r\n\r\n")
            self.wfile.write(json.dumps(HOSTILE, ensure_ascii=False).encode())

        do_POST = do_GET  # noqa: N815 - likewise

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_run_prints_no_command_of_a_server(
    hostile_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """What a server answers is printed as plain text: where it is no target, and where a test of it fails."""
    monkeypatch.chdir(tmp_path)
    quick = ("--ignore-glob=/*/suite/test_[!s]*.py", "-k", "status")
    assert CONTRACT(["--target", hostile_server, *quick]) == 2
    out = capsysbinary.readouterr().out
    assert b"302" in out
    assert _find_commands(out) == []


def test_the_report_of_a_failed_test_has_no_commands_and_no_keys() -> None:
    """What pytest prints of a failed contract test, and of what was captured meanwhile, is plain text without keys."""
    report = pytest.TestReport("t", ("f", 1, "t"), {}, "failed", f"E {HOSTILE} cs_live_4f9aQ7", "call")
    report.sections = [("Captured stdout", f"{HOSTILE} cs_live_4f9aQ7")]
    plugin._redact_report(report, Redactor(["cs_live_4f9aQ7"]))
    text = f"{report.longrepr}\n{report.sections[0][1]}"
    assert _find_commands(text.encode()) == []
    assert "4f9a" not in text


@pytest.mark.parametrize(("main", "argv"), [(SPEC, ["validate", "a.json"]), (MOCK, []), (CONTRACT, [])])
def test_errors_of_usage_show_no_secret(main: Main, argv: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """An argument that no command takes is named without the password of an address in it."""
    with suppress(SystemExit):
        assert main([*argv, "--no-such-flag=http://user:hu/sh@host"]) != 0
    text = "".join(capfd.readouterr())
    assert "--no-such-flag=http://...@host" in text
    assert "hu/sh" not in text
