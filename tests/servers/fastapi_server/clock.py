"""The clock of the service."""

import time
from datetime import UTC, datetime


class Clock:
    """Tells the wall time, which never runs backwards while the server lives."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Tell the seconds of the epoch."""
        return self._offset + time.monotonic()


def object_time(seconds: float) -> int:
    """Give a time as request objects show it: the milliseconds of a whole second."""
    return int(seconds) * 1000


def server_time(seconds: float) -> str:
    """Give a time as the status reply shows it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
