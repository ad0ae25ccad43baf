"""Webhooks: the event of a task's end, sent when it is due, to each receiver beside the others (floor 4)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from cannon_mock.clock import Clock
from cannon_mock.config import Config
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.model.scenarios import WebhookFaults
from cannon_mock.real_time import read_monotonic_s
from cannon_mock.stores import Store, StoreError
from cannon_mock.webhooks import attempts
from cannon_mock.webhooks.attempts import Patience, RunningAttempt, RunningAttempts, Turn
from cannon_mock.webhooks.event import SignedEvent, build_event, sign_event, write_event
from cannon_mock.webhooks.outgoing import Post, Send, describe_error, may_call
from cannon_spec.contract.catalog import Catalog

_MOST_ATTEMPTS = 500
"""How many attempts may be under way in one process: each holds a connection."""

_OTHERS_S = 3
"""How long a move of the clock waits for attempts of other threads and processes while none of them ends: the receiver
of one may wait for the move."""

_PAUSE_S = 0.005
_LONG_PAUSE_S = 0.1

_is_receiving: ContextVar[bool] = ContextVar("is_receiving", default=False)


@contextmanager
def mark_receiver() -> Iterator[None]:
    """Tell code within the context from others: it is a receiver of webhooks, and must not be waited for by itself."""
    token = _is_receiving.set(True)
    try:
        yield
    finally:
        _is_receiving.reset(token)


def find_patience_ms(config: Config) -> int:
    """After this much real time, a process that claimed an attempt and has not finished it must have ended."""
    return 15_000 + round(1000 * config.webhook_timeout)


@dataclass(slots=True)
class WebhookSender:
    """Sends the webhooks that are due.

    Webhooks of an account for which ``find_receiver`` has a function are passed to it, in the thread that delivers. The
    others are sent by ``post``, beside each other, in an event loop in which ``start`` runs coroutines.
    ``find_webhook_faults`` gives the faults of a scenario. ``advice`` says how to allow other hosts. ``inline``: no
    thread sends what is due, so it is sent at the end of each request to the mock.
    """

    catalog: Catalog
    config: Config
    store: Store
    clock: Clock
    secret: str = field(repr=False)
    find_webhook_faults: Callable[[str], WebhookFaults]
    post: Post
    start: Callable[[Coroutine[Any, Any, None]], Future[None]]
    find_receiver: Callable[[str], Send | None] = lambda _: None
    advice: str = "--allow-webhooks-to HOST allows others"
    inline: bool = True
    _lock: Lock = field(default_factory=Lock)
    _running: RunningAttempts = field(default_factory=RunningAttempts)
    _move_starts: list[int] = field(default_factory=list)
    """When, by the clock, each move of it that goes on has begun."""
    _unsent: deque[Delivery] = field(default_factory=deque)
    """Claimed attempts that could not be made, since the store failed."""
    _unstored: deque[tuple[Delivery, DeliveryResponse | None]] = field(default_factory=deque)
    """Attempts whose responses could not be stored."""

    def may_deliver(self, url: str, account: str) -> bool:
        """Whether a webhook of an account can be sent to an address, or has a receiver within this process."""
        return self.find_receiver(account) is not None or may_call(url, self.config.webhook_hosts)

    def deliver(self) -> None:
        """Make every attempt that is due by now, and wait for those of receivers that do not hang."""
        self._running.wait_for_quick(self.start_due())

    def start_due(self) -> list[RunningAttempt]:
        """Start every attempt that is due by now, in order; none while another thread does it.

        Attempts for one receiver are made one after the other, as long as it does not hang. Raises StoreError; what it
        leaves undone then, another call does.
        """
        if not self._lock.acquire(blocking=False):
            return []
        try:
            return self._start_due()
        finally:
            self._lock.release()

    def deliver_until(self, to_ms: int) -> None:
        """Move the clock from one due attempt to the next, up to ``to_ms``, and make each.

        It ends when the attempts that it made have ended; in a thread that runs an event loop, after a moment, since a
        receiver in that loop answers when the loop goes on. It does nothing where a receiver in this process moves the
        clock: what becomes due is sent after it has ended.

        While an attempt hangs, the clock goes on to those of others. So all that becomes due on the way counts as begun
        when it was due: otherwise each attempt that hangs would delay the next of its webhook by what others wait.
        """
        if _is_receiving.get():
            return
        start_ms = self.clock.now_ms()
        self._move_starts.append(start_ms)
        try:
            self._deliver_until(to_ms)
        finally:
            self._move_starts.remove(start_ms)

    def _deliver_until(self, to_ms: int) -> None:
        is_in_loop = attempts.is_in_event_loop()
        patience = Patience(attempts.find_grace_s() if is_in_loop else _OTHERS_S)
        own_attempts: list[RunningAttempt] = []
        while True:
            new_attempts = self._start_next(to_ms)
            own_attempts = [each for each in (*own_attempts, *new_attempts) if not each.future.done()]
            if new_attempts:
                patience.restart()
            elif own_attempts and not is_in_loop:
                with self.clock.let_others_move():
                    attempts.wait_for_one(own_attempts, _LONG_PAUSE_S)
            elif self._may_be_due_by(to_ms) and patience.lasts(self.store.deliveries.count_attempts_under_way()):
                self.store.deliveries.fail_dead_attempts(self.clock.now_ms())
                with self.clock.let_others_move():
                    attempts.wait_for_one((), _PAUSE_S)
            else:
                break

    def _start_next(self, to_ms: int) -> list[RunningAttempt]:
        """Move the clock to the attempt that is due first, if that is by ``to_ms``, and start what is due then."""
        due_ms = self.store.deliveries.find_next_due_ms()
        if due_ms is None or due_ms > to_ms:
            return []
        self.clock.move_to(due_ms)
        with self.clock.let_others_move():
            new_attempts = self.start_due()
            self._running.wait_for_quick(new_attempts)
        return new_attempts

    def _may_be_due_by(self, to_ms: int) -> bool:
        """Whether an attempt that another thread or process makes may be due, or due again, by ``to_ms``."""
        deliveries = self.store.deliveries
        due_ms = deliveries.find_next_due_ms()
        if due_ms is not None and due_ms <= to_ms:
            return True
        if self.clock.now_ms() + deliveries.shortest_retry_ms > to_ms:
            return False
        return deliveries.count_attempts_under_way() > 0

    def _start_due(self) -> list[RunningAttempt]:
        self._store_late_responses()
        new_attempts: list[RunningAttempt] = []
        line_ends_s = read_monotonic_s() + attempts.GRACE_S
        while len(self._running) < _MOST_ATTEMPTS:
            since_ms = min(self._move_starts, default=None)
            delivery = self._find_claimed() or self.store.deliveries.claim(self.clock.now_ms(), since_ms)
            if delivery is None:
                break
            address = attempts.find_receiver_address(delivery.url)
            line = [attempt.future for attempt in new_attempts if attempt.receiver == address]
            try:
                new_attempts.append(self._start(delivery, address, Turn(line[-1] if line else None, line_ends_s)))
            except StoreError:
                self._unsent.append(delivery)
                raise
        return new_attempts

    def _store_late_responses(self) -> None:
        while self._unstored:
            self._store_response(*self._unstored[0])
            self._unstored.popleft()

    def _find_claimed(self) -> Delivery | None:
        """An attempt of this process that could not be made; None where there is none that nobody else has failed."""
        while self._unsent:
            delivery = self._unsent[0]
            is_under_way = self.store.deliveries.is_under_way(delivery)
            self._unsent.popleft()
            if is_under_way:
                return delivery
        return None

    def _start(self, delivery: Delivery, address: str, turn: Turn) -> RunningAttempt:
        event, receiver = self._build_signed_event(delivery), self.find_receiver(delivery.account)
        if event is not None and receiver is None:
            attempt = RunningAttempt(self.start(self._post(delivery, event, turn)), address)
            self._running.add(attempt)
            return attempt
        if event is not None and receiver is not None:
            self._call(receiver, delivery, event)
        return attempts.build_ended_attempt()

    def _build_signed_event(self, delivery: Delivery) -> SignedEvent | None:
        """What to send at an attempt; None where nothing is sent."""
        task = self.store.tasks.get(delivery.task_id)
        if task is None:
            self.store.deliveries.cancel(delivery, "failed", "the request was forgotten")
            return None
        faults = self.find_webhook_faults(task.scenario)
        if faults.lost:
            self.store.deliveries.cancel(delivery, "lost", "lost, as the scenario says")
            return None
        clock_s = self.clock.now_ms() // 1000 if self.config.webhook_timestamps == "clock" else None
        body = write_event(
            build_event(self.catalog, task, delivery.base_url),
            is_compact=self.config.webhook_body == "compact",
            is_respelled=faults.respelled_body,
        )
        return SignedEvent(delivery.url, *sign_event(delivery.id, body, self.secret, clock_s, faults), faults.copies)

    def _call(self, receiver: Send, delivery: Delivery, event: SignedEvent) -> None:
        """Pass a webhook to a receiver within this process. Whatever it raises, the attempt must not stay open."""
        try:
            with mark_receiver():
                responses = [receiver(event.url, event.body, event.headers) for _ in range(event.copies)]
        except BaseException as error:
            self._finish(delivery, DeliveryResponse(None, describe_error(error)))
            if not isinstance(error, Exception):
                raise
        else:
            self._finish(delivery, responses[-1])

    async def _post(self, delivery: Delivery, event: SignedEvent, turn: Turn) -> None:
        await turn.wait()
        response = await self._post_in_time(event)
        # In a thread: a store that several processes share may take its time.
        await asyncio.to_thread(partial(self._finish, delivery, response))

    async def _post_in_time(self, event: SignedEvent) -> DeliveryResponse | None:
        seconds = self.config.webhook_timeout
        response: DeliveryResponse | None = None
        try:
            async with asyncio.timeout(seconds):
                for _ in range(event.copies):
                    response = await self.post(event.url, event.body, event.headers)
        except TimeoutError:
            return DeliveryResponse(None, f"no response within {seconds:g} seconds")
        except Exception as error:  # noqa: BLE001 - whatever the client raises, the attempt has failed
            return DeliveryResponse(None, describe_error(error))
        return response

    def _finish(self, delivery: Delivery, response: DeliveryResponse | None) -> None:
        """Store the response to an attempt, later where the store fails: otherwise it would be sent again."""
        try:
            self._store_response(delivery, response)
        except StoreError:
            self._unstored.append((delivery, response))

    def _store_response(self, delivery: Delivery, response: DeliveryResponse | None) -> None:
        if response is not None:
            return self.store.deliveries.finish(delivery, response, self.clock.now_ms())
        return self.store.deliveries.cancel(
            delivery, "not-sent", f"not sent: only this machine is called; {self.advice}"
        )
