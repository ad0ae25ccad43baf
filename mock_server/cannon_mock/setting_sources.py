"""The settings of one mock from several sources: flags, variables, options and an overlay (floor 3).

The pytest plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cannon_mock.config import SETTINGS, Config, find_setting, suggest_setting
from cannon_mock.settings import SettingError, Source


def build_config(*sources: Source) -> Config:
    """The settings from several sources; a later source replaces values of an earlier one.

    Text becomes a value of the setting's type. Raises ValueError for an unknown name, and SettingError, which shows
    the value as the user wrote it.
    """
    values = {name: value for source in sources for name, value in _read_source(source).items()}
    try:
        return Config(**values)
    except SettingError as error:
        raise relabel_error(error, *sources) from None


def apply_overlay_settings(config: Config, settings: Mapping[str, Any]) -> Config:
    """Take over the settings of an overlay, but for those that the user set to another value than the default.

    An overlay says how the service behaves, so it sets switches only. Raises ValueError for another or an unknown
    name, SettingError for a value that does not fit.
    """
    switches = [setting.name for setting in SETTINGS if setting.is_switch]
    for name in settings.keys() - set(switches):
        suggestion = suggest_setting(name, switches, f"it can set {', '.join(switches)}")
        raise ValueError(f"an overlay cannot set {name[:100]}; {suggestion}")
    source = Source("the overlay's setting {name}={value}", settings)
    values = _read_source(source)
    free_values = {name: each for name, each in values.items() if getattr(config, name) == find_setting(name).default}
    try:
        return replace(config, **free_values)
    except SettingError as error:
        raise relabel_error(error, source) from None


def _read_source(source: Source) -> dict[str, Any]:
    settings = {name: find_setting(name) for name in source.values}
    try:
        for name, value in source.values.items():
            if value == "" and not source.takes_empty:
                raise SettingError(settings[name], value, "it is empty; give it a value, or leave it out")
        return {name: settings[name].parse(value) for name, value in source.values.items()}
    except SettingError as error:
        raise relabel_error(error, source) from None


def relabel_error(error: SettingError, *sources: Source) -> SettingError:
    """The same error, with the value as the user wrote it in the last of the sources that has it."""
    for source in sources:
        if error.setting.name in source.values:
            error.value = source.values[error.setting.name]  # as written: 0, where the setting has 0.0
            error.label = error.format_label(source.template)
    return error
