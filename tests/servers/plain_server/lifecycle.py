"""The course of a task: when it starts, when it ends, what it is now."""

import secrets
import time
from urllib.parse import urlsplit

from tests.servers.plain_server.settings import Settings
from tests.servers.plain_server.tasks import Order, Task

QUEUED, PROCESSING, SUCCEEDED, FAILED = "queued", "processing", "succeeded", "failed"
TERMINAL = (SUCCEEDED, FAILED)
QUEUED_MS = 2000


class Lifecycle:
    """Plans tasks, and reads their state from the clock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def now_ms(self) -> int:
        """Read the clock in whole epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def plan_task(self, account_id: str, order: Order, price: int, now: int) -> Task:
        """Make a task with its ids and its times."""
        started_ms = now + self.queue_ms(order)
        return Task(
            id=self.new_request_id(),
            task_id=self.new_task_id(order),
            account_id=account_id,
            order=order,
            price=price,
            created_ms=now,
            started_ms=started_ms,
            completed_ms=started_ms + self.work_ms(order),
            failure=self.find_failure(order),
        )

    def new_request_id(self) -> str:
        """Make an id that nobody guesses."""
        return f"req_{secrets.token_hex(12)}"

    def new_task_id(self, order: Order) -> str:
        """Make the id of the downstream task."""
        return f"{order.operation.prefix}_{secrets.token_hex(12)}"

    def queue_ms(self, order: Order) -> int:
        """Tell how long an order waits."""
        return self.settings.shorten(QUEUED_MS)

    def work_ms(self, order: Order) -> int:
        """Tell how long the work on an order takes."""
        return self.settings.shorten(order.operation.work_ms)

    def find_failure(self, order: Order) -> str | None:
        """Say why the work will fail: a source under the reserved top level domain can never be fetched."""
        if any((urlsplit(url).hostname or "").endswith(".invalid") for url in source_urls(order)):
            return "A source file could not be fetched."
        return None

    def advance_state(self, task: Task, now: int) -> str:
        """Tell the state of a task at a time."""
        if now < task.started_ms:
            return QUEUED
        if now < task.completed_ms:
            return PROCESSING
        return FAILED if task.failure else SUCCEEDED


def source_urls(order: Order) -> list[str]:
    """List the addresses that an input names."""
    urls: list[str] = []
    for name, field in order.operation.fields.items():
        value = order.input.get(name)
        if field.kind == "url" and isinstance(value, str):
            urls.append(value)
        if field.kind == "urls" and isinstance(value, list):
            urls += [item for item in value if isinstance(item, str)]
    return urls
