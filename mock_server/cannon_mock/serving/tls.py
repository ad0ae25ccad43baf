"""The certificate that a server shows to its clients (floor 5)."""

from __future__ import annotations

import ssl
from pathlib import Path

from cannon_mock.config import Config, find_setting
from cannon_mock.settings import SettingError
from cannon_spec.system_errors import explain_os_error


class _KeyEncryptedError(ValueError):
    """A key needs a password."""


def load_context(config: Config) -> ssl.SSLContext | None:
    """The certificate and the key that the settings name; None where they name none.

    Raises SettingError for a file that cannot be read, is not PEM, or does not fit the other one, and for a key alone.
    """
    if not config.tls_cert:
        if config.tls_key:
            raise _build_error(config, "tls_key", "name its certificate with --tls-cert")
        return None
    for name in ("tls_cert", "tls_key"):
        _check_readable(config, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key or None, password=_refuse_password)
    except _KeyEncryptedError:
        raise _build_error(config, _find_key_setting(config), "write the key without a password") from None
    except ssl.SSLError as error:
        raise _explain(config, error) from None
    return context


def _refuse_password() -> str:
    raise _KeyEncryptedError  # else OpenSSL would ask for it on the terminal


def _check_readable(config: Config, name: str) -> None:
    path = getattr(config, name)
    try:
        if path:
            Path(path).read_bytes()
    except OSError as error:
        raise _build_error(config, name, explain_os_error(error, "name a PEM file that can be read")) from None
    except ValueError as error:  # a null byte
        raise _build_error(config, name, f"{error}; name a PEM file") from None


def _explain(config: Config, error: ssl.SSLError) -> SettingError:
    """What is wrong with the files: OpenSSL does not say which of the two it means."""
    if error.reason == "KEY_VALUES_MISMATCH":
        advice = f"it is not the key of the certificate in {config.tls_cert}; name the key that the certificate is for"
        return _build_error(config, _find_key_setting(config), advice)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(config.tls_cert)
    except ssl.SSLError:
        return _build_error(config, "tls_cert", "it has no certificate in PEM form; name a file that has one")
    where = "it has no key in PEM form; name a file that has one" + ("" if config.tls_key else " with --tls-key")
    return _build_error(config, _find_key_setting(config), where)


def _find_key_setting(config: Config) -> str:
    """The setting whose file has the key: that of the certificate, where no other is named."""
    return "tls_key" if config.tls_key else "tls_cert"


def _build_error(config: Config, name: str, advice: str) -> SettingError:
    return SettingError(find_setting(name), getattr(config, name), advice)
