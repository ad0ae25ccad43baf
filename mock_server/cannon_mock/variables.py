"""The settings that environment variables name (floor 3). The only reader of this package's environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from cannon_mock.config import SETTINGS, Config, build_config, suggest_setting
from cannon_mock.settings import PREFIX, Source

_SERVICE_LINK = re.compile(
    rf"{PREFIX}(SERVICE_(HOST|PORT)(_\w+)?=.*|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?=.*|PORT=(tcp|udp|sctp)://.*)", re.DOTALL
)
"""What Kubernetes, and Docker's old links, set beside a service that is named ``cannon-mock``: not for this program."""

_URL = "CANNON_MOCK_URL"
"""No setting of a mock, but where a client finds one: ``cannon-mock exec`` sets it."""


def read_variables(environ: Mapping[str, str] | None = None) -> Source:
    """The settings that environment variables name; an empty variable counts as unset.

    Raises ValueError, with the nearest name, for a ``CANNON_MOCK_…`` variable that is no setting: a misspelt one would
    otherwise leave a default in force without a sign.
    """
    environ = os.environ if environ is None else environ
    by_variable = {setting.variable: setting.name for setting in SETTINGS}
    texts = {name: text for name, text in environ.items() if _is_own_variable(name, text)}
    for variable in texts.keys() - by_variable.keys():
        raise ValueError(f"unknown variable {variable[:100]}; {suggest_setting(variable, by_variable, prefix=PREFIX)}")
    return Source("{variable}={value}", {by_variable[variable]: text for variable, text in texts.items()})


def _is_own_variable(name: str, text: str) -> bool:
    return name.startswith(PREFIX) and name != _URL and bool(text) and _SERVICE_LINK.fullmatch(f"{name}={text}") is None


def read_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The settings that the environment names, defaults for the rest. Raises as read_variables and build_config do."""
    return build_config(read_variables(environ))


def read_mock_url() -> str:
    """The address of the mock that clients are to use; empty where the environment names none."""
    return os.environ.get(_URL, "")


def build_client_environment(url: str, key: str, webhook_secret: str) -> dict[str, str]:
    """The environment of this process for a client of a mock: with its address, an API key and what signs webhooks."""
    own = {"CANNON_BASE_URL": url, "CANNON_API_KEY": key, "CANNON_WEBHOOK_SECRET": webhook_secret, _URL: url}
    return {**os.environ, **own}
