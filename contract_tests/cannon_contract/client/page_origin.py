"""The origin of the page that a test pretends to be (floor 6)."""

from __future__ import annotations

_DEVELOPMENT_PAGE = "http://localhost:5173"
"""The origin of a page in development, of which a target without such a setting is asked."""

_OPEN_WORDS = {"loopback", "*"}
"""What lets the page in development call, in the setting ``cors`` of our mock."""


def find_page_origin(cors: str) -> str:
    """The origin of a page that a mock with this setting lets call; empty where it lets none."""
    words = [each.strip() for each in cors.lower().split(",") if each.strip()]
    if not _OPEN_WORDS.isdisjoint(words):
        return _DEVELOPMENT_PAGE
    if not words or words == ["none"]:
        return ""
    origin = words[0]
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")  # as a browser writes it
