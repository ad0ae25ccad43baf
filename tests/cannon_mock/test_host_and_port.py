"""The one form of a host with a port, for headers, origins and settings."""

from __future__ import annotations

import pytest

from cannon_mock.host_and_port import HostAndPort, is_host_and_port, parse_host_and_port


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", HostAndPort("localhost")),
        ("localhost:1", HostAndPort("localhost", 1)),
        ("cannon_mock:65535", HostAndPort("cannon_mock", 65_535)),
        ("mock.example.", HostAndPort("mock.example.")),
        ("127.0.0.1:80", HostAndPort("127.0.0.1", 80)),
        ("[::1]", HostAndPort("[::1]")),
        ("[::80]", HostAndPort("[::80]")),
        ("[::ffff:10.0.0.7]:80", HostAndPort("[::ffff:10.0.0.7]", 80)),
    ],
)
def test_a_host_and_its_port_are_told_apart(text: str, expected: HostAndPort) -> None:
    """A name, IPv4, and IPv6 in brackets are read with and without a port, and written as they were."""
    assert parse_host_and_port(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ":80", "a:", "a:0", "a:080", "a:65536", "a:99999", "a:80:80", "a:x", "a:\uff18\uff10"),
        *("a..b", ".a", "a b", "a/b", "u@a", "é", "x" * 64, "::1", "[::1", "[1.2.3.4]", "[:::1]", "[::1]80", "[::1%1]"),
    ],
)
def test_another_text_is_no_host(text: str) -> None:
    """What no address can hold as its host and port is refused: a wrong port, an empty one, IPv6 without brackets."""
    assert not is_host_and_port(text)
