"""How one mock behaves (floor 3). The only reader of this package's environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

Progression = Literal["time", "immediate"]
RefusalStatus = Literal[400, 422]
SquareMode = Literal["refuse", "cap"]

_MOST = 10**12
_WORDS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("", "0", "false", "no", "off"), False)}

PREFIX = "CANNON_MOCK_"
"""What the name of each environment variable starts with: ``CANNON_MOCK_PORT``."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a mock; each is a flag of ``cannon-mock`` and an environment variable."""

    host: str = "127.0.0.1"
    port: int = 2266
    public_url: str = ""
    progression: Progression = "time"
    speed: float = 1.0
    credits: int = 1250
    seed: str = ""
    strict: bool = False
    refusal_status: RefusalStatus = 400
    square_4k: SquareMode = "refuse"
    overlay: str = ""
    max_tasks: int = 100_000
    verbose: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"port {self.port}: a port is a number from 0 to 65535")
        if not 0.001 <= self.speed <= 1000:  # faster, and a task would end within a millisecond
            raise ValueError(f"speed {self.speed}: a speed is from 0.001 to 1000")
        if not 0 <= self.credits <= _MOST:
            raise ValueError(f"credits {self.credits}: a balance starts from 0 to {_MOST}")
        if not 1 <= self.max_tasks <= _MOST:
            raise ValueError(f"max_tasks {self.max_tasks}: from 1 to {_MOST} tasks are kept")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError(f"public_url {self.public_url}: an address starts with http:// or https://")
        for name, kind in get_type_hints(type(self)).items():
            if get_args(kind) and getattr(self, name) not in get_args(kind):
                listed = ", ".join(map(str, get_args(kind)))
                raise ValueError(f"{name} {getattr(self, name)}: one of {listed}")


def from_env(environ: Mapping[str, str] | None = None) -> Config:
    """The settings that the environment names, defaults for the rest. Raises ValueError for one that does not fit."""
    environ, config = os.environ if environ is None else environ, Config()
    given = {
        each.name: environ[PREFIX + each.name.upper()]
        for each in fields(Config)
        if PREFIX + each.name.upper() in environ
    }
    return replace(config, **{name: _parsed(name, text, getattr(config, name)) for name, text in given.items()})


def _parsed(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        word = text.strip().lower()
        if word not in _WORDS:
            raise ValueError(f"{PREFIX}{name.upper()}={text}: neither yes nor no")
        return _WORDS[word]
    try:
        return type(default)(text)
    except ValueError:
        raise ValueError(f"{PREFIX}{name.upper()}={text}: not a number") from None
