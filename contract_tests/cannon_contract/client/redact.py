"""Removes the user's API keys from texts, in every form in which a target may send them back (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from cannon_contract.client.wrong_keys import list_keys_to_redact

MASK = "(cut)"


class Redactor:
    """Removes secrets from texts: as they are, as JSON may write them, and as an address may.

    It removes keys that are nearly a secret too, since a reader could guess the secret from them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        near_secrets = (near for secret in self._secrets for near in list_keys_to_redact(secret))
        forms = {form for secret in self._secrets for form in _list_forms(secret)}
        # The longest first: a secret that has another one in it must not be left in part.
        self._texts = sorted({*forms, *near_secrets}, key=len, reverse=True)
        self._bytes = [text.encode() for text in self._texts]
        self._secret_bytes = [text.encode() for text in forms]

    def with_secret(self, secret: str) -> Redactor:
        """A redactor that removes one more secret: the same where it removes that one already."""
        return self if secret in self._secrets else Redactor((*self._secrets, secret))

    def finds_secret(self, content: bytes) -> bool:
        """Whether bytes have a whole secret in them."""
        return any(form in content for form in self._secret_bytes)

    def redact_text(self, text: str) -> str:
        """A text without its secrets."""
        for form in self._texts:
            text = text.replace(form, MASK)
        return text

    def redact_bytes(self, content: bytes) -> bytes:
        """Bytes without their secrets."""
        for form in self._bytes:
            content = content.replace(form, MASK.encode())
        return content

    def redact_value(self, value: Any) -> Any:
        """A JSON value whose texts have no secrets; names of members stay."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {name: self.redact_value(each) for name, each in value.items()}
        return [self.redact_value(each) for each in value] if isinstance(value, list | tuple) else value


def _list_forms(secret: str) -> Iterable[str]:
    """The forms of a secret in texts: JSON may escape any letter and a slash, an address may or may not escape one."""
    escape_form = json.dumps(secret)[1:-1]
    yield from (secret, escape_form, escape_form.replace("/", "\\/"), quote(secret), quote(secret, safe=""))
    yield from ("".join(f"\\u{ord(letter):04{case}}" for letter in secret) for case in "xX")
