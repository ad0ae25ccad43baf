"""Fixtures for pytest: the mock within HTTP clients, on a socket, and its clock (floor 5).

pytest loads this module in every run where the package is installed. So it imports nothing but pytest and the
standard library before a test uses a fixture, uses nothing that an older pytest lacks, and gives way where the user's
project has an option or an ini value of the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cannon_mock.origins import is_loopback
from cannon_mock.testing import plugin_options, vendor_guard
from cannon_mock.testing.other_plugins import OtherPlugins
from cannon_mock.testing.plugin_options import has_own_start, read_config

if TYPE_CHECKING:
    from cannon_mock.testing.fixture_clock import FixtureClock
    from cannon_mock.testing.mock_handle import MockHandle
    from cannon_mock.testing.mock_servers import MockServers
    from cannon_mock.testing.vendor_app import Check, Reply

pytest_plugins = ("cannon_mock.testing.guard_plugin",)

_open_handles: dict[str, list[MockHandle]] = {}
"""The mocks of each running test, and of the session, by node id. A StashKey would break a run with pytest 6."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini values that set the mock for a whole run."""
    plugin_options.add_ini_values(parser)


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> None:
    """Add the options, after those of the user's conftest."""
    plugin_options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the hooks about other plugins."""
    config.addinivalue_line("markers", plugin_options.MARK)
    config.pluginmanager.register(OtherPlugins(_open_handles), "cannon-other-plugins")


@pytest.hookimpl(hookwrapper=True)  # the newer wrapper=True raises with a pluggy before 1.2
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show in the report of a failed test what was sent to its mock."""
    outcome: Any = yield
    handles = _open_handles.get(item.nodeid)
    if not handles:
        return
    report = outcome.get_result()
    if report.failed and report.when == "call":
        for handle in handles:
            report.sections.append((f"what was sent to {handle.url}", handle.describe_calls()))


@pytest.fixture
def cannon_clock(request: pytest.FixtureRequest) -> Iterator[FixtureClock]:
    """The clock of the mocks of this test: ``advance``, ``set``, ``now_ms``, and ``patch``, which replaces sleep.

    Each test has a clock of its own. Where it uses a server, it is that of the server, which other tests use too.
    """
    with _explain_missing_extra():
        from cannon_mock.testing.fixture_clock import FixtureClock

    servers = [name for name in ("_cannon_test_server", "cannon_session_server") if name in request.fixturenames]
    if servers:
        clock: FixtureClock = request.getfixturevalue(servers[0]).clock
    else:
        clock = FixtureClock(read_config(request).start_ms)
    yield clock
    clock.restore()


@pytest.fixture
def cannon_mock(
    request: pytest.FixtureRequest, cannon_clock: FixtureClock, _cannon_warned_rules: set[str]
) -> Iterator[MockHandle]:
    """A mock of this test alone, behind the vendor's address in the HTTP clients that are installed.

    It serves httpx, httpx2, requests, urllib3 and aiohttp: code under test needs no change.
    """
    with _explain_missing_extra():
        from cannon_mock.testing import call_reports, mock_servers
        from cannon_mock.testing.bridge import bridge_app
        from cannon_mock.testing.call_recorder import CallRecorder
        from cannon_mock.testing.real_sleeps import RealSleeps

    handle = mock_servers.build_handle(read_config(request), cannon_clock, CallRecorder())
    real_sleeps = RealSleeps(cannon_clock)
    real_sleeps.attach(handle.app)
    try:
        with ExitStack() as stack:
            stack.enter_context(_guard_hosts(handle))
            for url in mock_servers.list_urls(handle):
                stack.enter_context(bridge_app(handle.app, url, _build_check(handle), handle.clock.sleep_ms))
            yield from _provide_handle(request, handle)
    finally:
        mock_servers.detach_from_clock(handle)
    if handle.unknown_calls:
        pytest.fail("calls that the mock does not know:\n" + "\n".join(handle.unknown_calls), pytrace=False)
    call_reports.report_findings(request, handle.recorder.take(), _cannon_warned_rules)
    call_reports.warn_once(request, real_sleeps.describe(), _cannon_warned_rules)


@pytest.fixture(scope="session")
def cannon_servers(request: pytest.FixtureRequest, _cannon_warned_rules: set[str]) -> Iterator[MockServers]:
    """Servers on sockets of this machine, one for each set of settings, for the whole session."""
    with _explain_missing_extra():
        from cannon_mock.testing import call_reports
        from cannon_mock.testing.call_recorder import describe_keys
        from cannon_mock.testing.mock_servers import MockServers

    with ExitStack() as stack:
        servers = MockServers(stack)
        yield servers
    calls, unwatched_calls = servers.end_session()
    remark = "which no test watches; cannon_server.watch(key) adds its calls to a test"
    call_reports.warn(request, describe_keys(unwatched_calls, remark))
    call_reports.report_findings(request, calls, _cannon_warned_rules)


