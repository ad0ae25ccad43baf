"""Receivers of webhooks in a test: functions, sync or async, and what their return values mean (floor 5)."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, Final, TypeVar

import pytest

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.serving.real_time_loop import RealTimeLoop
from cannon_mock.webhooks.outgoing import Send, parse_retry_after

T = TypeVar("T")

WebhookReceiver = Callable[[bytes, Mapping[str, str]], object]
"""Takes the body and the headers of a webhook, and returns a response as ``read_response`` says, or an awaitable."""

NOT_GIVEN: Final[Any] = object()
"""Stands for an argument that was left out, where None has a meaning."""

_LEGAL = (
    "None (200), a status from 100 to 599, True (200), False (500), or a response of Flask, Django, Starlette, "
    "aiohttp, httpx or requests"
)
_SHOWN_CHARACTERS = 200


def build_send(receiver: WebhookReceiver, timeout_s: float) -> Send:
    """A ``Send`` that passes webhooks to a function, which has ``timeout_s`` seconds where it is async.

    Raises TypeError for what is not a function of (body, headers).
    """
    _check_receiver(receiver)

    def send(_url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse:
        value = receiver(body, headers)
        return read_response(_await(value, timeout_s) if inspect.isawaitable(value) else value)

    return send


def read_response(value: object) -> DeliveryResponse:
    """The response that the return value of a receiver stands for.

    Raises pytest's failure, with a sentence, for a value that stands for none.
    """
    status = _read_status(value)
    if status is None or not 100 <= status <= 599:
        raise _build_failure(f"the webhook receiver returned {value!r:.{_SHOWN_CHARACTERS}}; return {_LEGAL}")
    find_header = getattr(getattr(value, "headers", None), "get", lambda _: None)
    return DeliveryResponse(status, "", parse_retry_after(find_header("Retry-After")))


def run_async(coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """The result of a coroutine, which runs in an event loop and a thread of its own with the caller's context.

    The caller's thread waits, so that a loop which it runs stands still meanwhile. Raises what the coroutine raises,
    and pytest's failure after ``timeout_s`` seconds.
    """
    outcome: Future[T] = Future()

    def settle() -> None:
        try:
            with asyncio.Runner(loop_factory=RealTimeLoop) as runner:
                outcome.set_result(runner.run(_limit_time(coroutine, timeout_s)))
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            outcome.set_exception(error)

    # A daemon: Ctrl-C ends the run even where the coroutine blocks its loop.
    threading.Thread(target=copy_context().run, args=(settle,), daemon=True).start()
    return outcome.result()


def _check_receiver(receiver: object) -> None:
    if not callable(receiver):
        raise TypeError(f"{receiver!r} cannot be called; pass a function of (body, headers), or an application as app=")
    try:
        signature = inspect.signature(receiver)
    except ValueError:  # some functions in C have none
        return
    if "start_response" in signature.parameters:
        raise TypeError(f"{receiver!r} is an application; pass it as app=")
    try:
        signature.bind(b"", {})
    except TypeError:
        text = f"the webhook receiver {receiver!r} takes {signature}; it must take (body, headers)"
        raise TypeError(f"{text}; an application is passed as app=") from None


def _await(awaitable: Awaitable[object], timeout_s: float) -> object:
    if asyncio.isfuture(awaitable):  # of a loop that stands still meanwhile, and that no other loop can await
        advice = "pass an async function, or return its coroutine"
        raise _build_failure(f"the webhook receiver returned {awaitable!r}, a task of another loop; {advice}")

    async def wait() -> object:
        return await awaitable

    return run_async(wait(), timeout_s)


async def _limit_time(coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
    try:
        async with asyncio.timeout(timeout_s) as limit:
            return await coroutine
    except TimeoutError:
        if not limit.expired():
            raise
        text = f"the webhook receiver did not end within {timeout_s:g} seconds, the setting webhook_timeout"
        raise _build_failure(text) from None


def _read_status(value: object) -> int | None:
    """The status in the return value of a receiver; None where it has none."""
    if value is None:
        return 200
    if isinstance(value, bool):
        return 200 if value else 500
    if isinstance(value, int):
        return value
    if isinstance(value, type):  # the class of a response, whose default status is not what the receiver meant
        return None
    # Flask's and Django's responses have a text as ``status``, aiohttp's have no ``status_code``.
    numbers = [getattr(value, name, None) for name in ("status_code", "status")]
    return next((number for number in numbers if isinstance(number, int) and not isinstance(number, bool)), None)


def _build_failure(message: str) -> BaseException:
    return pytest.fail.Exception(message, pytrace=False)
