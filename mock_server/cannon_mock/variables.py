"""The settings that environment variables name (floor 3). The only reader of this package's environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cannon_mock.config import SETTINGS, Config, find_setting, suggest_setting
from cannon_mock.setting_sources import build_config, relabel_error
from cannon_mock.settings import PREFIX, SettingError, Source

_SERVICE_LINK = re.compile(
    rf"{PREFIX}(SERVICE_(HOST|PORT)(_\w+)?=.*|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?=.*|PORT=(tcp|udp|sctp)://.*)", re.DOTALL
)
"""What Kubernetes, and Docker's old links, set beside a service that is named ``cannon-mock``: not for this program."""

_TEMPLATE = "{variable}={value}"
_TLS_CERT = find_setting("tls_cert").variable
_URL = "CANNON_MOCK_URL"
"""No setting of a mock, but where a client finds one: ``cannon-mock exec`` sets it."""


def read_variables(environ: Mapping[str, str] | None = None) -> Source:
    """The settings that environment variables name; an empty variable counts as unset.

    Raises ValueError, with the nearest name, for a ``CANNON_MOCK_…`` variable that is no setting: a misspelt one would
    otherwise leave a default in force without a sign. So would an empty secret: it raises SettingError.
    """
    environ = os.environ if environ is None else environ
    for setting in SETTINGS:
        if setting.is_secret and environ.get(setting.variable) == "":
            error = SettingError(setting, "", "it is empty; give it a value, or unset it")
            raise relabel_error(error, Source(_TEMPLATE, {setting.name: ""}))
    by_variable = {setting.variable: setting.name for setting in SETTINGS}
    texts = {name: text for name, text in environ.items() if _is_own_variable(name, text)}
    for variable in texts.keys() - by_variable.keys():
        raise ValueError(f"unknown variable {variable[:100]}; {suggest_setting(variable, by_variable, prefix=PREFIX)}")
    return Source(_TEMPLATE, {by_variable[variable]: text for variable, text in texts.items()})


def _is_own_variable(name: str, text: str) -> bool:
    return name.startswith(PREFIX) and name != _URL and bool(text) and _SERVICE_LINK.fullmatch(f"{name}={text}") is None


def read_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The settings that the environment names, defaults for the rest. Raises as read_variables and build_config do."""
    return build_config(read_variables(environ))


def read_mock_url() -> str:
    """The address of the mock that clients are to use; empty where the environment names none."""
    return os.environ.get(_URL, "")


def build_client_environment(url: str, key: str, webhook_secret: str, tls_cert: str = "") -> dict[str, str]:
    """The environment of this process for a client of a mock that its program starts.

    It has the mock's address, which no proxy is asked for, an API key, what signs webhooks, and the file of the
    certificate, where there is one.
    """
    own = {"CANNON_BASE_URL": url, "CANNON_API_KEY": key, "CANNON_WEBHOOK_SECRET": webhook_secret, _URL: url}
    if tls_cert:
        own[_TLS_CERT] = str(Path(tls_cert).absolute())  # the client may change its directory
    return {**os.environ, **own, **_bypass_proxies(str(urlsplit(url).hostname))}


def _bypass_proxies(host: str) -> dict[str, str]:
    """The variables that keep clients from asking a proxy for a host, beside the hosts that they name already."""
    names = ("NO_PROXY", "no_proxy")  # some clients read the one, some the other, some the first that is set
    texts = {name: os.environ.get(name, "").strip() for name in names}
    hosts = [each.strip() for text in texts.values() for each in text.split(",") if each.strip()]
    if "*" in hosts:
        return dict.fromkeys(names, "*")  # every host: with another one beside it, it would be no pattern
    return dict.fromkeys(names, ",".join(dict.fromkeys([*hosts, host])))
