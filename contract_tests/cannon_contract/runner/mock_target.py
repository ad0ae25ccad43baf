"""A mock in this process as a target: the only module of the contract tests that imports the mock (floor 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cannon_contract.client.api import Api
from cannon_contract.client.recording import build_redactor
from cannon_contract.runner.targets import build_sender, make_key
from cannon_contract.spending.default_input import find_default_input
from cannon_spec import Catalog

_PATIENCE_S = 1800


@dataclass(frozen=True, slots=True)
class MockWrapper:
    """Functions that wrap a mock in this process: its WSGI application, and the function that sends its webhooks.

    The tests of the contract tests break promises with it.
    """

    app: Callable[[Any], Any] = lambda app: app
    send: Callable[[Any], Any] = lambda send: send


def make_mock_api(
    catalog: Catalog,
    operation: str,
    wrapper: MockWrapper = MockWrapper(),
    *,
    default_input: Mapping[str, Any] | None = None,
    send: Any = None,
    while_waiting: Callable[[], object] | None = None,
    **settings: Any,
) -> Api:
    """Make a new mock in this process, with a clock that ``sleep`` moves.

    ``settings`` are those of ``cannon_mock.Config``. ``send`` gets its webhooks; ``while_waiting`` is called once while
    the mock keeps a call waiting.
    """
    from cannon_mock import Config, create_app

    clock = _make_clock(while_waiting)
    config = Config(**{"admin": False, **settings})  # no test calls the admin routes of this mock
    app = create_app(
        config,
        catalog=None if config.overlay else catalog,
        clock=clock,
        send=wrapper.send(send) if send else None,
    )
    client = httpx.Client(transport=httpx.WSGITransport(app=wrapper.app(app)))
    key = make_key()
    return Api(
        url="http://mock.test",
        key=key,
        send=build_sender(client, build_redactor([key])),
        sleep=clock.sleep,
        now_s=lambda: clock.now_ms() / 1000,
        catalog=catalog,
        is_mock=True,
        may_move_clock=True,
        patience_s=_PATIENCE_S,
        switches={name: getattr(config, name) for name in config.__dataclass_fields__},
        operation=operation,
        default_input=find_default_input(catalog, operation) if default_input is None else default_input,
    )


def _make_clock(while_waiting: Callable[[], object] | None) -> Any:
    """Make a clock that calls ``while_waiting`` before the mock's own first wait moves it."""
    from cannon_mock import ManualClock

    class WaitingClock(ManualClock):
        def sleep_ms(self, ms: int) -> None:
            nonlocal while_waiting
            callback, while_waiting = while_waiting, None
            if callback is not None:
                callback()
            super().sleep_ms(ms)

    return WaitingClock()
