"""The command: a real process on a real socket, its flags and its error messages."""

from __future__ import annotations

import _thread
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from PIL import Image

from cannon_mock import Config, create_app
from cannon_mock.__main__ import main
from cannon_mock.serving import serve
from cannon_spec import __version__, validate_response
from tests.support.mocks import KEY, PRICE, START, Driver, body
from tests.support.processes import environment

PATIENCE_S = 20
READY = re.compile(r"cannon-mock ready on (http://127\.0\.0\.1:[0-9]+)\n")

INVALID: list[tuple[list[str], str]] = [
    (["--port", "65536"], "--port 65536 is not valid; use a whole number from 0 to 65535"),
    (["--port", "many"], "--port many is not valid; use a whole number from 0 to 65535"),
    (["--port", ""], "--port '' is not valid; use a whole number from 0 to 65535"),
    (["--speed", "0"], "--speed 0.0 is not valid; use a number from 0.001 to 1000"),
    (["--speed", "nan"], "--speed nan is not valid; use a number "),
    (["--credits", "-1"], "--credits -1 is not valid; use "),
    (["--max-tasks", "0"], "--max-tasks 0 is not valid; use "),
    (
        ["--public-url", "mock.example"],
        "--public-url mock.example is not valid; use an address that starts with http://",
    ),
    (["--overlay", "nowhere.json"], "nowhere.json: No such file or directory"),
    (["--host", "192.0.2.1"], "192.0.2.1 port 0: "),
    (["--clock", "slow"], "--clock slow is not valid; use system or manual"),
    (["--refusal-status", "418"], "--refusal-status 418 is not valid; use 400 or 422"),
    (["--progression", "slow"], "--progression slow is not valid; use time, immediate, or manual:N"),
    (["--scenario", "sucess"], "--scenario sucess is not valid; use one of success, slow"),
    (["--workers", "2"], "--workers 2 is not valid; use 1, or name a store that processes share: sqlite:FILE"),
    (["--store", "mysql://x"], "--store mysql://x is not valid; use memory, sqlite:FILE or redis://HOST"),
    (["--store", "sqlite:nowhere/mock.db"], "nowhere/mock.db: unable to open database file; name a file that can"),
    (["--store", f"sqlite:{__file__}"], "file is not a database; name a file that can be written"),
    (["--store", "redis://:word@127.0.0.1:1/0"], "redis://127.0.0.1:1/0: "),
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
    ("--scenarios", '{"scenarios": {"a": {"faults": [{"on": "create", "status": 500}]}}}', "dependentRequired"),
    ("--scenarios", '{"scenarios": {"a b": {}}}', "use names of the form ^[A-Za-z0-9_.-]{1,60}$"),
    ("--scenarios", '{"scenarios": {"a": {"claim": "nobody-said"}}}', "nobody-said"),
    ("--scenarios", '{"scenarios": {}, "default": "none"}', "there is no scenario none"),
    ("--keys", '{"keys": {"cs_a": {"scope": []}}}', "unknown word scope"),
    ("--keys", '{"keys": {"sk_a": {}}}', "use names of the form ^cs_"),
    ("--keys", '{"keys": {"cs_a": {"scopes": ["write"]}}}', "one of requests:write, requests:read"),
    ("--keys", '{"keys": {"cs_a": {"credits": -1}}}', "minimum"),
]

SECRET = "whsec_" + "A" * 32
ServedApp = tuple[Flask, Config]


@pytest.fixture(autouse=True)
def _settings_of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the environment that the tests run in."""
    for each in fields(Config):
        monkeypatch.delenv(f"CANNON_MOCK_{each.name.upper()}", raising=False)


@pytest.fixture
def _signals() -> Iterator[None]:
    """Restore the handlers that serving replaces; Ctrl-C works even where the caller's shell turned it off."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def served_apps(monkeypatch: pytest.MonkeyPatch) -> list[ServedApp]:
    """The applications that main serves, with their settings; serving ends at once."""
    served: list[ServedApp] = []
    configs: list[Config] = []

    def create(config: Config) -> Flask:
        configs.append(config)
        return create_app(config)

    def announce_and_stop(app: Flask, listener: socket.socket, announce: Callable[[str], None]) -> None:
        announce(serve.find_address(listener))
        listener.close()
        served.append((app, configs[-1]))

    monkeypatch.setattr("cannon_mock.__main__.create_app", create)
    monkeypatch.setattr(serve, "serve", announce_and_stop)
    return served


