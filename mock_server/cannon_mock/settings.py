"""What a setting of the mock is: its names, help and limits (floor 3, pure).

The pytest plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

PREFIX = "CANNON_MOCK_"
"""What the name of each environment variable starts with: ``CANNON_MOCK_PORT``."""

_BOOLEANS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("", "0", "false", "no", "off"), False)}


@dataclass(frozen=True, slots=True)
class Limits:
    """The values that a setting takes: ``is_legal`` decides, ``text`` names them in an error message."""

    text: str
    is_legal: Callable[[Any], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it is called, what it does and which values it takes.

    ``choices`` maps each value, or form of a value, to what it means. ``empty_text`` says what an empty value stands
    for. ``is_switch``: /__mock__/assumptions shows it. ``is_list``: its flag may be repeated, and its text separates
    values by commas. ``pytest_default`` is the default of the pytest fixtures where it differs.
    """

    name: str
    default: str | int | float | bool
    help: str
    limits: Limits
    choices: Mapping[str | int, str]
    metavar: str = ""
    short_flag: str = ""
    empty_text: str = "none"
    is_switch: bool = False
    is_secret: bool = False
    is_list: bool = False
    has_pytest_option: bool = False
    pytest_default: str | None = None

    @property
    def kind(self) -> type:
        """The type of its values."""
        return type(self.default)

    @property
    def variable(self) -> str:
        """The environment variable: ``CANNON_MOCK_PORT``."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """The flag of ``cannon-mock``: ``--port``; ``--no-admin`` for what is on by default."""
        return ("--no-" if self.default is True else "--") + self.name.replace("_", "-")

    @property
    def pytest_option(self) -> str:
        """The option of pytest, where it has one: ``--cannon-scenario``."""
        return "--cannon-" + self.name.replace("_", "-")

    @property
    def placeholder(self) -> str:
        """What stands for the value behind the flag: ``N``, ``FILE``, ``system|manual``; empty for a yes or no."""
        if self.kind is bool:
            return ""
        return self.metavar or "|".join(map(str, self.choices)) or ("N" if self.kind in (int, float) else "TEXT")

    @property
    def default_text(self) -> str:
        """The default as documentation shows it: ``2266``, ``no``, ``random``."""
        return _show_value(self.default) or self.empty_text

    def describe(self, default_text: str = "") -> str:
        """What it does, its choices with their meanings, and its default, in one line."""
        choices = ", ".join(f"{choice} ({meaning})" for choice, meaning in self.choices.items())
        return f"{self.help}{': ' if choices else ''}{choices} [default: {default_text or self.default_text}]"

    def parse(self, value: Any) -> Any:
        """The value that a text stands for; what is no text stays. Raises SettingError where the text fits nothing."""
        if not isinstance(value, str):
            return value
        try:
            return _BOOLEANS[value.strip().lower()] if self.kind is bool else self.kind(value)
        except (KeyError, ValueError):
            raise SettingError(self, value) from None

    def check(self, value: Any) -> None:
        """Raise SettingError for a value of another type, or outside the limits."""
        kinds = (int, float) if self.kind is float else (self.kind,)
        is_kind = isinstance(value, kinds) and isinstance(value, bool) is (self.kind is bool)
        if not (is_kind and self.limits.is_legal(value)):
            raise SettingError(self, value)


class SettingError(ValueError):
    """A value does not fit its setting. ``label`` is how the user wrote it: ``--port 99999``.

    ``advice`` says what to do; empty for a list of what is legal.
    """

    def __init__(self, setting: Setting, value: Any, advice: str = "") -> None:
        super().__init__(setting, value, advice)
        self.setting = setting
        self.value = value
        self.advice = advice or f"use {setting.limits.text}"
        self.label = self.format_label("{name}={value}")

    def format_label(self, template: str) -> str:
        """The setting and its value as a template says; it names {name}, {variable}, {flag}, {option} and {value}."""
        from cannon_spec.redaction import redact_start  # late: see the top of this module

        text = "***" if self.setting.is_secret and self.value else redact_start(_write_value(self.value), 100)
        value = text if text.strip() and text.isprintable() else ascii(text)
        setting = self.setting
        names = {"name": setting.name, "variable": setting.variable, "flag": setting.flag}
        return template.format(**names, option=setting.pytest_option, value=value)

    def __str__(self) -> str:
        return f"{self.label} is not valid; {self.advice}"

    def __repr__(self) -> str:
        return f"SettingError({str(self)!r})"


class SettingsRepr:
    """The base of a dataclass of settings: its repr has no secrets."""

    __slots__ = ()

    def __repr__(self) -> str:
        from cannon_spec.redaction import redact  # late: see the top of this module

        values = {each.name: getattr(self, each.name) for each in fields(self) if not each.metadata.get("is_secret")}  # type: ignore[arg-type]  # a subclass is a dataclass
        return f"{type(self).__name__}({redact(', '.join(f'{name}={value!r}' for name, value in values.items()))})"


def _write_value(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # Python's own bound on the digits of a number in decimal
        return hex(value)


@dataclass(frozen=True, slots=True)
class Source:
    """Values by the names of their settings, all from one place; ``template`` is how the user writes one there.

    An empty text is a mistake where ``takes_empty`` is false, as that of ``--admin-token "$TOKEN"``.
    """

    template: str
    values: Mapping[str, Any]
    takes_empty: bool = True


def setting_field(
    default: Any,
    help: str,
    limits: Limits | None = None,
    *,
    choices: Mapping[str | int, str] | None = None,
    **more: Any,
) -> Any:
    """A field of Config that holds what its Setting says; without ``limits`` its choices are all that is legal."""
    choices = choices or {}
    limits = limits or Limits(" or ".join(map(str, choices)), choices.__contains__)
    metadata = {"default": default, "help": help, "limits": limits, "choices": choices, **more}
    return field(default=default, metadata=metadata)


def _show_value(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def limit_range(least: float, most: float, kind: str = "a whole number") -> Limits:
    """The numbers between two bounds, both included."""
    return Limits(f"{kind} from {least} to {most}", lambda value: least <= value <= most)