@pytest.fixture(scope="session")
def cannon_session_server(request: pytest.FixtureRequest, cannon_servers: MockServers) -> Iterator[MockHandle]:
    """A mock at ``url`` for an application that starts once; ``key`` is an API key for it.

    A test sees it by ``cannon_server``, and calls with that key after ``cannon_server.watch(key)``.
    """
    handle = cannon_servers.build_view(cannon_servers.find(read_config(request)), "cs_test_session")
    _open_handles[request.node.nodeid] = [handle]
    with _guard_hosts(handle):
        yield handle
    del _open_handles[request.node.nodeid]
    cannon_servers.note_watched_keys(handle)
    handle.close()


@pytest.fixture
def _cannon_test_server(request: pytest.FixtureRequest, cannon_servers: MockServers) -> Iterator[MockHandle]:
    """The server with the settings of this test; one of its own, where a mark says at which time it starts."""
    config = read_config(request)
    if has_own_start(request):
        with cannon_servers.run_server(config) as server:
            yield server
    else:
        yield cannon_servers.find(config)


@pytest.fixture
def cannon_server(
    request: pytest.FixtureRequest,
    cannon_servers: MockServers,
    _cannon_test_server: MockHandle,
    cannon_clock: FixtureClock,
    _cannon_warned_rules: set[str],
) -> Iterator[MockHandle]:
    """A mock at ``url``, for any client; ``key`` is the API key of an account of this test alone.

    It shows what happens to that account, and to those of other keys after ``watch(key)``.
    """
    from cannon_mock.testing import call_reports

    key = f"cs_test_{hashlib.sha256(f'{request.node.nodeid} {id(request)}'.encode()).hexdigest()[:24]}"
    handle = cannon_servers.build_view(_cannon_test_server, key)
    if handle.clock is not cannon_clock:
        pytest.fail("cannon_clock is not the clock of cannon_server; name both as arguments of the test", pytrace=False)
    handle.since_ms = cannon_clock.move_to(cannon_clock.now_ms() + 1)  # what came before is of other tests
    cannon_servers.start_test()
    with _guard_hosts(handle):
        yield from _provide_handle(request, handle)
    calls, unwatched_calls = cannon_servers.end_test(handle)
    call_reports.warn(request, handle.describe_keys(unwatched_calls))
    call_reports.report_findings(request, calls, _cannon_warned_rules)


@pytest.fixture(scope="session")
def _cannon_warned_rules() -> set[str]:
    """The rules of which this run has warned."""
    return set()


@contextmanager
def _guard_hosts(handle: MockHandle) -> Iterator[None]:
    """Guard the vendor's hosts, and that of assets where they have one that is not of this machine."""
    from cannon_mock.testing import mock_servers

    with ExitStack() as stack:
        for url in {handle.vendor_url, *mock_servers.list_urls(handle)}:
            if not is_loopback(url):  # which has other servers too
                stack.enter_context(vendor_guard.guard_vendor(url))
        yield


def _provide_handle(request: pytest.FixtureRequest, handle: MockHandle) -> Iterator[MockHandle]:
    node_id = request.node.nodeid
    _open_handles.setdefault(node_id, []).append(handle)
    try:
        yield handle
    finally:
        _open_handles.pop(node_id, None)
    handle.close()


def _build_check(handle: MockHandle) -> Check:
    """A check that fails a call to an address the API does not have.

    It raises at once, and notes the call: the test fails at its end even where its code swallows the exception.
    """
    from cannon_mock import claim_ids
    from cannon_spec.printable import escape_unprintable
    from cannon_spec.redaction import redact

    def check(reply: Reply) -> None:
        if claim_ids.UNKNOWN_ADDRESS_404 in reply.find_header("x-mock-evidence"):
            call = escape_unprintable(redact(f"{reply.method} {reply.url} -> {reply.status}"))
            handle.unknown_calls.append(call)
            raise AssertionError(f"{call}: the mock does not know this call of the API; see its error body")

    return check


@contextmanager
def _explain_missing_extra() -> Iterator[None]:
    """Fail the test, and say what to install, where an import of the context fails."""
    try:
        yield
    except ImportError as error:
        from cannon_spec.installation import advise_extra, describe_import_error  # late: see the top of this module

        message = f"{describe_import_error(error)}; {advise_extra('testing')}"
        raise pytest.fail.Exception(message, pytrace=False) from None