@contextmanager
def _start(*flags: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process of its own, with the address that it announces."""
    command = [sys.executable, "-m", "cannon_mock", "--port", "0", "--webhook-secret", SECRET, *flags]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=environment(measured=True, PYTHONUNBUFFERED="", **env), **pipes)
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        ready = READY.fullmatch(process.stdout.readline())
        assert ready, "the process announced no address"
        yield process, ready[1]
    finally:
        process.kill()
        process.communicate()
        watchdog.cancel()
        watchdog.join()


def _stop(process: subprocess.Popen[str], signal_number: int) -> tuple[int, str, str]:
    """Exit status, the rest of standard output, and standard error of a process after a signal."""
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"x-api-key": KEY}, trust_env=False, timeout=PATIENCE_S)


@pytest.mark.usefixtures("_signals")
def test_a_client_finds_the_contract_on_a_socket() -> None:
    """A real process takes a request to its picture, and SIGTERM ends it with status 0 and no output."""
    with _start("--progression", "immediate") as (process, url):
        with _client(url) as client:
            created = client.post("/api/v1/requests", json=body())
            finished = client.get(created.json()["urls"]["get"])
            asset = client.get(finished.json()["output"]["image_url"], headers={"x-api-key": ""})
            assert created.json()["urls"]["get"].startswith(url + "/api/v1/requests/")
            assert validate_response("accepted", created.json(), strictness="strict").ok
            assert validate_response("request", finished.json(), strictness="strict").ok
            assert Image.open(BytesIO(asset.content)).size == (1280, 720)
            assert asset.headers["server"] == "cannon-mock"
        assert _stop(process, signal.SIGTERM) == (0, "", "")


@pytest.mark.usefixtures("_signals")
def test_one_key_makes_one_request_on_a_socket() -> None:
    """Creates with one key over many connections at once make one request; Ctrl-C ends the process with status 0."""
    with _start("--seed", "7") as (process, url):
        with _client(url) as client, ThreadPoolExecutor(8) as pool:
            headers = {"x-idempotency-key": "order-1"}
            replies = list(pool.map(lambda _: client.post("/api/v1/requests", json=body(), headers=headers), range(40)))
            assert {reply.status_code for reply in replies} == {202}
            assert len({reply.json()["id"] for reply in replies}) == 1
            assert client.get("/api/v1/status").json()["creditsRemaining"] == START - PRICE
        assert _stop(process, signal.SIGINT) == (0, "", "")


@pytest.mark.usefixtures("_signals")
def test_exchanges_are_logged_without_the_key() -> None:
    """With -v each exchange is one line of method, path and status, without the API key."""
    with _start("-v") as (process, url):
        with _client(url) as client:
            client.post("/api/v1/requests", json=body(model="gpt-image-2"))
            client.get("/api/v1/requests/req_1?secret=1")
        status, _, err = _stop(process, signal.SIGTERM)
    assert (status, err.splitlines()[1:]) == (0, ["POST /api/v1/requests 400", "GET /api/v1/requests/req_1 404"])
    assert KEY not in err


@pytest.mark.usefixtures("_signals")
def test_a_proxy_in_the_environment_is_ignored() -> None:
    """The mock announces its address although the environment names a proxy that does not answer."""
    proxy = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    with _start(**proxy) as (process, _):
        assert _stop(process, signal.SIGTERM) == (0, "", "")


def test_a_process_that_cannot_start_prints_one_line() -> None:
    """A process that cannot start ends with status 2, one line on standard error and nothing on standard output."""
    command = [sys.executable, "-m", "cannon_mock", "--overlay", "nowhere.json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (run.returncode, run.stdout) == (2, "")
    assert re.fullmatch(r"cannon-mock: nowhere\.json: .+\n", run.stderr)


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
        ("SPEED", "-1", "CANNON_MOCK_SPEED=-1.0 is not valid; use a number"),
        ("PROGRESSION", "slow", "CANNON_MOCK_PROGRESSION=slow is not valid; use time, immediate"),
        ("SCENARIO", "nope", "CANNON_MOCK_SCENARIO=nope is not valid; use one of success"),
        ("OVERLAY", "nowhere.json", "nowhere.json: No such file"),
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
        assert main(["--port", str(port)]) == 2
    err = capsys.readouterr().err
    assert re.fullmatch(rf"cannon-mock: 127\.0\.0\.1 port {port}: Address already in use.*--port.*\n", err)


def test_the_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """Each field of Config is a flag of the same name; a setting that is on by default has the flag --no-NAME."""
    with pytest.raises(SystemExit) as exited:
        main(["--help"])
    flags = set(re.findall(r"--[a-z0-9-]+", capsys.readouterr().out))
    assert exited.value.code == 0
    assert flags - {"--help", "--version"} == {
        f"--{'no-' if each.default is True else ''}{each.name.replace('_', '-')}" for each in fields(Config)
    }


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


def test_an_exchange_is_one_line(mock: Driver, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a path contains, its exchange is one line; errors of the client and of the mock are logged too."""
    serve.log_exchanges(mock.client.application)
    mock.client.get("/a%0AGET%20/b%20200")
    mock.store.tasks.get = None  # type: ignore[method-assign, assignment]
    mock.client.application.logger.disabled = True
    mock.get("/api/v1/requests/req_1")
    mock.client.application.logger.disabled = False
    assert capsys.readouterr().err == "GET /a%0AGET%20/b%20200 404\nGET /api/v1/requests/req_1 500\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.usefixtures("_signals")
def test_the_mock_answers_when_its_address_is_announced(mock: Driver, host: str) -> None:
    """The address is announced when a client can use it; the signal to stop ends serving without an exception."""
    announced: list[Any] = []

    def announce(url: str) -> None:
        with _client(url.replace("0.0.0.0", "127.0.0.1")) as client:
            announced.extend((url, client.get("/api/v1/status").status_code))
        _thread.interrupt_main(signal.SIGTERM)

    listener = serve.listen(Config(host=host, port=0))
    expected = serve.find_address(listener)
    serve.serve(mock.client.application, listener, announce)
    assert announced == [expected, 200]
    assert expected.startswith(f"http://{host}:")


@pytest.mark.usefixtures("_signals")
def test_an_announcement_is_finished_before_the_end(mock: Driver) -> None:
    """A mock that is stopped during its announcement ends after the announcement, not in the middle of it."""
    order: list[str] = []

    def is_listening(url: str) -> bool:
        try:
            socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)).close()
        except OSError:
            return False
        return True

    def announce(url: str) -> None:
        _thread.interrupt_main(signal.SIGTERM)
        while is_listening(url):
            pass
        order.append("announced")

    serve.serve(mock.client.application, serve.listen(Config(port=0)), announce)
    order.append("ended")
    assert order == ["announced", "ended"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (("127.0.0.1", 2266), "http://127.0.0.1:2266"),
        (("0.0.0.0", 80), "http://0.0.0.0:80"),
        (("::1", 2266, 0, 0), "http://[::1]:2266"),
    ],
)
def test_a_client_can_use_the_address(name: tuple[Any, ...], expected: str) -> None:
    """An address has scheme, host and port; one of version 6 has its brackets."""

    class FakeSocket:
        def getsockname(self) -> tuple[Any, ...]:
            return name

    assert serve.find_address(FakeSocket()) == expected  # type: ignore[arg-type]


def test_the_mock_listens_on_version_6() -> None:
    """A host with a colon is an address of version 6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no address of version 6")
    with serve.listen(Config(host="::1", port=0)) as listener:
        assert re.fullmatch(r"http://\[::1\]:[0-9]+", serve.find_address(listener))


def test_a_mock_that_does_not_answer_is_not_announced() -> None:
    """A mock that stops before its probe is answered announces nothing, and the probe raises nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    announced: list[str] = []
    serve._announce(url, announced.append)
    assert announced == []


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Flask the command says what to install, with status 2; --help works all the same."""
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "cannon_mock.serving.serve", raising=False)
    monkeypatch.delattr("cannon_mock.serving.serve", raising=False)
    assert main([]) == 2
    assert (
        capsys.readouterr().err
        == "cannon-mock: flask is missing; install the extra mock: pip install 'cannon-spec[mock]'\n"
    )
    with pytest.raises(SystemExit):
        main(["--help"])


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
