"""Defects of webhooks: none, too early, or of another content than a poll has."""

from __future__ import annotations

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.lifecycle import PROCESSING
from tests.servers.plain_server.messages import JsonObject
from tests.servers.plain_server.tasks import Task
from tests.servers.plain_server.webhooks import Webhooks


class NoWebhooks(Webhooks):
    """Sends nothing."""

    def schedule_webhook(self, task: Task, now: int) -> None:
        pass


class EarlyWebhooks(Webhooks):
    """Sends a webhook when a request is created."""

    def webhook_delay_ms(self, task: Task, now: int) -> int:
        return 1


class OnlyFailures(Webhooks):
    """Tells failures alone."""

    def schedule_webhook(self, task: Task, now: int) -> None:
        if task.failure:
            super().schedule_webhook(task, now)


class TaskId(Webhooks):
    """Names the downstream task as the id."""

    def webhook_body(self, task: Task) -> JsonObject:
        return {**super().webhook_body(task), "id": task.task_id}


class StaleStatus(Webhooks):
    """Says that a request is still processing."""

    def webhook_body(self, task: Task) -> JsonObject:
        return {**super().webhook_body(task), "status": PROCESSING}


class EmptyBody(Webhooks):
    """Says nothing of a request."""

    def webhook_body(self, task: Task) -> JsonObject:
        return {}


AT_THE_END, CONTENT = "sent at the end", "equal to the polled object's id and status"
CLAIM = "lifecycle-webhook"

DEFECTS = (
    Defect("no webhook is sent", AT_THE_END, CLAIM, "expected", Parts(webhooks=NoWebhooks)),
    Defect("a webhook is sent at the create", AT_THE_END, CLAIM, "end", Parts(webhooks=EarlyWebhooks)),
    Defect("only failures are told", AT_THE_END, CLAIM, "expected", Parts(webhooks=OnlyFailures)),
    Defect("a webhook has another id", CONTENT, CLAIM, "img_", Parts(webhooks=TaskId)),
    Defect("a webhook has a stale status", CONTENT, CLAIM, "processing", Parts(webhooks=StaleStatus)),
    Defect(
        "a webhook has no id",
        *(CONTENT, "webhook-event", "does not name its request's id", Parts(webhooks=EmptyBody)),
        outcome="observed",
    ),
)
