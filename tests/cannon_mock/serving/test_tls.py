"""A server that answers in TLS, and certificates that it cannot use."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from threading import Event

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cannon_mock import Config, create_app
from cannon_mock.__main__ import main
from cannon_mock.serving import serve
from cannon_mock.serving.connection import WAITS_S
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, body

AUTHORITY = trustme.CA()
TRUST = ssl.create_default_context(cadata=AUTHORITY.cert_pem.bytes().decode())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate, its key, both in one file, another key, and the key with a password."""
    folder = tmp_path_factory.mktemp("certificate")
    own, other = AUTHORITY.issue_cert("127.0.0.1"), AUTHORITY.issue_cert("other.example")
    (folder / "cert.pem").write_bytes(b"".join(each.bytes() for each in own.cert_chain_pems))
    own.private_key_pem.write_to_path(folder / "key.pem")
    own.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    other.private_key_pem.write_to_path(folder / "other.pem")
    key = load_pem_private_key(own.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (folder / "locked.pem").write_bytes(locked)
    (folder / "no.pem").write_text("no certificate\n")
    return folder


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"x-api-key": KEY}, trust_env=False, verify=TRUST)


@pytest.mark.parametrize("names", [{"tls_cert": "both.pem"}, {"tls_cert": "cert.pem", "tls_key": "key.pem"}])
def test_a_server_with_a_certificate_answers_in_tls_alone(files: Path, names: dict[str, str]) -> None:
    """A server with a certificate answers https, hands out https addresses, and does not answer http."""
    app = create_app(Config(**{name: str(files / file) for name, file in names.items()}))
    with serve.serve_in_background(app) as url, _client(url) as client:
        created = client.post("/api/v1/requests", json=body()).json()
        assert url.startswith("https://127.0.0.1:")
        assert created["urls"]["get"].startswith(f"{url}/api/v1/requests/")
        assert client.get(created["urls"]["get"]).json()["id"] == created["id"]
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https", "http"), trust_env=False)


@pytest.mark.parametrize(
    ("scenario", "errors"),
    [
        ("no-answer", httpx.RemoteProtocolError),
        ("cut-off", httpx.RemoteProtocolError),
        ("connection-reset", (httpx.ReadError, httpx.RemoteProtocolError)),  # OpenSSL may take the reset for an end
    ],
)
def test_a_connection_in_tls_breaks(files: Path, scenario: str, errors: type[Exception]) -> None:
    """A scenario that breaks the connection breaks one in TLS at once, before the reply and inside it."""
    app = create_app(Config(tls_cert=str(files / "both.pem"), scenario=scenario))
    with serve.serve_in_background(app) as url, _client(url) as client, pytest.raises(errors):
        client.post("/api/v1/requests", json=body())


WAITS = "cannon_mock.serving.connection.WAITS_S"


def test_a_connection_in_tls_ends_where_its_client_has_left(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks is closed, also where its client has ended before, and further requests wait."""
    monkeypatch.setattr(WAITS, dict.fromkeys(WAITS_S, 2 * PATIENCE_S))  # else it would be closed as an idle one
    app = create_app(Config(tls_cert=str(files / "both.pem")))
    client_end = Event()
    app.before_request(lambda: None if client_end.wait(PATIENCE_S) else ("the client did not end", 500))
    head = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: cs_a\r\nx-mock-scenario: no-answer\r\n"
    content = json.dumps(body()).encode()
    create = b"POST /api/v1/requests%sContent-Length: %d\r\n\r\n%s" % (head, len(content), content)
    with serve.serve_in_background(app) as url:
        plain = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), PATIENCE_S)
        with TRUST.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(b"GET /__mock__/tasks%s\r\n" % head + create * 2)
            connection.shutdown(socket.SHUT_WR)  # without a word of TLS, as where a process is killed
            client_end.set()
            connection.settimeout(PATIENCE_S)
            while data := connection.recv(65536):  # a connection that stays open ends this with a time-out
                pass
            assert data == b""


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("--tls-cert nowhere.pem", "--tls-cert nowhere.pem is not valid; No such file or directory; name a PEM file"),
        ("--tls-cert no.pem", "--tls-cert no.pem is not valid; it has no certificate in PEM form; name a file"),
        ("--tls-cert .", "--tls-cert . is not valid; Is a directory; name a PEM file that can be read"),
        (
            "--tls-cert cert.pem",
            "--tls-cert cert.pem is not valid; it has no key in PEM form; name a file that has one",
        ),
        ("--tls-cert cert.pem --tls-key no.pem", "--tls-key no.pem is not valid; it has no key in PEM form; name a"),
        ("--tls-cert cert.pem --tls-key other.pem", "--tls-key other.pem is not valid; it is not the key of the"),
        ("--tls-cert cert.pem --tls-key locked.pem", "--tls-key locked.pem is not valid; write the key without a"),
        ("--tls-key key.pem", "--tls-key key.pem is not valid; name its certificate with --tls-cert"),
    ],
)
def test_files_that_cannot_be_used_are_told(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flags: str, text: str
) -> None:
    """A file that is missing, no PEM, not the certificate's key or locked is one line that names it, with status 2."""
    monkeypatch.chdir(files)
    assert main(["--port", "0", *flags.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"cannon-mock: {text}")
