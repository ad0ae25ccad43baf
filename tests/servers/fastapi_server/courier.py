"""The courier of webhooks."""

import json
import logging
import threading
import urllib.request
from http.client import HTTPException

from .clock import Clock
from .replies import Writer
from .task import Task

TIMEOUT_SECONDS = 2
LOG = logging.getLogger(__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Courier:
    """Posts the request object once, when its request ends."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)

    def wait_for(self, task: Task) -> None:
        """Post when the request ends, if it has a webhook."""
        if task.order.webhook_url is not None:
            timer = threading.Timer(max(0.0, task.completed_at - self._clock.now()), self._deliver, (task,))
            timer.daemon = True
            timer.start()

    def _deliver(self, task: Task) -> None:
        body = json.dumps(self._writer.request_object(task, max(task.completed_at, self._clock.now())))
        try:
            call = urllib.request.Request(
                task.order.webhook_url or "",
                data=body.encode(),
                headers={"Content-Type": "application/json", "User-Agent": "cannon/1"},
            )
            self._opener.open(call, timeout=TIMEOUT_SECONDS).close()
        except (OSError, ValueError, HTTPException) as error:
            LOG.warning("webhook of %s was not delivered: %s", task.id, error)
