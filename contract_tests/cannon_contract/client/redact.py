"""What is told to nobody: the user's API keys, in every form in which they may come back (floor 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "(cut)"


class Redactor:
    """Secrets to cut out of texts: as they are, as JSON may write them, and as an address may."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._texts = sorted(forms, key=len, reverse=True)
        self._bytes = [text.encode() for text in self._texts]

    def redact_text(self, text: str) -> str:
        """A text with every secret cut out."""
        for each in self._texts:
            text = text.replace(each, MASK)
        return text

    def redact_bytes(self, content: bytes) -> bytes:
        """Bytes with every secret cut out."""
        for each in self._bytes:
            content = content.replace(each, MASK.encode())
        return content

    def redact_value(self, value: Any) -> Any:
        """A value of JSON with every secret cut out of its texts; names of fields stay."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {name: self.redact_value(each) for name, each in value.items()}
        return [self.redact_value(each) for each in value] if isinstance(value, list | tuple) else value


def _forms(secret: str) -> Iterable[str]:
    escaped = json.dumps(secret)[1:-1]
    yield from (secret, escaped, escaped.replace("/", "\\/"), quote(secret), quote(secret, safe=""))
    yield from ("".join(f"\\u{ord(letter):04{case}}" for letter in secret) for case in "xX")
