"""A run with --disable-socket of pytest-socket."""

import pytest
from calls import assert_all_served, by_httpx, by_requests, by_urllib3


def test_in_process(cannon_mock):
    assert [by_httpx(cannon_mock), by_requests(cannon_mock), by_urllib3(cannon_mock)] == [202] * 3


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_server(cannon_server):
    assert_all_served(cannon_server)


def test_in_process_once_more(cannon_mock):
    assert by_requests(cannon_mock) == 202


@pytest.mark.disable_socket
def test_refused_by_pytest_socket(cannon_server):
    by_requests(cannon_server)
