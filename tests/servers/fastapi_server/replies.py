"""The replies of the API."""

from typing import Any

from .account import Key
from .asset import Vault
from .clock import object_time, server_time
from .task import Task
from .work import Work, write

Reply = dict[str, Any]

POLL_MS = 1500
RETENTION_DAYS = 7
RETENTION_MS = RETENTION_DAYS * 86_400_000


def status_reply(key: Key, now: float) -> Reply:
    """Tell that a key works, and what its account has."""
    credits = key.account.balance()
    return {
        "ok": True,
        "status": "ok",
        "message": "Your API key works.",
        "creditsRemaining": credits,
        "credits": {"remaining": credits},
        "account": {"email": key.account.email, "plan": key.account.plan},
        "apiKey": {"name": key.name, "scopes": list(key.scopes)},
        "serverTime": server_time(now),
    }


class Writer:
    """Writes what is said of a request."""

    def __init__(self, base: str, vault: Vault, pace: float) -> None:
        self._base = base
        self._vault = vault
        self._poll_ms = max(1, round(POLL_MS / pace))

    def acceptance(self, task: Task) -> Reply:
        """Tell that a request was accepted: a repeat gets the same."""
        return {
            "id": task.id,
            "status": "queued",
            "operation": task.order.operation,
            "poll_after_ms": self._poll_ms,
            "urls": {"get": f"{self._base}/api/v1/requests/{task.id}"},
        }

    def request_object(self, task: Task, now: float) -> Reply:
        """Write the request object as it is at a time."""
        status = task.status(now)
        head = {
            "id": task.id,
            "operation": task.order.operation,
            "status": status,
            "createdAtMs": object_time(task.created_at),
        }
        if status == "queued":
            return head
        return head | (_progress(task) if status == "processing" else self._result(task))

    def _result(self, task: Task) -> Reply:
        output = write(task.order.kind.output, self._work(task))
        headline = task.order.kind.headline
        value, completed_ms = output[headline], object_time(task.completed_at)
        return {
            "billableCredits": task.price,
            "inputPreview": task.order.kind.preview_of(task.order.input),
            "outputPreview": f"Asset ready: {value}" if task.assets else value,
            "startedAtMs": object_time(task.started_at),
            "completedAtMs": completed_ms,
            "errorMessage": None,
            "output": output,
            "requestLog": {
                "available": True,
                "retentionDays": RETENTION_DAYS,
                "retainedUntilMs": completed_ms + RETENTION_MS,
                "input": task.order.input,
                "output": {headline: value},
                "errorMessage": None,
            },
        }

    def _work(self, task: Task) -> Work:
        return Work(
            operation=task.order.operation,
            input=task.order.input,
            task_id=task.task_id,
            price=task.price,
            addresses={label: self._vault.address(asset) for label, asset in task.assets.items()},
        )


def _progress(task: Task) -> Reply:
    provider, model = task.order.kind.downstream(task.order.input)
    return {
        "billableCredits": task.price,
        "startedAtMs": object_time(task.started_at),
        "completedAtMs": None,
        "errorMessage": None,
        "output": {"task_id": task.task_id, "status": "processing", "provider": provider, "model": model},
    }
