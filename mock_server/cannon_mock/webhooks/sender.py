"""Webhooks: the event of a task's end, signed and delivered when it is due (floor 4)."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, get_ident

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
"""After so much real time whoever claimed an attempt is dead."""

_PAUSE_S = 0.005


@dataclass(slots=True)
class WebhookSender:
    """Delivers what is due, one after the other. ``hook_of`` says what a scenario does to its webhooks.

    ``inline``: after each exchange, as there is no thread to do it.
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
    _sender: int = 0

    def deliver(self) -> int:
        """Deliver all that is due by now, in order; how many attempts that were. Nothing where another is at it."""
        count = 0
        while self._deliver_one():
            count += 1
        return count

    def deliver_until(self, to_ms: int) -> None:
        """Move the clock from one due webhook to the next, up to ``to_ms``, and deliver each.

        Called by a receiver in the thread that sends, it does nothing: the move that is under way goes on.
        """
        while self._sender != get_ident() and self._next_step(to_ms):
            pass

    def _next_step(self, to_ms: int) -> bool:
        due_ms = self.store.deliveries.find_next_due_ms()
        if due_ms is not None and due_ms <= to_ms:
            self.clock.move_to(due_ms)
            if not self._deliver_one():
                time.sleep(_PAUSE_S)
            return True
        if self.store.deliveries.has_attempt_under_way():  # by another process or thread, for up to PATIENCE_MS
            self.store.deliveries.fail_dead_attempts(self.clock.now_ms())
            time.sleep(_PAUSE_S)
            return True
        return False

    def _deliver_one(self) -> bool:
        if not self._lock.acquire(blocking=False):
            return False
        self._sender = get_ident()
        try:
            delivery = self.store.deliveries.claim(self.clock.now_ms())
            if delivery is None:
                return False
            try:
                self._attempt(delivery)
            except (ValueError, OSError, RuntimeError) as error:  # of a sender that somebody handed in
                self.store.deliveries.finish(
                    delivery, DeliveryResponse(None, f"{type(error).__name__}: {error}"[:200]), self.clock.now_ms()
                )
            return True
        finally:
            self._sender = 0
            self._lock.release()

    def _attempt(self, delivery: Delivery) -> None:
        task = self.store.tasks.get(delivery.task_id)
        if task is None:
            return self.store.deliveries.cancel(delivery, "failed", "the request was forgotten")
        hook = self.find_webhook_faults(task.scenario)
        if hook.lost:
            return self.store.deliveries.cancel(delivery, "lost", "lost, as the scenario says")
        body = build_event(self.catalog, task, delivery.base_url)
        headers, sent = self._signed(delivery.id, body, hook)
        answers = [self.send(delivery.url, sent, headers) for _ in range(hook.copies)]
        answer = answers[-1]
        if answer is None:
            note = "not sent: only this machine is called; --allow-webhooks-to HOST allows others"
            return self.store.deliveries.cancel(delivery, "not-sent", note)
        return self.store.deliveries.finish(delivery, answer, self.clock.now_ms())

    def _signed(self, id_: str, body: bytes, hook: WebhookFaults) -> tuple[Mapping[str, str], bytes]:
        """Headers and body as they are sent, with what the scenario does to them."""
        by_wall = self.config.webhook_timestamps == "wall"
        now_s = int(time.time() if by_wall else self.clock.now_ms() / 1000) - hook.age_s
        secret = derive_other_secret(self.secret) if hook.wrong_secret else self.secret
        signature = Webhook(secret).sign(id_, datetime.fromtimestamp(now_s, UTC), body.decode())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "cannon-mock",
            "webhook-id": id_,
            "webhook-timestamp": str(now_s),
            "webhook-signature": signature,
        }
        return headers, body.replace(b'"succeeded"', b'"failed"', 1) + b" " if hook.changed_body else body


def build_event(catalog: Catalog, task: Task, base_url: str) -> bytes:
    """The body of a task's webhook: the same at each attempt."""
    ended_ms = task.timeline.ended_ms
    seen = task_view.build_view(catalog, task, ended_ms, base_url)
    moment = datetime.fromtimestamp(ended_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    whole = {"type": f"request.{seen['status']}", "timestamp": moment, "data": seen}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def encode_secret(chance: bytes) -> str:
    """A signing secret made of random bytes."""
    return f"whsec_{b64encode(chance).decode()}"


def derive_other_secret(secret: str) -> str:
    """A secret that is not this one."""
    return encode_secret(hashlib.sha256(secret.encode()).digest())
