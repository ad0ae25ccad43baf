"""A mock of the Cannon Studio API: an application that takes a request from queued to its end, offline (floor 5).

A name is imported when it is first used: pytest loads this package for its plugin in every run, and a run that does
not use the mock must neither wait for it nor fail because of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cannon_mock.app import MAX_BODY_BYTES as MAX_BODY_BYTES
    from cannon_mock.app import create_app as create_app
    from cannon_mock.cannon_warning import CannonWarning as CannonWarning
    from cannon_mock.clock import Clock as Clock
    from cannon_mock.clock import ManualClock as ManualClock
    from cannon_mock.clock import SystemClock as SystemClock
    from cannon_mock.config import Config as Config

_MODULES = {
    "CannonWarning": "cannon_warning",
    "Clock": "clock",
    "Config": "config",
    "MAX_BODY_BYTES": "app",
    "ManualClock": "clock",
    "SystemClock": "clock",
    "create_app": "app",
}

__all__ = ["MAX_BODY_BYTES", "CannonWarning", "Clock", "Config", "ManualClock", "SystemClock", "create_app"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
