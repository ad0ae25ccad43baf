"""The command as a real process on a real socket, and the server in this process."""

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
from typing import Any

import httpx
import pytest
from PIL import Image

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from cannon_mock.stores import StoreError
from cannon_mock.views import exchange_log
from cannon_mock.webhooks.sender import WebhookSender
from cannon_spec import validate_response
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, PRICE, START, Driver, body
from tests.support.processes import environment, find_free_port

READY = re.compile(r"cannon-mock ready on (http://127\.0\.0\.1:[0-9]+)\n")


SECRET = "whsec_" + "A" * 32


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
            assert len(asset.headers.get_list("date")) == 1  # that of the mock's clock, in place of the server's
            assert len(created.headers.get_list("date")) == 1
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
    assert (status, err.splitlines()) == (0, ["POST /api/v1/requests 400", "GET /api/v1/requests/req_1 404"])
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


def test_what_keeps_webhooks_from_being_sent_is_told_once(
    mock: Driver, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that sends webhooks survives each error and tells it once; a store tells its errors itself."""
    errors = iter([OSError("a"), StoreError("gone"), OSError("a"), OSError("b")])
    has_survived = threading.Event()

    def fail(_: WebhookSender) -> list[Any]:
        for error in errors:
            raise error
        has_survived.set()
        return []

    monkeypatch.setattr(WebhookSender, "start_due", fail)
    monkeypatch.setattr(serve, "_ROUND_SECONDS", 0.001)
    with serve._deliver_webhooks(mock.client.application):
        assert has_survived.wait(PATIENCE_S)
    lines = [f"cannon-mock: cannot send webhooks yet: OSError: {text}" for text in "ab"]
    assert capsys.readouterr().err.splitlines() == lines


def test_an_exchange_is_one_line(make_mock: Callable[..., Driver], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a path contains, its exchange is one line; errors of the client and of the mock are logged too."""
    mock = make_mock(verbose=True)
    exchange_log.install(mock.client.application)
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


def test_assets_have_a_port_of_their_own() -> None:
    """M10: the mock answers on the port of assets too, which their addresses have, until it stops."""
    port = find_free_port()
    app = create_app(Config(progression="immediate", asset_port=port))
    with serve.serve_in_background(app) as url, httpx.Client(trust_env=False, headers={"x-api-key": KEY}) as client:
        accepted = client.post(f"{url}/api/v1/requests", json=body()).json()
        asset_url = client.get(accepted["urls"]["get"]).json()["output"]["image_url"]
        assert (accepted["urls"]["get"].startswith(url), asset_url.startswith(url)) == (True, False)
        assert asset_url.startswith(f"http://127.0.0.1:{port}/assets/img_")
        assert client.get(asset_url).content.startswith(b"\x89PNG")
        assert client.get(asset_url, headers={"Authorization": f"Bearer {KEY}"}).status_code == 400
    with pytest.raises(httpx.ConnectError):
        httpx.get(asset_url, trust_env=False)


def test_the_server_ignores_the_headers_of_proxies(mock: Driver) -> None:
    """No header changes the scheme or the host of addresses, from this machine either: ``--public-url`` does."""
    headers = {"x-api-key": KEY, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    with serve.serve_in_background(mock.client.application) as url:
        reply = httpx.post(f"{url}/api/v1/requests", json=body(), headers=headers, trust_env=False)
    assert reply.json()["urls"]["get"].startswith(f"{url}/api/v1/requests/req_")
