"""What a server passes to an application."""

from __future__ import annotations

from cannon_mock.serving.wsgi_call import find_key, find_key_once


def test_a_long_name_of_a_header_is_not_remembered() -> None:
    """A header of any name has its key; those of long names do not stay in memory."""
    find_key_once.cache_clear()
    assert find_key(b"x-api-key") == "HTTP_X_API_KEY"
    assert find_key(b"x-" + b"a" * 60_000) == "HTTP_X_" + "A" * 60_000
    assert find_key_once.cache_info().currsize == 1
