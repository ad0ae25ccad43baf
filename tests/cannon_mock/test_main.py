"""The command: its flags, its variables and its messages, in this process."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from cannon_mock import Config, create_app
from cannon_mock.__main__ import main
from cannon_mock.serving import serve
from cannon_spec import __version__
from cannon_spec.installation import advise_extra
from tests.support.payloads import CATALOG

READY = re.compile(r"cannon-mock ready on (http://127\.0\.0\.1:[0-9]+)\n")

INVALID: list[tuple[list[str], str]] = [
    (["--port", "65536"], "--port 65536 is not valid; use a whole number from 0 to 65535"),
    (["--port", "many"], "--port many is not valid; use a whole number from 0 to 65535"),
    (["--port", ""], "--port '' is not valid; it is empty; give it a value, or leave it out"),
    (["--speed", "0"], "--speed 0 is not valid; use a number from 0.001 to 1000"),
    (["--speed", "nan"], "--speed nan is not valid; use a number "),
    (["--credits", "-1"], "--credits -1 is not valid; use "),
    (["--max-tasks", "0"], "--max-tasks 0 is not valid; use "),
    (
        ["--public-url", "mock.example"],
        "--public-url mock.example is not valid; use an address with http:// or https:// and a host",
    ),
    (["--overlay", "nowhere.json"], "nowhere.json: No such file or directory"),
    (["--host", "192.0.2.1"], "192.0.2.1 port 0: "),
    (["--clock", "slow"], "--clock slow is not valid; use system or manual"),
    (["--refusal-status", "418"], "--refusal-status 418 is not valid; use 400 or 422"),
    (["--progression", "slow"], "--progression slow is not valid; use time, immediate, or manual:N"),
    (
        ["--scenario", "sucess"],
        "--scenario sucess is not valid; did you mean success? cannon-mock --list-",
    ),
    (["--workers", "2"], "--workers 2 is not valid; use 1, or name a store that processes share: sqlite:FILE"),
    (["--store", "mysql://x"], "--store mysql://x is not valid; use memory, sqlite:FILE or redis://HOST"),
    (
        ["--store", "sqlite:nowhere/mock.db"],
        "nowhere/mock.db: the file cannot be opened (unable to open database file); name a file that can",
    ),
    (["--store", f"sqlite:{__file__}"], "(file is not a database); name another file"),
    (["--store", "redis://:word@127.0.0.1:1/0"], "redis://...@127.0.0.1:1/0: "),
    (["--scenarios", "nowhere.json"], "nowhere.json: No such file or directory"),
    (["--keys", "nowhere.json"], "nowhere.json: No such file or directory"),
    (["--webhook-secret", "secret"], "--webhook-secret *** is not valid; use whsec_ and 24 to 64 bytes in base64"),
]

FILES: list[tuple[str, str, str]] = [
    ("--scenarios", "{", "mine.json"),
    ("--scenarios", "[]", "is not a JSON object"),
    ("--scenarios", "{}", "lacks scenarios"),
    ("--scenarios", '{"scenarios": {"a": {"outcom": "failed"}}}', "unknown word outcom"),
    ("--scenarios", '{"scenarios": {"a": {"outcome": "failed"}}}', "lacks message"),
    (
        "--scenarios",
        '{"scenarios": {"a": {"faults": [{"on": "create", "status": 500}]}}}',
        "without code, message",
    ),
    ("--scenarios", '{"scenarios": {"a b": {}}}', "use names of the form ^[A-Za-z0-9_.-]{1,60}$"),
    ("--scenarios", '{"scenarios": {"a": {"claim": "nobody-said"}}}', "nobody-said"),
    (
        "--scenarios",
        '{"scenarios": {}, "default": "none"}',
        "there is no scenario none; cannon-mock --list-",
    ),
    ("--keys", '{"keys": {"cs_a": {"scope": []}}}', "unknown word scope"),
    ("--keys", '{"keys": {"sk_a": {}}}', "use names of the form ^cs_"),
    ("--keys", '{"keys": {"cs_a": {"scopes": ["write"]}}}', "one of requests:write, requests:read"),
    ("--keys", '{"keys": {"cs_a": {"credits": -1}}}', "keys/cs_.../credits: -1 is out of range"),
    ("--keys", '{"keys": {"cs_live_word!X": 1}}', "keys/cs_...: 1 has the wrong type"),
]

ServedApp = tuple[Flask, Config]


@pytest.fixture(autouse=True)
def _settings_of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the environment that the tests run in."""
    for each in fields(Config):
        monkeypatch.delenv(f"CANNON_MOCK_{each.name.upper()}", raising=False)


