"""API keys: the account each belongs to and what it may do (floor 3, pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

_KEY = re.compile(r"cs_[A-Za-z0-9_-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A valid API key without its secret.

    ``account`` stands for it wherever it is stored or shown; ``credits`` is the balance that the account starts with.
    """

    account: str
    name: str
    scopes: tuple[str, ...]
    email: str
    plan: str
    credits: int


class Keys:
    """The API keys of a mock: those of a keys file and, unless the file says otherwise, every well-formed key.

    Accounts start with ``credits`` where the file does not say otherwise.
    """

    def __init__(
        self, status_reply: Mapping[str, Any], credits: int, keys_file: Mapping[str, Any] | None = None
    ) -> None:
        self._reply = status_reply
        self._start_credits = credits
        self._entries: Mapping[str, Any] = (keys_file or {}).get("keys", {})
        self._accepts_others: bool = (keys_file or {}).get("others", True)
        self._build_once = self._remember(credits)

    def find(self, secret: str) -> Key | None:
        """The key of that secret; None where it is malformed, unknown or revoked."""
        return self._build_once(secret) if is_key(secret) else None

    def _remember(self, start_credits: int) -> Callable[[str], Key | None]:
        """What builds keys with those credits, once each: a client sends its key with each call."""
        return lru_cache(maxsize=1024)(partial(self._build, start_credits))

    def _build(self, start_credits: int, secret: str) -> Key | None:
        entry = self._entries.get(secret)
        if entry is None and not self._accepts_others:
            return None
        entry = entry or {}
        if entry.get("revoked"):
            return None
        key, account = self._reply["apiKey"], self._reply["account"]
        return Key(
            account=derive_account(secret),
            name=entry.get("name", key["name"]),
            scopes=tuple(entry.get("scopes", key["scopes"])),
            email=entry.get("email", account["email"]),
            plan=entry.get("plan", account["plan"]),
            credits=entry.get("credits", start_credits),
        )

    def set_start_credits(self, credits: int) -> None:
        """Let accounts for which the file says nothing start with another balance."""
        self._start_credits = credits
        self._build_once = self._remember(credits)

    def choose(self, preferred_secret: str) -> str:
        """The secret of a key that a client can use: the preferred one where it is valid, else the file's first."""
        secrets = (preferred_secret, *self._entries)
        return next((each for each in secrets if self.find(each)), preferred_secret)

    def list_accounts(self) -> list[str]:
        """The accounts of the keys of the file."""
        return [derive_account(secret) for secret in self._entries]

    def find_start_credits(self, account: str) -> int:
        """The balance that an account starts with."""
        for secret, entry in self._entries.items():
            if derive_account(secret) == account and "credits" in entry:
                credits: int = entry["credits"]
                return credits
        return self._start_credits


def is_key(secret: str) -> bool:
    """Whether a text has the form of an API key."""
    return _KEY.fullmatch(secret) is not None


def derive_account(secret: str) -> str:
    """The name of a key's account. It is a hash, so that the secret cannot be read from it."""
    return f"acct_{hashlib.sha256(secret.encode(errors='backslashreplace')).hexdigest()[:16]}"
