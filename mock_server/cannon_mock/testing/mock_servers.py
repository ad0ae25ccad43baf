"""The mocks of a test run: one in process for a test, and those on sockets for the whole session (floor 5)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from cannon_mock import ManualClock, create_app
from cannon_mock.config import Config
from cannon_mock.model.keys import derive_account
from cannon_mock.serving import serve
from cannon_mock.stores import StoreError
from cannon_mock.testing.call_recorder import MOST_CALLS, CallRecorder, ReceivedCall
from cannon_mock.testing.fixture_clock import FixtureClock
from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.testing.webhook_dispatcher import WebhookDispatcher
from cannon_mock.views import context
from cannon_spec.errors import CannonSpecError

_WEBHOOK_ADVICE = (
    'set a receiver by on_webhook, or allow the host by @pytest.mark.cannon(allow_webhooks_to="app.example.com")'
)


def build_handle(config: Config, clock: ManualClock, recorder: CallRecorder) -> MockHandle:
    """A mock that no server runs. Fails the test for settings that cannot be used."""
    try:
        app = create_app(config, clock=clock)
    except (ValueError, CannonSpecError, StoreError) as error:
        pytest.fail(f"cannon: {error}", pytrace=False)
    mock = context.find_context(app)
    webhook_dispatcher = WebhookDispatcher(mock.config.webhook_timeout)
    mock.webhook_sender.find_receiver = webhook_dispatcher.find_receiver
    mock.webhook_sender.advice = _WEBHOOK_ADVICE
    recorder.attach(app)
    return MockHandle(app, mock.catalog.base_url, "cs_test_pytest", webhook_dispatcher, recorder=recorder)


def list_urls(handle: MockHandle) -> list[str]:
    """The addresses at which code finds a mock that no server runs: the API's, and that of assets where it has one."""
    asset_host = context.find_context(handle.app).config.asset_host
    return [handle.url, *([f"https://{asset_host}"] if asset_host else [])]


def detach_from_clock(handle: MockHandle) -> None:
    """Keep the clock from sending webhooks of this mock: other tests may use the clock too."""
    handle.clock.move_handlers.remove(context.find_context(handle.app).webhook_sender.deliver_until)


class MockServers:
    """The servers of a session: one for each set of settings, each with its clock.

    Tests share them, so that the time of a server only grows, from test to test.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._recorder = CallRecorder()
        self._handles: dict[Config, MockHandle] = {}
        self._watched_accounts: set[str] = set()
        self._other_calls: deque[ReceivedCall] = deque(maxlen=MOST_CALLS)

    def find(self, config: Config) -> MockHandle:
        """The server with these settings, which is started if need be; all accounts of it."""
        if config not in self._handles:
            self._handles[config] = self._stack.enter_context(self.run_server(config))
        return self._handles[config]

    @contextmanager
    def run_server(self, config: Config) -> Iterator[MockHandle]:
        """Run one more server while the context lasts."""
        handle = build_handle(config, FixtureClock(config.start_ms), self._recorder)
        with ExitStack() as stack:
            try:
                handle.url = stack.enter_context(serve.serve_in_background(handle.app))
            except ValueError as error:  # of a setting that only a server uses: a certificate
                pytest.fail(f"cannon: {error}", pytrace=False)
            yield handle

    def build_view(self, server: MockHandle, key: str) -> MockHandle:
        """A handle of a server that is limited to the account of a key."""
        account = derive_account(key)
        self._watched_accounts.add(account)
        return MockHandle(server.app, server.url, key, server.webhook_dispatcher, account, recorder=self._recorder)

    def start_test(self) -> None:
        """Keep the calls so far from those of the next test."""
        self._other_calls += self._recorder.take()

    def end_test(self, handle: MockHandle) -> tuple[list[ReceivedCall], list[ReceivedCall]]:
        """The calls since ``start_test``: those that the handle of the test shows, and the others."""
        self.note_watched_keys(handle)
        calls = self._recorder.take()
        return [call for call in calls if handle.shows(call)], [call for call in calls if not handle.shows(call)]

    def note_watched_keys(self, handle: MockHandle) -> None:
        """Count the keys of a handle as watched by somebody."""
        self._watched_accounts.update(handle.accounts)

    def end_session(self) -> tuple[list[ReceivedCall], list[ReceivedCall]]:
        """The last calls of no test, and those of them with a key that no handle ever watched."""
        self.start_test()
        unwatched_calls = [call for call in self._other_calls if call.account not in self._watched_accounts]
        return list(self._other_calls), unwatched_calls
