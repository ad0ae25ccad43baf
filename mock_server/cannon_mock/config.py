"""How one mock behaves (floor 3). The only reader of this package's environment."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

from cannon_mock.model.tasks import Pace

RefusalStatus = Literal[400, 422]
MismatchStatus = Literal[422, 400, 409]
SquareMode = Literal["refuse", "cap"]
ClockMode = Literal["system", "manual"]
TimestampMode = Literal["wall", "clock"]

_MOST = 10**12
_WORDS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("", "0", "false", "no", "off"), False)}
_POLLS = re.compile(r"manual:([1-9][0-9]{0,2})")
_PROGRESSION = "time, immediate, or manual:N (each state lasts N polls, from 1 to 999)"

PREFIX = "CANNON_MOCK_"
"""What the name of each environment variable starts with: ``CANNON_MOCK_PORT``."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a mock; each is a flag of ``cannon-mock`` and an environment variable."""

    host: str = "127.0.0.1"
    port: int = 2266
    workers: int = 1
    store: str = "memory"
    max_tasks: int = 100_000
    journal: int = 1000
    public_url: str = ""
    clock: ClockMode = "system"
    progression: str = "time"
    speed: float = 1.0
    seed: str = ""
    scenario: str = ""
    scenarios: str = ""
    overlay: str = ""
    keys: str = ""
    credits: int = 1250
    strict: bool = False
    refusal_status: RefusalStatus = 400
    mismatch_status: MismatchStatus = 422
    square_4k: SquareMode = "refuse"
    webhook_secret: str = ""
    webhook_timestamps: TimestampMode = "wall"
    allow_webhooks_to: str = ""
    admin: bool = True
    admin_token: str = ""
    verbose: bool = False

    def __post_init__(self) -> None:
        self._within("port", 0, 65_535)
        self._within("workers", 1, 64)
        self._within("speed", 0.001, 1000)  # faster, and a task would end within a millisecond
        self._within("credits", 0, _MOST)
        self._within("max_tasks", 1, _MOST)
        self._within("journal", 0, 1_000_000)
        if self.workers > 1 and self.store == "memory":
            raise ValueError("workers share no memory: give --workers a store too, as sqlite:FILE or redis://HOST")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError(f"public_url {self.public_url}: an address starts with http:// or https://")
        if self.progression not in ("time", "immediate") and not _POLLS.fullmatch(self.progression):
            raise ValueError(f"progression {self.progression}: one of {_PROGRESSION}")
        if self.webhook_secret and not _is_secret(self.webhook_secret):
            raise ValueError("webhook_secret: whsec_ and 24 to 64 bytes in base64")
        for name, kind in get_type_hints(type(self)).items():
            if get_args(kind) and getattr(self, name) not in get_args(kind):
                listed = ", ".join(map(str, get_args(kind)))
                raise ValueError(f"{name} {getattr(self, name)}: one of {listed}")

    @property
    def pace(self) -> Pace:
        """How fast tasks go."""
        polls = _POLLS.fullmatch(self.progression)
        return Pace(self.progression == "immediate", int(polls[1]) if polls else 0, self.speed)

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """The hosts, beside this machine, that webhooks are sent to."""
        return frozenset(host.strip().lower() for host in self.allow_webhooks_to.split(",") if host.strip())

    def _within(self, name: str, least: float, most: float) -> None:
        if not least <= getattr(self, name) <= most:
            raise ValueError(f"{name} {getattr(self, name)}: a number from {least} to {most}")


def read_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The settings that the environment names, defaults for the rest. Raises ValueError for one that does not fit."""
    environ, config = os.environ if environ is None else environ, Config()
    given = {
        each.name: environ[PREFIX + each.name.upper()]
        for each in fields(Config)
        if environ.get(PREFIX + each.name.upper())
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


def _is_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except ValueError:
        return False
