"""The warning that tests see (floor 3). pytest loads it where a filter of warnings names it."""

from __future__ import annotations


class CannonWarning(UserWarning):
    """Something in a test that the mock accepts and that is probably a mistake."""
