"""API keys: whose they are and what they may do (floor 3, pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_KEY = re.compile(r"cs_[A-Za-z0-9_-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A good key. ``account`` stands for it wherever it is kept or shown; ``credits`` is what it begins with."""

    account: str
    name: str
    scopes: tuple[str, ...]
    email: str
    plan: str
    credits: int


class Keys:
    """The keys that a mock knows: those of a file, and by default every other well-formed one."""

    def __init__(self, status_reply: Mapping[str, Any], credits: int, listed: Mapping[str, Any] | None = None) -> None:
        self._reply = status_reply
        self._credits = credits
        self._listed: Mapping[str, Any] = (listed or {}).get("keys", {})
        self._others: bool = (listed or {}).get("others", True)

    def find(self, secret: str) -> Key | None:
        """The key of that secret; None where it is malformed, unknown or revoked."""
        entry = self._listed.get(secret)
        if not _KEY.fullmatch(secret) or (entry is None and not self._others):
            return None
        entry = entry or {}
        if entry.get("revoked"):
            return None
        said, account = self._reply["apiKey"], self._reply["account"]
        return Key(
            account=derive_account(secret),
            name=entry.get("name", said["name"]),
            scopes=tuple(entry.get("scopes", said["scopes"])),
            email=entry.get("email", account["email"]),
            plan=entry.get("plan", account["plan"]),
            credits=entry.get("credits", self._credits),
        )


@lru_cache(maxsize=1024)
def derive_account(secret: str) -> str:
    """The name of a key's account, from which the key cannot be told."""
    return f"acct_{hashlib.sha256(secret.encode(errors='backslashreplace')).hexdigest()[:16]}"
