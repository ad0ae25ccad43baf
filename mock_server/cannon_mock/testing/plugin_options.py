"""The options and ini values of the pytest plugin, and the settings of a test that they make (floor 5).

pytest loads this module in every run: see ``cannon_mock.testing.plugin``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from cannon_mock.config import SETTINGS, Config
from cannon_mock.setting_sources import build_config
from cannon_mock.settings import Setting, Source
from cannon_mock.testing import vendor_guard

SWITCHES = {
    "strict": "fail each test that sends a payload with warnings which another payload avoids",
    "guard": vendor_guard.HELP,
}
"""What pytest itself does of the tests that use a mock: each is an option and an ini value, off by default."""

MARK = "cannon(**settings): settings of the mock for this test, as the flags of cannon-mock: credits=50"

_SETTINGS = tuple(setting for setting in SETTINGS if setting.has_pytest_option)
_DEFAULTS = {setting.name: setting.pytest_default for setting in SETTINGS if setting.pytest_default is not None}


def add_ini_values(parser: pytest.Parser) -> None:
    """Add the ini values that set the mock for a whole run; one of the user's conftest replaces ours."""
    for setting in _SETTINGS:
        parser.addini(f"cannon_{setting.name}", _describe(setting), default="")
    for name, text in SWITCHES.items():
        parser.addini(f"cannon_{name}", text, type="bool", default=False)


def add_options(parser: pytest.Parser) -> None:
    """Add the options that the user's conftest does not have: pytest refuses the second of two of one name."""
    group = parser.getgroup("cannon", "mock of the Cannon Studio API")
    for setting in _SETTINGS:
        option = setting.pytest_option
        if is_free(parser, option):
            group.addoption(
                option,
                dest=_option_name(setting.name),
                metavar=setting.placeholder,
                help=_describe(setting),
                default=None,
            )
    for name, text in SWITCHES.items():
        if is_free(parser, f"--cannon-{name}"):
            group.addoption(f"--cannon-{name}", dest=_option_name(name), action="store_true", help=text)


def is_free(parser: pytest.Parser, option: str) -> bool:
    """Whether pytest knows no option of that name yet."""
    argument = f"{option}=x"
    try:
        return argument in parser.parse_known_and_unknown_args([argument])[1]
    except Exception:  # noqa: BLE001 - an option of that name which takes no such value: not free
        return False


def read_config(request: pytest.FixtureRequest) -> Config:
    """The settings of a test: of its marker, else of the option, else of the ini value. Fails it for an invalid one."""
    ini_values = {setting.name: request.config.getini(f"cannon_{setting.name}") for setting in _SETTINGS}
    options = {setting.name: request.config.getoption(_option_name(setting.name), None) for setting in _SETTINGS}
    marks = list(request.node.iter_markers("cannon"))
    if any(mark.args for mark in marks):
        pytest.fail("cannon: a setting needs its name, as in @pytest.mark.cannon(credits=50)", pytrace=False)
    try:
        return build_config(
            Source("{name}={value}", _DEFAULTS),
            Source("cannon_{name} = {value}", _keep_texts(ini_values)),
            Source("{option} {value}", _keep_texts(options)),
            *_read_marks(marks),
        )
    except ValueError as error:
        pytest.fail(f"cannon: {error}", pytrace=False)


def has_own_start(request: pytest.FixtureRequest) -> bool:
    """Whether a mark says at which time the clock of a test starts."""
    return any("start" in mark.kwargs for mark in request.node.iter_markers("cannon"))


def is_on(config: pytest.Config, name: str) -> bool:
    """Whether a switch is on. An ini value of another type belongs to the user's own of that name."""
    return config.getoption(_option_name(name), False) is True or config.getini(f"cannon_{name}") is True


def _read_marks(marks: Iterable[pytest.Mark]) -> Iterable[Source]:
    """The settings of marks, those of the nearest last. A time may be a datetime there."""
    for mark in reversed(list(marks)):
        values = {name: each.isoformat() if isinstance(each, datetime) else each for name, each in mark.kwargs.items()}
        yield Source("{name}={value}", values)


def _describe(setting: Setting) -> str:
    return setting.describe(setting.pytest_default or "")


def _option_name(name: str) -> str:
    """Where pytest keeps the value of our option: a name that an option of the user's does not have."""
    return f"cannon_mock_option_{name}"


def _keep_texts(values: dict[str, Any]) -> dict[str, str]:
    """The values that are set. One of another type belongs to an ini value of the user's with the same name."""
    return {name: value for name, value in values.items() if value and isinstance(value, str)}