@pytest.fixture
def served_apps(monkeypatch: pytest.MonkeyPatch) -> list[ServedApp]:
    """The applications that main serves, with their settings; serving ends at once."""
    served: list[ServedApp] = []
    configs: list[Config] = []

    def create(config: Config) -> Flask:
        configs.append(config)
        return create_app(config)

    def announce_and_stop(
        app: Flask, listener: socket.socket, announce: Callable[[str], None], *others: socket.socket
    ) -> None:
        announce(serve.find_address(listener))
        for each in (listener, *others):
            each.close()
        served.append((app, configs[-1]))

    monkeypatch.setattr("cannon_mock.__main__.create_app", create)
    monkeypatch.setattr(serve, "serve", announce_and_stop)
    return served


@pytest.mark.parametrize(
    ("flags", "message"), INVALID, ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else ""
)
def test_an_invalid_setting_is_refused(flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An invalid setting gives status 2 and one line that names the flag, its value and what is legal."""
    assert main(["--port", "0", *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"cannon-mock: .*{re.escape(message)}.*\n", err)


@pytest.mark.parametrize(("flag", "text", "message"), FILES)
def test_an_invalid_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, text: str, message: str
) -> None:
    """An invalid file of scenarios or keys gives status 2 and one line that names it and says what is wrong."""
    file = tmp_path / "mine.json"
    file.write_text(text)
    assert main(["--port", "0", flag, str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"cannon-mock: {re.escape(str(file))}.*\n", err)
    assert message in err


@pytest.mark.parametrize("name", ["admin-token", "keys", "tls-cert", "webhook-secret", "scenario", "port", "store"])
def test_an_empty_value_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flag whose value is empty, as that of an unset variable of a shell, leaves no default in force silently."""
    assert main(["--port", "0", f"--{name}", ""]) == 2
    expected_line = f"cannon-mock: --{name} '' is not valid; it is empty; give it a value, or leave it out\n"
    assert capsys.readouterr() == ("", expected_line)


def test_a_password_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The error about a store that cannot be reached does not show the password."""
    main(["--store", "redis://user:word@127.0.0.1:1/0"])
    assert "word" not in capsys.readouterr().err


def test_an_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown flag gives status 2, and the last line after the usage names it."""
    with pytest.raises(SystemExit) as exited:
        main(["--no-such-flag"])
    assert exited.value.code == 2
    assert capsys.readouterr().err.endswith("cannon-mock: error: unrecognized arguments: --no-such-flag\n")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("PORT", "many", "CANNON_MOCK_PORT=many is not valid; use a whole number"),
        ("SPEED", "-1", "CANNON_MOCK_SPEED=-1 is not valid; use a number"),
        ("PROGRESSION", "slow", "CANNON_MOCK_PROGRESSION=slow is not valid; use time, immediate"),
        ("SCENARIO", "nope", "CANNON_MOCK_SCENARIO=nope is not valid; cannon-mock --list-scenarios lists"),
        ("OVERLAY", "nowhere.json", "nowhere.json: No such file"),
        ("\x1b[31m\n", "1", "unknown variable CANNON_MOCK_\\u001b[31m\\n; cannon-mock --help lists the settings"),
        ("ADMIN_TOKEN", "", "CANNON_MOCK_ADMIN_TOKEN='' is not valid; it is empty; give it a value, or unset it"),
        ("PROT", "1", "unknown variable CANNON_MOCK_PROT; did you mean CANNON_MOCK_PORT?"),
    ],
)
def test_an_invalid_variable_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, text: str, message: str
) -> None:
    """An invalid or unknown variable gives status 2 and one line that names it (case M16)."""
    monkeypatch.setenv("CANNON_MOCK_PORT", "0")
    monkeypatch.setenv(f"CANNON_MOCK_{name}", text)
    assert main([]) == 2
    assert re.fullmatch(rf"cannon-mock: {re.escape(message)}.*\n", capsys.readouterr().err)


def test_a_port_in_use_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use gives status 2 and one line that names the port and the flags to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for flag, flags in {"--port": [], "--asset-port": ["--port", "0"]}.items():
            assert main([*flags, flag, str(port)]) == 2
            err = capsys.readouterr().err
            assert re.fullmatch(rf"cannon-mock: 127\.0\.0\.1 port {port}: Address already in use.* {flag}.*\n", err)


def test_the_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """Each field of Config is a flag of the same name; a setting that is on by default has the flag --no-NAME."""
    with pytest.raises(SystemExit) as exited:
        main(["--help"])
    flags = set(re.findall(r"--[a-z0-9-]+", capsys.readouterr().out))
    assert exited.value.code == 0
    assert flags - {"--help", "--version", "--list-scenarios"} == {
        f"--{'no-' if each.default is True else ''}{each.name.replace('_', '-')}" for each in fields(Config)
    }


