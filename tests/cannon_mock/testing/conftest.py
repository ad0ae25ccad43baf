"""What the tests of the mock behind a client share: clients that start fast."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one certificate of those that clients trust."""
    file = tmp_path_factory.mktemp("certificates") / "one.pem"
    file.write_text(Path(certifi.where()).read_text("utf-8").partition(_END)[0] + _END, "utf-8")
    return file


@pytest.fixture(autouse=True)
def _trust_one_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each client 25 ms: it reads all certificates that it trusts, and no test here calls anyone by TLS."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
