"""Webhooks: the event of a task's end, signed and sent when it is due (floor 4)."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from standardwebhooks.webhooks import Webhook

from cannon_mock.clock import Clock
from cannon_mock.config import Config
from cannon_mock.model import task_view
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.model.scenarios import WebhookFaults
from cannon_mock.model.tasks import Task
from cannon_mock.stores import Store
from cannon_mock.webhooks.outgoing import TIMEOUT_S, Send
from cannon_spec.contract.catalog import Catalog

PATIENCE_MS = 2 * TIMEOUT_S * 1000
"""After this much real time, a process that claimed an attempt and has not finished it must have ended."""

_PAUSE_S = 0.005

_is_receiving: ContextVar[bool] = ContextVar("is_receiving", default=False)


@contextmanager
def mark_receiver() -> Iterator[None]:
    """Tell code within the context from others: it is a receiver of webhooks, and need not be waited for by itself."""
    token = _is_receiving.set(True)
    try:
        yield
    finally:
        _is_receiving.reset(token)


@dataclass(slots=True)
class WebhookSender:
    """Sends the webhooks that are due, one after the other. ``find_webhook_faults`` gives the faults of a scenario.

    ``inline``: no thread sends them, so they are sent at the end of each request to the mock.
    """

    catalog: Catalog
    config: Config
    store: Store
    clock: Clock
    secret: str
    send: Send
    find_webhook_faults: Callable[[str], WebhookFaults]
    inline: bool = True
    _lock: Lock = field(default_factory=Lock)

    def deliver(self) -> int:
        """Make every attempt that is due by now, in order, and return their number; 0 while another thread does it."""
        count = 0
        while self._deliver_one():
            count += 1
        return count

    def deliver_until(self, to_ms: int) -> None:
        """Move the clock from one due attempt to the next, up to ``to_ms``, and make each.

        It does nothing where a receiver in this process moves the clock: what becomes due is sent after it has ended.
        """
        while not _is_receiving.get() and self._advance(to_ms):
            pass

    def _advance(self, to_ms: int) -> bool:
        """Make the next attempt, or wait a moment for one under way; False where there is neither by ``to_ms``."""
        deliveries = self.store.deliveries
        due_ms = deliveries.find_next_due_ms()
        if due_ms is not None and due_ms <= to_ms:
            self.clock.move_to(due_ms)
            with self.clock.let_others_move():
                if not self._deliver_one():  # another thread or process makes this attempt
                    time.sleep(_PAUSE_S)
            return True
        # An attempt that fails is due again, perhaps before ``to_ms``: its end is awaited, for up to PATIENCE_MS.
        if deliveries.has_attempt_under_way():
            deliveries.fail_dead_attempts(self.clock.now_ms())
            with self.clock.let_others_move():
                time.sleep(_PAUSE_S)
            return True
        return False

    def _deliver_one(self) -> bool:
        """Make the attempt that is due first; False where none is, or where another thread makes one."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            delivery = self.store.deliveries.claim(self.clock.now_ms())
            if delivery is None:
                return False
            self._attempt(delivery)
            return True
        finally:
            self._lock.release()

    def _attempt(self, delivery: Delivery) -> None:
        """Make an attempt, and store how it ended even where ``send`` raises: a claimed attempt must not stay open."""
        try:
            with mark_receiver():
                self._send(delivery)
        except BaseException as error:  # from a ``send`` that the caller of create_app passed in
            response = DeliveryResponse(None, f"{type(error).__name__}: {error}"[:200])
            self.store.deliveries.finish(delivery, response, self.clock.now_ms())
            if not isinstance(error, Exception):
                raise

    def _send(self, delivery: Delivery) -> None:
        task = self.store.tasks.get(delivery.task_id)
        if task is None:
            return self.store.deliveries.cancel(delivery, "failed", "the request was forgotten")
        faults = self.find_webhook_faults(task.scenario)
        if faults.lost:
            return self.store.deliveries.cancel(delivery, "lost", "lost, as the scenario says")
        headers, body = self._sign(delivery.id, build_event(self.catalog, task, delivery.base_url), faults)
        responses = [self.send(delivery.url, body, headers) for _ in range(faults.copies)]
        response = responses[-1]
        if response is None:
            note = "not sent: only this machine is called; --allow-webhooks-to HOST allows others"
            return self.store.deliveries.cancel(delivery, "not-sent", note)
        return self.store.deliveries.finish(delivery, response, self.clock.now_ms())

    def _sign(self, id_: str, body: bytes, faults: WebhookFaults) -> tuple[Mapping[str, str], bytes]:
        """The headers and the body to send, with the faults of the scenario applied."""
        is_wall_time = self.config.webhook_timestamps == "wall"
        now_s = int(time.time() if is_wall_time else self.clock.now_ms() / 1000) - faults.age_s
        secret = derive_other_secret(self.secret) if faults.wrong_secret else self.secret
        signature = Webhook(secret).sign(id_, datetime.fromtimestamp(now_s, UTC), body.decode())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "cannon-mock",
            "webhook-id": id_,
            "webhook-timestamp": str(now_s),
            "webhook-signature": signature,
        }
        # Changed after it was signed; the space makes it another body where it has no such word.
        return headers, body.replace(b'"succeeded"', b'"failed"', 1) + b" " if faults.changed_body else body


def build_event(catalog: Catalog, task: Task, base_url: str) -> bytes:
    """The body of a task's webhook: the same at each attempt."""
    ended_ms = task.timeline.ended_ms
    view = task_view.build_view(catalog, task, ended_ms, base_url)
    moment = datetime.fromtimestamp(ended_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {"type": f"request.{view['status']}", "timestamp": moment, "data": view}
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def encode_secret(random_bytes: bytes) -> str:
    """Random bytes as a signing secret."""
    return f"whsec_{b64encode(random_bytes).decode()}"


def derive_other_secret(secret: str) -> str:
    """Another secret, always the same one for the same secret."""
    return encode_secret(hashlib.sha256(secret.encode()).digest())
