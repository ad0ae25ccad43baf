"""The client with requests, against the mock on a socket."""

from __future__ import annotations

import pytest
from address import GenerationFailed, picture


def test_a_picture_arrives(cannon_server):
    assert picture("A red bicycle", cannon_server.key, cannon_server.url).startswith(b"\x89PNG")


def test_a_failure_of_the_provider_is_reported(cannon_server):
    cannon_server.scenario("failed-internal")
    with pytest.raises(GenerationFailed, match="internal error"):
        picture("A red bicycle", cannon_server.key, cannon_server.url)


def test_a_rate_limit_is_obeyed(cannon_server, cannon_clock):
    cannon_server.scenario("rate-limited", times=3)
    assert picture("A red bicycle", cannon_server.key, cannon_server.url, sleep=cannon_clock.sleep)
    cannon_server.assert_called(2, status=429)
