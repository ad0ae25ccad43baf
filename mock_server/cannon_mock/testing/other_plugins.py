"""Other packages for tests that stand between a client and the mock: what they pass on, and advice (floor 5).

pytest-httpx, responses, requests-mock, aioresponses and vcrpy replace a client above the place where the mock answers
it, and refuse a call that they do not know. pytest-httpx and pytest-recording have a setting for one test: it is made
here, where the user makes none. For the others a test that fails says what to set.

Like the plugin this module imports nothing but pytest and the standard library.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from cannon_mock.testing.mock_handle import MockHandle

    Handles = Mapping[str, list[MockHandle]]

_ADVICE = {
    "aioresponses": 'aioresponses(passthrough=["{url}"])',
    "pytest_httpx": '@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "{host}")',
    "pytest_recording": "--allowed-hosts=127.0.0.1 beside --block-network, or"
    ' @pytest.mark.block_network(allowed_hosts=["127.0.0.1"])',
    "pytest_socket": '--allow-hosts=127.0.0.1 in place of --disable-socket, or @pytest.mark.allow_hosts(["127.0.0.1"])',
    "requests_mock": 'requests_mock.Mocker(real_http=True), or register_uri(ANY, re.compile("{url}"), real_http=True)',
    "respx": 'respx_mock.route(host="{host}").pass_through()',
    "responses": 'responses.add_passthru("{url}"), or the same of your RequestsMock',
    "vcr": 'ignore_hosts=["{host}"], of use_cassette, or in the fixture vcr_config',
}
"""What lets the calls of a test pass, for each package by its import name."""

_LIBRARIES = ("aioresponses", "requests_mock", "responses", "vcr")
"""Packages that are imported where they are used; a pytest plugin and respx are imported in each run."""


class OtherPlugins:
    """Hooks of pytest about other plugins, given the open mocks of each running test and of the session, by node id."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    @pytest.hookimpl(tryfirst=True)  # before any fixture
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Let the fixture of pytest-httpx pass on the calls to the mocks of this test."""
        if not ("httpx_mock" in _list_fixtures(item) and _asks_for_mock(item) and _knows_should_mock(item)):
            return
        if not any("should_mock" in mark.kwargs for mark in item.iter_markers("httpx_mock")):
            item.add_marker(pytest.mark.httpx_mock(should_mock=lambda request: not self._is_ours(request.url)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_recording_configure(self, vcr: Any) -> None:
        """Let the cassettes of pytest-recording pass on the calls to open mocks; a filter of the user's replaces it."""
        vcr.before_record_request = lambda request: None if self._is_ours(request) else request

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Say in the report of a failed test what to set, where another package refused its calls."""
        outcome: Any = yield
        report = outcome.get_result()
        if not (report.failed and call.excinfo and _asks_for_mock(item)):
            return
        handles = self._handles.get(item.nodeid) or self._handles.get(item.session.nodeid, [])
        packages = {_find_package(error) for error in _list_errors(call.excinfo.value)} & _ADVICE.keys()
        if not packages and handles and not any(handle.journal for handle in handles):
            packages = {name for name in _LIBRARIES if name in sys.modules}
        if not handles:  # no mock has started: a server needs a socket, and nothing else can be in its way
            packages &= {"pytest_recording", "pytest_socket"}
        if packages:
            url = handles[0].url if handles else "http://127.0.0.1"
            report.sections.append(("other plugins", _describe_advice(sorted(packages), url)))

    def _is_ours(self, address: Any) -> bool:
        """Whether an open mock answers at an address, which has a ``host`` and a ``port``."""
        from cannon_spec.hosts import find_domain, is_in_domain

        urls = (handle.url for handles in self._handles.values() for handle in handles)
        return any(
            is_in_domain(address.host, find_domain(url)) and urlsplit(url).port in (None, address.port) for url in urls
        )


def _list_fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _knows_should_mock(item: pytest.Item) -> bool:
    """Whether a pytest-httpx that is new enough for the setting has registered its mark."""
    return any(line.startswith("httpx_mock(") and "should_mock" in line for line in item.config.getini("markers"))


def _asks_for_mock(item: pytest.Item) -> bool:
    return any(name.startswith("cannon_") for name in _list_fixtures(item))


def _list_errors(error: BaseException) -> Iterator[BaseException]:
    """The error, those that it was raised from or during, and those of a group."""
    pending, listed = [error], set[int]()
    while pending:
        error = pending.pop()
        if id(error) in listed:
            continue
        listed.add(id(error))
        yield error
        members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        pending += [each for each in (error.__cause__, error.__context__, *members) if each is not None]


def _find_package(error: BaseException) -> str:
    """The package whose code raised the error."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    name = traceback.tb_frame.f_globals.get("__name__", "") if traceback else ""
    return str(name).partition(".")[0]


def _describe_advice(packages: list[str], url: str) -> str:
    host = urlsplit(url).hostname or ""
    lines = [f"    {package}: {_ADVICE[package].format(url=url, host=host)}" for package in packages]
    return "\n".join([f"calls to {url} must reach the mock; where another package refuses them, set there:", *lines])
