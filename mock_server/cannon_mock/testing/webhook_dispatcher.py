"""The receivers of webhooks that tests have set (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Context, copy_context
from functools import partial
from typing import Any

import pytest

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.testing import webhook_apps, webhook_receivers
from cannon_mock.testing.webhook_receivers import NOT_GIVEN
from cannon_mock.webhooks.outgoing import Send, describe_error
from cannon_mock.webhooks.sender import mark_receiver


class WebhookDispatcher:
    """Finds the receiver of a webhook: that of its account, or else that of every account.

    A receiver that is async has ``timeout_s`` seconds for each.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._receivers: dict[str, Send] = {}
        self._errors: list[BaseException] = []

    def set_receiver(self, account: str, receiver: Any, app: Any, path: str | None) -> None:
        """Set the receiver of an account, empty for every account; see MockHandle.on_webhook."""
        send = _build_send(receiver, app, path, self._timeout_s)
        self.remove_receiver(account)
        if send is not None:
            self._receivers[account] = partial(self._send, send, copy_context())

    def remove_receiver(self, account: str) -> None:
        """Send the webhooks of an account to their addresses again."""
        self._receivers.pop(account, None)

    def find_receiver(self, account: str) -> Send | None:
        """What takes the webhooks of an account; None where they are sent to their addresses."""
        return self._receivers.get(account) or self._receivers.get("")

    def _send(
        self, send: Send, context: Context, url: str, body: bytes, headers: Mapping[str, str]
    ) -> DeliveryResponse | None:
        """Call a receiver. What it raises is a failed attempt, and is kept for the end of the test.

        It sees the context variables of the place where it was set, and not those of the mock's own work.
        """

        def receive() -> DeliveryResponse | None:
            with mark_receiver():
                return send(url, body, headers)

        try:
            return context.copy().run(receive)
        except KeyboardInterrupt:
            raise  # the user stops the run
        except BaseException as error:  # noqa: BLE001 - pytest's outcomes and SystemExit would end the caller's poll
            self._errors.append(_build_error(error))
            return DeliveryResponse(500, describe_error(error))

    def raise_error(self) -> None:
        """Raise the first of what receivers raised, with the number of the others, and forget all."""
        errors, self._errors = self._errors, []
        if len(errors) > 1:
            errors[0].add_note(f"webhook receivers raised {len(errors) - 1} more, at this webhook or later ones")
        if errors:
            raise errors[0]


def _build_send(receiver: Any, app: Any, path: str | None, timeout_s: float) -> Send | None:
    if (receiver is NOT_GIVEN) == (app is None):
        raise TypeError("on_webhook takes a receiver or app=, one of both; on_webhook(None) removes the receiver")
    if app is not None:
        return webhook_apps.build_send(app, path, timeout_s)
    if path is not None:
        raise TypeError(f"path={path!r} is the path within an application; pass it together with app=")
    return None if receiver is None else webhook_receivers.build_send(receiver, timeout_s)


def _build_error(error: BaseException) -> BaseException:
    """What fails the test: an exception as it is, but for a skip, which would come when the test has run."""
    if not isinstance(error, pytest.skip.Exception):
        return error
    return pytest.fail.Exception(f"a webhook receiver skipped the test: {error.msg}; skip it in the test itself")
