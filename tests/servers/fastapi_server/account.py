"""Accounts, their keys and their credits."""

import threading
from dataclasses import dataclass, field

from .clock import Clock
from .refusal import Refusal
from .settings import Settings

BUSY_CREDITS = 3


class Account:
    """Who pays. The account may also be spent from elsewhere, a little each `busy_ms`."""

    def __init__(self, email: str, balance: int, busy_ms: float, clock: Clock) -> None:
        self.email = email
        self.plan = "creator"
        self._balance = balance
        self._busy_seconds = busy_ms / 1000
        self._clock = clock
        self._busy_until = clock.now()
        self._lock = threading.Lock()

    def balance(self) -> int:
        """Tell the credits that are left."""
        with self._lock:
            return self._settle()

    def charge(self, credits: int) -> None:
        """Take credits, or refuse if they do not suffice."""
        with self._lock:
            if self._settle() < credits:
                raise Refusal(402, "Not enough credits")
            self._balance -= credits

    def _settle(self) -> int:
        if self._busy_seconds:
            times = int((self._clock.now() - self._busy_until) / self._busy_seconds)
            self._busy_until += times * self._busy_seconds
            self._balance = max(0, self._balance - times * BUSY_CREDITS)
        return self._balance


@dataclass
class Key:
    """A key as its account's console knows it: the secret is not part of it."""

    name: str
    account: Account
    scopes: tuple[str, ...] = ("requests:write", "requests:read")
    last_used_at: float = field(default=0.0)


def issue_keys(settings: Settings, clock: Clock) -> dict[str, Key]:
    """Issue the keys of both accounts, by their secrets."""

    def open_account(email: str) -> Account:
        return Account(email, settings.balance, settings.busy_ms, clock)

    first = open_account("studio@example.com")
    keys = {secret: Key(f"Server Key {index}", first) for index, secret in enumerate(settings.keys, 1)}
    if settings.other_key is not None:
        keys[settings.other_key] = Key("Other Key", open_account("other@example.com"))
    return keys
