"""Requests that are sent at the same time, each on a thread of its own (floor 6)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import httpx

Answer = httpx.Response | BaseException
"""What came of one of several requests: its response, or the error in place of one."""

SendAll = Callable[[Sequence[httpx.Request]], list[Answer]]
"""Sends several requests at the same time, and returns what came of each, in their order."""


def send_in_parallel(
    send: Callable[[httpx.Request], httpx.Response], requests: Sequence[httpx.Request]
) -> list[Answer]:
    """Send all requests at the same time and wait for what comes of each.

    No thread sends before all are ready, so that the requests meet each other on their way.
    """
    answers: list[Answer] = [KeyboardInterrupt()] * len(requests)
    barrier = threading.Barrier(len(requests))

    def send_one(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = send(requests[number])
        except BaseException as error:  # noqa: BLE001 - nobody sees an error that a thread raises
            answers[number] = error

    threads = [threading.Thread(target=send_one, args=(number,), daemon=True) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
