"""Fixtures for pytest: the mock within HTTP clients, on a socket, and its clock (floor 5).

pytest loads this module in every run where the package is installed. So it imports nothing but pytest and the
standard library before a test uses a fixture, uses nothing that an older pytest lacks, and gives way where the user's
project has an option or an ini value of the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cannon_mock.config import SETTINGS, Config, build_config
from cannon_mock.settings import Setting, Source
from cannon_mock.testing import vendor_guard
from cannon_mock.testing.other_plugins import OtherPlugins

if TYPE_CHECKING:
    from cannon_mock.clock import ManualClock
    from cannon_mock.testing.mock_handle import MockHandle
    from cannon_mock.testing.vendor_app import Check, Reply

pytest_plugins = ("cannon_mock.testing.guard_plugin",)

_OPTIONS = tuple(setting for setting in SETTINGS if setting.has_pytest_option)
_DEFAULTS = {setting.name: setting.pytest_default for setting in SETTINGS if setting.pytest_default is not None}
_MARK = "cannon(**settings): settings of the mock for this test, as the flags of cannon-mock: credits=50"

_open_handles: dict[str, list[MockHandle]] = {}
"""The mocks of each running test, by its node id. A StashKey would break a run with pytest 6."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini values that set the mock for a whole run; one of the user's conftest replaces ours."""
    for setting in _OPTIONS:
        parser.addini(f"cannon_{setting.name}", _describe(setting), default="")


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> None:
    """Add the options, after those of the user's conftest: pytest refuses the second of two options of one name."""
    group = parser.getgroup("cannon", "mock of the Cannon Studio API")
    for setting in _OPTIONS:
        option = setting.pytest_option
        if _is_free(parser, option):
            group.addoption(
                option, dest=_option_name(setting), metavar=setting.placeholder, help=_describe(setting), default=None
            )
    if _is_free(parser, vendor_guard.OPTION):
        group.addoption(
            vendor_guard.OPTION, action="store_true", dest="cannon_mock_option_guard", help=vendor_guard.HELP
        )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the hooks about other plugins."""
    config.addinivalue_line("markers", _MARK)
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


@pytest.fixture(scope="session")
def cannon_session_clock() -> ManualClock:
    """The one clock of a session; its time only grows, from test to test."""
    from cannon_mock import ManualClock

    return ManualClock()


@pytest.fixture
def cannon_clock(cannon_session_clock: ManualClock) -> ManualClock:
    """The clock of the mocks of this test: ``advance``, ``set``, ``now_ms``, and ``sleep`` in place of time.sleep."""
    return cannon_session_clock


@pytest.fixture
def cannon_mock(request: pytest.FixtureRequest, cannon_session_clock: ManualClock) -> Iterator[MockHandle]:
    """A mock of this test alone, behind the vendor's address in the HTTP clients that are installed.

    It serves httpx, httpx2, requests, urllib3 and aiohttp: code under test needs no change.
    """
    with _explain_missing_extra():
        from cannon_mock.testing.bridge import bridge_app

    handle = _build_handle(_read_config(request), cannon_session_clock)
    try:
        with (
            vendor_guard.guard_vendor(handle.url),
            bridge_app(handle.app, handle.url, _build_check(handle), handle.clock.sleep_ms),
        ):
            yield from _provide_handle(request, handle)
    finally:
        _detach_from_clock(handle)
    if handle.unknown_calls:
        pytest.fail("calls that the mock does not know:\n" + "\n".join(handle.unknown_calls), pytrace=False)


@pytest.fixture(scope="session")
def cannon_servers(cannon_session_clock: ManualClock) -> Iterator[Callable[[Config], MockHandle]]:
    """Servers on sockets of this machine, one for each set of settings, for the whole session."""
    with _explain_missing_extra():
        from cannon_mock.serving import serve

    handles: dict[Config, MockHandle] = {}
    with ExitStack() as stack:

        def find_server(config: Config) -> MockHandle:
            if config not in handles:
                handle = _build_handle(config, cannon_session_clock)
                handle.url = stack.enter_context(serve.serve_in_background(handle.app))
                handles[config] = handle
            return handles[config]

        yield find_server


@pytest.fixture
def cannon_server(
    request: pytest.FixtureRequest, cannon_servers: Callable[[Config], MockHandle]
) -> Iterator[MockHandle]:
    """A mock at ``url``, for any client; ``key`` is the API key of an account of this test alone."""
    server = cannon_servers(_read_config(request))
    from cannon_mock.model.keys import derive_account
    from cannon_mock.testing.mock_handle import MockHandle
    from cannon_mock.views import context

    base_url = context.find_context(server.app).catalog.base_url
    key = f"cs_test_{hashlib.sha256(f'{request.node.nodeid} {id(request)}'.encode()).hexdigest()[:24]}"
    with vendor_guard.guard_vendor(base_url):
        yield from _provide_handle(
            request, MockHandle(server.app, server.url, key, server.webhook_dispatcher, derive_account(key))
        )


def _describe(setting: Setting) -> str:
    return setting.describe(setting.pytest_default or "")


def _option_name(setting: Setting) -> str:
    """Where pytest keeps the value of our option: a name that an option of the user's does not have."""
    return f"cannon_mock_option_{setting.name}"


