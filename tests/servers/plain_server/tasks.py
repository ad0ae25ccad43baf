"""Tasks, and where they are found again."""

from dataclasses import dataclass

from tests.servers.plain_server.messages import JsonObject
from tests.servers.plain_server.rows import Operation


@dataclass(frozen=True)
class Order:
    """What a valid create asks for; the choices that its input left open are made."""

    operation: Operation
    input: JsonObject
    webhook_url: str | None
    model: str
    aspect_ratio: str
    resolution: str


@dataclass(frozen=True)
class Task:
    """One accepted order. Its whole course is known from the start, so that the clock alone tells its state."""

    id: str
    task_id: str
    account_id: str
    order: Order
    price: int
    created_ms: int
    started_ms: int
    completed_ms: int
    failure: str | None = None

    @property
    def operation(self) -> Operation:
        """The operation that the order names."""
        return self.order.operation


class TaskStore:
    """All tasks, by request id and by task id. A dict's own atomicity suffices for its single steps."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.tasks_by_task_id: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Keep a task."""
        self.tasks_by_task_id[task.task_id] = task
        self.tasks[task.id] = task

    def find(self, request_id: str) -> Task | None:
        """Find a task by the id that its create returned."""
        return self.tasks.get(request_id)

    def find_by_task_id(self, task_id: str) -> Task | None:
        """Find a task by the id that its output and its assets carry."""
        return self.tasks_by_task_id.get(task_id)
