"""The texts of one reply of the mock's own API: without secrets, and bounded together (floor 3, pure)."""

from __future__ import annotations

from cannon_spec.redaction import redact, redact_start

MOST_CHARACTERS = 256 * 1024
"""What the texts of one reply have together: much more than a prompt, and redacted in a fraction of a second."""


class ShownTexts:
    """Redacts one text after another until their characters are used up; those of later ones are only counted."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._characters = most_characters

    def redact(self, text: str) -> str:
        """The text without secrets, or its beginning and how long it is."""
        if len(text) <= self._characters:
            self._characters -= len(text)
            return redact(text)
        start = redact_start(text, self._characters) if self._characters else ""
        self._characters = 0
        return f"{start}... ({len(text)} characters)"