def test_the_help_fits_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a terminal of 80 columns no line of help is wrapped by the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version and exits with status 0."""
    with pytest.raises(SystemExit) as exited:
        main(["--version"])
    assert (exited.value.code, capsys.readouterr().out) == (0, f"cannon-mock {__version__}\n")


def test_flags_and_environment_make_the_settings(
    monkeypatch: pytest.MonkeyPatch, served_apps: list[ServedApp], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each setting comes from its flag, else from the environment, else from the defaults; the address is printed."""
    monkeypatch.setenv("CANNON_MOCK_CREDITS", "1")
    monkeypatch.setenv("CANNON_MOCK_SPEED", "3")
    flags = {"--port": "0", "--speed": "20", "--square-4k": "cap", "--refusal-status": "422", "--max-tasks": "5"}
    texts = {"--seed": "x", "--public-url": "http://mock.example", "--progression": "immediate"}
    assert main(["-v", "--strict", *(part for pair in {**flags, **texts}.items() for part in pair)]) == 0
    ready, secret = capsys.readouterr().out.splitlines(keepends=True)
    assert READY.fullmatch(ready)
    assert re.fullmatch(r"webhooks are signed with whsec_[A-Za-z0-9+/]{43}=\n", secret)
    assert [config for _, config in served_apps] == [
        Config(
            port=0,
            public_url="http://mock.example",
            progression="immediate",
            speed=20,
            credits=1,
            seed="x",
            strict=True,
            refusal_status=422,
            square_4k="cap",
            max_tasks=5,
            verbose=True,
        )
    ]


@pytest.mark.parametrize("flags", [[], ["--verbose"]], ids=str)
def test_exchanges_are_logged_only_with_verbose(
    served_apps: list[ServedApp], flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --verbose nothing is written to standard error."""
    main(["--port", "0", *flags])
    served_apps[0][0].test_client().get("/__mock__/health")
    assert capsys.readouterr().err == ("GET /__mock__/health 200\n" if flags else "")


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Flask the command says what to install, with status 2; --help works all the same."""
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "cannon_mock.views.application", raising=False)
    monkeypatch.delattr("cannon_mock.views.application", raising=False)
    assert main([]) == 2
    assert capsys.readouterr().err == f"cannon-mock: flask is missing; {advise_extra('mock')}\n"
    with pytest.raises(SystemExit):
        main(["--help"])


def test_without_the_extra_media_the_start_says_what_is_a_sample(
    monkeypatch: pytest.MonkeyPatch, served_apps: list[ServedApp], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where PyAV is missing the command tells at start which files are samples and what to install, and serves."""
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["--port", "0"]) == 0
    advice = f"to get real ones {advise_extra('media')}"
    assert capsys.readouterr().err == f"cannon-mock: .mp4 and .mp3 files are samples; {advice}\n"
    assert len(served_apps) == 1


def test_the_scenarios_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--list-scenarios prints each scenario with what it does, those of --scenarios too, and starts nothing."""
    file = tmp_path / "mine.json"
    file.write_text('{"scenarios": {"rainy-day": {"text": "rain\\u001b[31m"}}}')
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["--list-scenarios", "--scenarios", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == [*CATALOG.scenarios["scenarios"], "rainy-day"]
    assert lines[0].split(maxsplit=1) == ["success", "the request succeeds"]
    assert lines[-1].split(maxsplit=1) == ["rainy-day", "rain\\u001b[31m"]
    assert max(map(len, lines)) <= 60


def test_a_store_without_its_client_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the client of Redis a store there is refused with status 2, and the extra is named."""
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "cannon_mock.stores.redis", raising=False)
    assert main(["--store", "redis://127.0.0.1:1/0"]) == 2
    assert capsys.readouterr().err == f"cannon-mock: redis is missing; {advise_extra('redis')}\n"


def test_workers_need_a_system_that_can_fork(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the system cannot fork, --workers 2 gives status 2 and one line that says what to do."""
    monkeypatch.delattr("os.fork")
    assert main(["--workers", "2", "--store", f"sqlite:{tmp_path / 'mock.db'}"]) == 2
    assert capsys.readouterr().err == "cannon-mock: this system cannot fork processes; use --workers 1\n"


def test_an_early_interrupt_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the mock is up ends it with status 0 and no traceback."""

    def interrupt(config: Config) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cannon_mock.__main__.create_app", interrupt)
    assert main([]) == 0
