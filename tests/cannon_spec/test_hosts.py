"""Hosts of a domain: the same answer for recordings, the bridge and the guard of spending."""

from __future__ import annotations

import pytest

from cannon_spec.hosts import find_domain, is_in_domain


@pytest.mark.parametrize(
    ("host", "is_inside"),
    [
        ("example.test", True),
        ("example.test.", True),
        ("EU.Example.test", True),
        ("notexample.test", False),
        ("example.test.evil", False),
        ("", False),
    ],
)
def test_a_host_is_in_the_domain_or_not(host: str, is_inside: bool) -> None:
    """The domain itself and hosts below it count, whatever their case, and with the dot that may end a name."""
    assert is_in_domain(host, find_domain("https://www.example.test./api")) is is_inside


def test_no_host_is_in_an_empty_domain() -> None:
    """An address without a host has an empty domain, and no host is in it."""
    assert find_domain("nothing") == ""
    assert not is_in_domain("", "")
