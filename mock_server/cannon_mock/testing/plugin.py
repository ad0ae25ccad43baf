"""Fixtures for pytest: the mock within httpx, on a socket, and its clock (floor 4).

Loaded in every pytest run of whoever installed this package: so nothing but pytest is imported before a fixture asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from cannon_mock.clock import ManualClock
    from cannon_mock.testing.mock_handle import MockHandle

_SETTINGS = {
    "progression": "time, immediate, or manual:N: each state lasts N polls (manual:1)",
    "scenario": "what becomes of a create that names no scenario (success)",
    "scenarios": "a file of more scenarios",
    "overlay": "a file of JSON Merge Patch over the contract",
    "keys": "a file of API keys",
    "credits": "what each account starts with (1250)",
}
_MARK = "cannon(**settings): settings of the mock for this test, as the flags of cannon-mock, like credits=50"
_DEFAULTS: dict[str, Any] = {"progression": "manual:1", "seed": "pytest"}
_HANDLES = pytest.StashKey[list["MockHandle"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini values that set the mock for a whole run."""
    group = parser.getgroup("cannon", "the mock of the Cannon Studio API")
    for name, text in _SETTINGS.items():
        group.addoption(f"--cannon-{name}", default=None, help=text)
        parser.addini(f"cannon_{name}", text, default="")


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known."""
    config.addinivalue_line("markers", _MARK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A test that failed says what was sent to its mock."""
    report = yield
    if report.failed and report.when == "call":
        for handle in item.stash.get(_HANDLES, []):
            report.sections.append((f"what was sent to {handle.url}", handle.describe_calls()))
    return report


@pytest.fixture(scope="session")
def cannon_session_clock() -> ManualClock:
    """The one clock of a session; it only goes on, from test to test."""
    _need()
    from cannon_mock import ManualClock

    return ManualClock()


@pytest.fixture
def cannon_clock(cannon_session_clock: ManualClock) -> ManualClock:
    """The time of the mocks of this test: ``advance``, ``set``, ``now_ms``, and ``sleep`` in place of time.sleep."""
    return cannon_session_clock


@pytest.fixture
def cannon_mock(request: pytest.FixtureRequest, cannon_session_clock: ManualClock) -> Iterator[MockHandle]:
    """A mock of its own behind the vendor's address, within httpx and httpx2: code under test needs no change."""
    from cannon_mock.testing.bridge import bridge_app

    handle = _made(_settings(request), cannon_session_clock)
    try:
        with bridge_app(handle.app, handle.url, _checker(handle)):
            yield from _lent(request, handle)
    finally:
        _forget(handle)
    if handle.unknown:
        pytest.fail("calls that the mock does not know:\n" + "\n".join(handle.unknown), pytrace=False)


@pytest.fixture(scope="session")
def cannon_servers(cannon_session_clock: ManualClock) -> Iterator[Callable[[dict[str, Any]], MockHandle]]:
    """Servers on sockets of this machine, one for each set of settings, for the whole session."""
    from cannon_mock.serving import serve

    running: dict[str, MockHandle] = {}
    with ExitStack() as stack:

        def served(settings: dict[str, Any]) -> MockHandle:
            name = repr(sorted(settings.items()))
            if name not in running:
                handle = _made(settings, cannon_session_clock)
                handle.url = stack.enter_context(serve.serve_in_background(handle.app))
                running[name] = handle
            return running[name]

        yield served


@pytest.fixture
def cannon_server(
    request: pytest.FixtureRequest, cannon_servers: Callable[[dict[str, Any]], MockHandle]
) -> Iterator[MockHandle]:
    """A mock at ``url``, for any client; ``key`` is an account of this test alone."""
    from cannon_mock.model.keys import derive_account
    from cannon_mock.testing.mock_handle import MockHandle

    served = cannon_servers(_settings(request))
    key = f"cs_test_{hashlib.sha256(f'{request.node.nodeid} {id(request)}'.encode()).hexdigest()[:24]}"
    yield from _lent(request, MockHandle(served.app, served.url, key, served.mailbox, derive_account(key)))


def _lent(request: pytest.FixtureRequest, handle: MockHandle) -> Iterator[MockHandle]:
    request.node.stash.setdefault(_HANDLES, []).append(handle)
    yield handle
    handle.close()


def _made(settings: dict[str, Any], clock: ManualClock) -> MockHandle:
    from cannon_mock import Config, create_app
    from cannon_mock.stores import StoreError
    from cannon_mock.testing.mock_handle import Mailbox, MockHandle
    from cannon_mock.views import context
    from cannon_mock.webhooks import outgoing
    from cannon_spec.errors import CannonSpecError

    try:
        config = Config(**settings)
        mailbox = Mailbox(outgoing.build_send(config.webhook_hosts))
        app = create_app(config, clock=clock, send=mailbox.send)
    except (TypeError, ValueError, CannonSpecError, StoreError) as error:
        pytest.fail(f"cannon: {error}", pytrace=False)
    store = context.find_context(app).store

    def derive_account(id_: str) -> str:
        task = store.tasks.get(id_)
        return "" if task is None else task.account

    mailbox.account_of = derive_account
    return MockHandle(app, context.find_context(app).catalog.base_url, "cs_test_pytest", mailbox)


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of a test: by its marker, else by option, else by ini value. Fails where one cannot be."""
    given = {
        name: request.config.getoption(f"--cannon-{name}") or request.config.getini(f"cannon_{name}")
        for name in _SETTINGS
    }
    settings = {**_DEFAULTS, **{name: value for name, value in given.items() if value}}
    for mark in reversed(list(request.node.iter_markers("cannon"))):
        settings |= mark.kwargs
        if mark.args:
            pytest.fail("cannon: a setting has a name, as @pytest.mark.cannon(credits=50)", pytrace=False)
    return _sound(settings)


def _sound(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that have the names and kinds of the mock's. Fails, saying what there is, for others."""
    from cannon_mock import Config

    known = {name: type(getattr(Config(), name)) for name in Config.__dataclass_fields__}
    for name, value in settings.items():
        if name not in known:
            pytest.fail(f"cannon: no setting {name}; known: {', '.join(known)}", pytrace=False)
        try:
            settings[name] = int(value) if known[name] is int else value
        except (TypeError, ValueError):
            pytest.fail(f"cannon: {name} is a number, not {value!r}", pytrace=False)
        if known[name] is str and not isinstance(value, str):
            pytest.fail(f"cannon: {name} is text (of a file its path), not {type(value).__name__}", pytrace=False)
    return settings


def _checker(handle: MockHandle) -> Callable[[httpx.Response], None]:
    """Fails a call to an address that the API does not have: at once, and once more where that was swallowed."""

    def check(reply: httpx.Response) -> None:
        if "unknown-address-404" in reply.headers.get("x-mock-evidence", ""):
            call = f"{reply.request.method} {reply.request.url} -> {reply.status_code}"
            handle.unknown.append(call)
            raise AssertionError(f"{call}: the mock does not know this call of the API; see its error body")

    return check


def _forget(handle: MockHandle) -> None:
    """The session's clock moves this test's webhooks no more."""
    from cannon_mock.views import context

    handle.clock.move_handlers.remove(context.find_context(handle.app).webhook_sender.deliver_until)


def _need() -> None:
    try:
        import flask  # noqa: F401 - only whether they are there
        import httpx  # noqa: F401
        import respx  # noqa: F401
    except ImportError as error:
        pytest.fail(
            f"{error.name} is missing; install the extra testing: pip install 'cannon-spec[testing]'", pytrace=False
        )