def _is_free(parser: pytest.Parser, option: str) -> bool:
    """Whether pytest knows no option of that name yet."""
    argument = f"{option}=x"
    try:
        return argument in parser.parse_known_and_unknown_args([argument])[1]
    except Exception:  # noqa: BLE001 - an option of that name which takes no such value: not free
        return False


def _provide_handle(request: pytest.FixtureRequest, handle: MockHandle) -> Iterator[MockHandle]:
    node_id = request.node.nodeid
    _open_handles.setdefault(node_id, []).append(handle)
    try:
        yield handle
    finally:
        _open_handles.pop(node_id, None)
    handle.close()


def _build_handle(config: Config, clock: ManualClock) -> MockHandle:
    with _explain_missing_extra():
        from cannon_mock import create_app
        from cannon_mock.stores import StoreError
        from cannon_mock.testing.mock_handle import MockHandle
        from cannon_mock.testing.webhook_dispatcher import WebhookDispatcher
        from cannon_mock.views import context
        from cannon_spec.errors import CannonSpecError

    webhook_dispatcher = WebhookDispatcher()
    try:
        app = create_app(config, clock=clock)
    except (ValueError, CannonSpecError, StoreError) as error:
        pytest.fail(f"cannon: {error}", pytrace=False)
    mock = context.find_context(app)

    mock.webhook_sender.find_receiver = webhook_dispatcher.find_receiver
    return MockHandle(app, mock.catalog.base_url, "cs_test_pytest", webhook_dispatcher)


def _read_config(request: pytest.FixtureRequest) -> Config:
    """The settings of a test: of its marker, else of the option, else of the ini value. Fails it for an invalid one."""
    ini_values = {setting.name: request.config.getini(f"cannon_{setting.name}") for setting in _OPTIONS}
    options = {setting.name: request.config.getoption(_option_name(setting), None) for setting in _OPTIONS}
    marks = list(request.node.iter_markers("cannon"))
    if any(mark.args for mark in marks):
        pytest.fail("cannon: a setting needs its name, as in @pytest.mark.cannon(credits=50)", pytrace=False)
    try:
        return build_config(
            Source("{name}={value}", _DEFAULTS),
            Source("cannon_{name} = {value}", _keep_texts(ini_values)),
            Source("{option} {value}", _keep_texts(options)),
            *(Source("{name}={value}", mark.kwargs) for mark in reversed(marks)),
        )
    except ValueError as error:
        pytest.fail(f"cannon: {error}", pytrace=False)


def _keep_texts(values: dict[str, Any]) -> dict[str, str]:
    """The values that are set. One of another type belongs to an ini value of the user's with the same name."""
    return {name: value for name, value in values.items() if value and isinstance(value, str)}


def _build_check(handle: MockHandle) -> Check:
    """A check that fails a call to an address the API does not have.

    It raises at once, and notes the call: the test fails at its end even where its code swallows the exception.
    """
    from cannon_mock import claim_ids

    def check(reply: Reply) -> None:
        if claim_ids.UNKNOWN_ADDRESS_404 in reply.find_header("x-mock-evidence"):
            call = f"{reply.method} {reply.url} -> {reply.status}"
            handle.unknown_calls.append(call)
            raise AssertionError(f"{call}: the mock does not know this call of the API; see its error body")

    return check


def _detach_from_clock(handle: MockHandle) -> None:
    """Keep the session's clock from sending webhooks of this test in later ones."""
    from cannon_mock.views import context

    handle.clock.move_handlers.remove(context.find_context(handle.app).webhook_sender.deliver_until)


@contextmanager
def _explain_missing_extra() -> Iterator[None]:
    """Fail the test, and say what to install, where an import of the context fails."""
    try:
        yield
    except ImportError as error:
        from cannon_spec.installation import advise_extra, describe_import_error  # late: see the top of this module

        message = f"{describe_import_error(error)}; {advise_extra('testing')}"
        raise pytest.fail.Exception(message, pytrace=False) from None
