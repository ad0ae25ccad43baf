"""The receiver of webhooks that a target calls over the network."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from cannon_contract.client.outcomes import NotTested
from cannon_contract.runner import webhook_listener
from cannon_contract.runner.listen_address import ListenAddress, find_listen_address, parse_listen_address
from cannon_contract.runner.webhook_listener import WebhookListener, listen
from tests.support.contract_runs import run_contract
from tests.support.effort import PATIENCE_S


def test_each_inbox_has_its_own_webhooks() -> None:
    """A webhook is kept, with its body and headers, for the address that it came to, and for no other."""
    with listen(ListenAddress()) as listener:
        first, second = listener.open_inbox(), listener.open_inbox()
        assert httpx.post(first.url, content=b"one", headers={"x-a": "1"}).status_code == 204
        assert httpx.put(f"{first.url}?x=1", content=iter([b"t", b"wo"])).status_code == 204
        assert httpx.post(f"{first.url}x", content=b"three").status_code == 404
    assert [body for body, _ in first.deliveries] == [b"one", b"two"]
    assert first.deliveries[0][1]["x-a"] == "1"
    assert second.deliveries == []


def test_what_comes_is_bounded() -> None:
    """A body of more than a megabyte and more than a hundred webhooks are not kept, and a bad length ends the call."""
    with listen(ListenAddress()) as listener:
        inbox = listener.open_inbox()
        for content in (b"x" * 1_000_001, iter([b"x" * 600_000] * 2)):
            assert httpx.post(inbox.url, content=content).status_code == 413
        with httpx.Client() as client:
            statuses = [client.post(inbox.url, content=b"{}").status_code for _ in range(101)]
        assert statuses == [204] * 100 + [429]
        parts = urlsplit(inbox.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE_S) as connection:
            connection.sendall(f"POST {parts.path} HTTP/1.1\r\nContent-Length: -1\r\n\r\n".encode())
            assert b" 413 " in connection.recv(1000)
    assert len(inbox.deliveries) == 100


def test_a_sender_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection has a deadline in all, and not one for each byte: it is closed, and its place is free for others."""
    monkeypatch.setattr(webhook_listener, "_TIMEOUT_S", 0.05)
    with listen(ListenAddress()) as listener:
        parts = urlsplit(listener.open_inbox().url)
        # Shorter than the ten seconds that a single read of the receiver may take.
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=8) as connection:
            connection.sendall(b"POST /")
            assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("coding", "body", "status", "expected_bodies"),
    [
        ("gzip, chunked", b"1\r\na\r\n0\r\n\r\n", 501, []),
        ("gzip", b"", 501, []),
        ("chunked", b"1\r\na\r\n" * 10_000, 413, []),
        ("Chunked", b"1;a=" + b"x" * 40 + b"\r\na\r\n0\r\n\r\n", 204, [b"a"]),
    ],
)
def test_a_body_is_kept_only_as_it_was_sent(
    coding: str, body: bytes, status: int, expected_bodies: list[bytes]
) -> None:
    """A coding that the receiver does not read is refused rather than kept as empty; so are very many chunks."""
    with listen(ListenAddress()) as listener:
        inbox = listener.open_inbox()
        parts = urlsplit(inbox.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE_S) as connection:
            connection.sendall(f"POST {parts.path} HTTP/1.1\r\nTransfer-Encoding: {coding}\r\n\r\n".encode() + body)
            assert f" {status} ".encode() in connection.recv(1000)
    assert [content for content, _ in inbox.deliveries] == expected_bodies


def test_nothing_listens_after_the_end() -> None:
    """At the end the port is free."""
    with listen(ListenAddress()) as listener:
        url = listener.open_inbox().url
    with pytest.raises(httpx.ConnectError):
        httpx.post(url)


def test_an_address_that_leads_elsewhere_is_not_tested() -> None:
    """A public address must lead to the receiver: else a webhook that never comes would say nothing."""
    with listen(ListenAddress()) as other, listen(ListenAddress()) as listener:
        reachable, elsewhere = (urlsplit(each.open_inbox().url).netloc for each in (listener, other))
        refused = pytest.raises(NotTested, match=r"--webhook-listen\), does not lead to this machine")
        with listen(ListenAddress(public_url=f"http://{elsewhere}")) as misled, refused:
            misled.open_inbox()
        port = int(reachable.rpartition(":")[2])
        with (
            pytest.raises(NotTested, match=f"cannot listen for webhooks at 127.0.0.1:{port}"),
            listen(ListenAddress(port=port)),
        ):
            pass


