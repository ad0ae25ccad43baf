"""The names of the records and queues that tasks are stored under (floor 4)."""

from __future__ import annotations

TASKS = "tasks"
"""The queue of tasks, by the time they end."""

WEBHOOKS = "webhooks"
"""The queue of deliveries, by the time they are due."""

KEYS = "keys"
"""The queue of idempotency keys, by the time they expire; its members are the names of their records."""

FORGOTTEN_COUNT = "forgotten"


def build_task_name(id_: str) -> str:
    """The record of a task."""
    return f"task:{id_}"


def build_delivery_name(task_id: str) -> str:
    """The record of the delivery of a task's webhook."""
    return f"hook:{task_id}"


def build_key_name(account: str, key: str) -> str:
    """The record of an account's idempotency key."""
    return f"key:{account}:{key}"


def build_account_name(account: str) -> str:
    """The record of an account's credits."""
    return f"account:{account}"


def build_due_name(account: str) -> str:
    """The queue of an account's ends that are not settled yet."""
    return f"due:{account}"
