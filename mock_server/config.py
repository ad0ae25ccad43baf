"""How one mock behaves (floor 3). The only reader of this package's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

Progression = Literal["time", "immediate"]
RefusalStatus = Literal[400, 422]
SquareMode = Literal["refuse", "cap"]

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
        if not 0 < self.speed <= 1_000_000:
            raise ValueError(f"speed {self.speed}: a speed is above 0 and at most 1000000")
        if self.credits < 0:
            raise ValueError(f"credits {self.credits}: a balance does not start below 0")
        if self.max_tasks < 1:
            raise ValueError(f"max_tasks {self.max_tasks}: at least 1 task is kept")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError(f"public_url {self.public_url}: an address starts with http:// or https://")
        for name, kind in get_type_hints(type(self)).items():
            if get_args(kind) and getattr(self, name) not in get_args(kind):
                listed = ", ".join(map(str, get_args(kind)))
                raise ValueError(f"{name} {getattr(self, name)}: one of {listed}")


def from_env(environ: Mapping[str, str]) -> Config:
    """The settings that the environment names, defaults for the rest. Raises ValueError for one that does not fit."""
    config = Config()
    given = {
        each.name: environ[PREFIX + each.name.upper()]
        for each in fields(Config)
        if PREFIX + each.name.upper() in environ
    }
    return replace(config, **{name: _parsed(name, text, getattr(config, name)) for name, text in given.items()})


def _parsed(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return text.strip().lower() in ("1", "true", "yes", "on")
    try:
        return type(default)(text)
    except ValueError:
        raise ValueError(f"{PREFIX}{name.upper()}={text}: not a number") from None
