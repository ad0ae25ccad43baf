"""Idempotency: which create repeats which."""

from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.messages import Request
from tests.servers.plain_server.tasks import Task


class Repeats:
    """Remembers the first task of each idempotency key; the service calls it under its lock."""

    def __init__(self) -> None:
        self.first_tasks: dict[tuple[str, str], Task] = {}

    def read_key(self, request: Request) -> str:
        """Read the idempotency key; an absent or empty one asks for nothing."""
        return request.header("x-idempotency-key")

    def scope(self, caller: Caller, key: str) -> tuple[str, str]:
        """Name what a key is unique in: the account."""
        return caller.account.id, key

    def find_repeat(self, caller: Caller, key: str) -> Task | None:
        """Find the task that the same account created with the same key."""
        return self.first_tasks.get(self.scope(caller, key)) if key else None

    def remember(self, caller: Caller, key: str, task: Task) -> None:
        """Keep the task of a key."""
        if key:
            self.first_tasks[self.scope(caller, key)] = task
