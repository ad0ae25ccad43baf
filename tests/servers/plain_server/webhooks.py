"""Webhooks: one attempt to tell a client that its task has ended."""

import logging
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from tests.servers.plain_server.lifecycle import Lifecycle
from tests.servers.plain_server.messages import JsonObject, write_json
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.tasks import Task

TIMEOUT_SECONDS = 2
LATENESS_MS = 5

log = logging.getLogger(__name__)


class Webhooks:
    """Waits for the end of each task that has a webhook's address, and posts to it then."""

    def __init__(self, lifecycle: Lifecycle, objects: Objects) -> None:
        self.lifecycle = lifecycle
        self.objects = objects
        self.timers: set[threading.Timer] = set()
        self.lock = threading.Lock()

    def schedule_webhook(self, task: Task, now: int) -> None:
        """Plan the attempt of a task, if it asks for one."""
        if task.order.webhook_url is not None:
            self.start_timer(self.webhook_delay_ms(task, now), lambda: self.deliver(task))

    def webhook_delay_ms(self, task: Task, now: int) -> int:
        """Tell how long to wait: until the end of the task, and a little for the grain of the clocks."""
        return task.completed_ms - now + LATENESS_MS

    def start_timer(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Run an action later, on a thread of its own."""

        def run() -> None:
            with self.lock:
                self.timers.discard(timer)
            action()

        timer = threading.Timer(delay_ms / 1000, run)
        timer.daemon = True
        with self.lock:
            self.timers.add(timer)
        timer.start()

    def deliver(self, task: Task) -> None:
        """Make the attempt; whatever goes wrong is only logged."""
        try:
            status = self.send_webhook(task)
            log.info("The webhook of %s was answered with %s.", task.id, status)
        except (OSError, HTTPException, ValueError) as error:
            log.warning("The webhook of %s was not delivered: %s.", task.id, error)

    def send_webhook(self, task: Task) -> int:
        """Post once, and follow no redirection; return the status of the answer."""
        address = urlsplit(task.order.webhook_url or "")
        body = write_json(self.webhook_body(task))
        connection = self.connect(address)
        try:
            connection.request("POST", self.webhook_path(address), body, self.webhook_headers())
            return connection.getresponse().status
        finally:
            connection.close()

    def connect(self, address: SplitResult) -> HTTPConnection:
        """Prepare a connection to the host of an address."""
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        return kind(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)

    def webhook_path(self, address: SplitResult) -> str:
        """Name what is posted to on that host."""
        return (address.path or "/") + (f"?{address.query}" if address.query else "")

    def webhook_headers(self) -> dict[str, str]:
        """Name the type of the body."""
        return {"Content-Type": "application/json"}

    def webhook_body(self, task: Task) -> JsonObject:
        """Tell the end of a task with the values of its request object."""
        now = max(self.lifecycle.now_ms(), task.completed_ms)
        whole = self.objects.build_object(task, now)
        return {key: whole[key] for key in ("id", "operation", "status", "output")}

    def stop(self) -> None:
        """Cancel every attempt that is still to come."""
        with self.lock:
            timers = list(self.timers)
            self.timers.clear()
        for timer in timers:
            timer.cancel()
