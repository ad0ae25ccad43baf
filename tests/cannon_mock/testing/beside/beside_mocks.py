"""Mocks of other hosts: theirs answer those, ours the vendor's."""

import asyncio
import contextlib
import re

import httpx
import pytest
import requests
import requests_mock as requests_mock_module
import responses
from aioresponses import aioresponses
from calls import assert_all_served, by_aiohttp, by_httpx, by_requests

OTHER = "https://other.example/"


@pytest.fixture(params=["cannon_mock", "cannon_server"])
def mock(request):
    return request.getfixturevalue(request.param)


def test_pytest_httpx_entered_first(httpx_mock, cannon_mock):
    httpx_mock.add_response(url=OTHER, text="theirs")
    assert httpx.get(OTHER).text == "theirs"
    assert_all_served(cannon_mock)


def test_pytest_httpx_entered_last(cannon_server, httpx_mock):
    httpx_mock.add_response(url=OTHER, text="theirs")
    assert httpx.get(OTHER).text == "theirs"
    assert_all_served(cannon_server)


@pytest.mark.httpx_mock(should_mock=lambda request: True)
@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
def test_pytest_httpx_with_a_setting_of_the_users(httpx_mock, cannon_mock):
    httpx_mock.add_response(url=f"{cannon_mock.url}/api/v1/requests", status_code=418)
    assert by_httpx(cannon_mock) == 418


@pytest.fixture(scope="session")
def application(cannon_session_server):
    return cannon_session_server  # stands for one that starts once, with this address


def test_pytest_httpx_beside_a_server_of_the_session(application, httpx_mock):
    assert by_httpx(application) == 202


def test_respx(cannon_mock, respx_mock):
    respx_mock.get(OTHER).respond(text="theirs")
    assert httpx.get(OTHER).text == "theirs"
    assert_all_served(cannon_mock)


def test_respx_beside_the_server(cannon_server, respx_mock):
    respx_mock.get(OTHER).respond(text="theirs")
    respx_mock.route(host="127.0.0.1").pass_through()
    assert httpx.get(OTHER).text == "theirs"
    assert_all_served(cannon_server)


@responses.activate
def test_responses(mock):
    responses.get(OTHER, body="theirs")
    responses.add_passthru(mock.url)
    assert requests.get(OTHER).text == "theirs"
    assert_all_served(mock)


def test_requests_mock(requests_mock, mock):
    requests_mock.get(OTHER, text="theirs")
    requests_mock.register_uri(requests_mock_module.ANY, re.compile(mock.url), real_http=True)
    assert requests.get(OTHER).text == "theirs"
    assert_all_served(mock)


def test_requests_mock_that_passes_all(mock):
    with requests_mock_module.Mocker(real_http=True) as mocker:
        mocker.get(OTHER, text="theirs")
        assert requests.get(OTHER).text == "theirs"
        assert_all_served(mock)


def test_aioresponses(mock):
    with aioresponses(passthrough=[mock.url]):
        assert_all_served(mock)


@pytest.mark.httpx_mock(should_mock=lambda request: True)
def test_refused_by_pytest_httpx(httpx_mock, cannon_mock):
    by_httpx(cannon_mock)


def test_refused_by_respx(cannon_server, respx_mock):
    by_httpx(cannon_server)


@responses.activate
def test_refused_by_responses(cannon_mock):
    by_requests(cannon_mock)


def test_refused_by_requests_mock(requests_mock, cannon_mock):
    by_requests(cannon_mock)


def test_refused_by_aioresponses(cannon_mock):
    with aioresponses():
        asyncio.run(by_aiohttp(cannon_mock))


@responses.activate
def test_refused_by_responses_beside_a_server_of_the_session(application):
    by_requests(application)


@responses.activate
def test_refused_by_responses_and_swallowed(cannon_mock):
    with contextlib.suppress(requests.ConnectionError):
        by_requests(cannon_mock)
    cannon_mock.assert_called(1)


@responses.activate
def test_refused_by_responses_and_translated(cannon_mock):
    try:
        by_requests(cannon_mock)
    except requests.ConnectionError:
        raise RuntimeError("the studio is not available") from None