def test_a_named_address_that_cannot_work_ends_the_run_at_its_start() -> None:
    """An address of --webhook-listen that is taken, or leads elsewhere, is told on the terminal, with status 2."""
    with listen(ListenAddress()) as other:
        address = urlsplit(other.open_inbox().url).netloc
        for text, problem in (
            (address, f"cannot listen for webhooks at {address} (--webhook-listen): "),
            (f"127.0.0.1:0=http://{address}/hook", "(--webhook-listen), does not lead to this machine; name another"),
        ):
            run = run_contract("--target", "http://127.0.0.1:9", "--webhook-listen", text)
            assert (run.returncode, problem in run.stderr) == (2, True), run.output


def test_it_listens_on_ipv6() -> None:
    """An address in brackets is one of IPv6."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with listen(parse_listen_address("[::1]:0")) as listener:
        inbox = listener.open_inbox()
        assert httpx.post(inbox.url, content=b"one").status_code == 204


def test_a_public_address_is_the_one_that_targets_call() -> None:
    """Behind a tunnel the webhook_url is the tunnel's address, which is tried first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with listen(ListenAddress(port=port, public_url=f"http://localhost:{port}/hook")) as listener:
        inbox = listener.open_inbox()
        assert inbox.url.startswith(f"http://localhost:{port}/hook/")
        assert inbox.deliveries == [], "the trial is no webhook"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ListenAddress("127.0.0.1", 8080)),
        ("[::1]:0", ListenAddress("::1", 0)),
        ("0.0.0.0:80=https://a.example/hook/", ListenAddress("0.0.0.0", 80, "https://a.example/hook")),
        ("build.local:9000", ListenAddress("build.local", 9000)),
        ("0x7f000001:80", ListenAddress("127.0.0.1", 80)),
        ("0:80=http://a.example", ListenAddress("0.0.0.0", 80, "http://a.example")),
    ],
)
def test_an_address_is_read(text: str, address: ListenAddress) -> None:
    """HOST:PORT is where to listen, and what follows = is what targets call."""
    assert parse_listen_address(text) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("8080", "8080: use HOST:PORT, HOST:PORT=URL, or off"),
        ("localhost", "use HOST:PORT"),
        ("localhost:http", "Port could not be cast"),
        ("0.0.0.0:8080", "no target can call 0.0.0.0; name the address that it calls: 0.0.0.0:8080=URL"),
        ("0:8080", "no target can call 0.0.0.0; name the address that it calls: 0:8080=URL"),
        ("0x0:8080", "no target can call 0.0.0.0"),
        ("[::]:8080", "no target can call ::"),
        ("[::ffff:0.0.0.0]:8080", "no target can call ::ffff:"),
        ("127.0.0.1:0#x", "127.0.0.1:0#x: use HOST:PORT"),
        ("127.0.0.1:0?x", "127.0.0.1:0?x: use HOST:PORT"),
        ("127.0.0.1:80=hook.example", "hook.example: use an address with http:// or https://"),
        ("127.0.0.1:80=", "use an address with http:// or https://"),
        ("127.0.0.1:80=http://h:x", "http://h:x: use an address with http:// or https://"),
        ("127.0.0.1:80=http://u:secret@h/x", "leave user and password out of the address"),
        ("127.0.0.1:80=http://h/x?tok=secret", "leave query and fragment out of the address"),
        ("127.0.0.1:80=http://h/x#secret", "leave query and fragment out of the address"),
    ],
)
def test_a_bad_address_is_refused(text: str, reason: str) -> None:
    """A bad address ends the command, with what is right."""
    run = run_contract("--webhook-listen", text)
    assert run.returncode == 2
    assert reason in run.stderr
    assert "secret" not in run.stderr


def test_a_name_for_every_address_is_not_tested() -> None:
    """Where the socket has every address of this machine, targets need to know which one to call."""
    with pytest.raises(NotTested, match=r"no target can call 0\.0\.0\.0, which is 0\.0\.0\.0: add =URL"):
        WebhookListener(ListenAddress("0.0.0.0"))


def test_only_a_target_on_this_machine_has_a_default() -> None:
    """Without the option a free port is used for a target on this machine; no other could reach it."""
    for url in ("http://127.0.0.1:2266", "http://localhost", "http://[::1]:1"):
        assert find_listen_address(None, url) == ListenAddress()
    for url in ("https://www.cannonstudio.app", "http://10.0.0.1", ""):
        assert find_listen_address(None, url) is None
    assert find_listen_address("off", "http://127.0.0.1") is None
    assert find_listen_address("10.0.0.2:80", "http://10.0.0.1") == ListenAddress("10.0.0.2", 80)
