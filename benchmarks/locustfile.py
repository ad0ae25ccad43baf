"""Clients for locust that have pictures made, each with a key of its own.

``.load/bin/python -m locust -f benchmarks/locustfile.py --host http://127.0.0.1:2266``, from the top of the checkout.
"""

from __future__ import annotations

from itertools import count

import gevent
from locust import FastHttpUser, task

from benchmarks.client_calls import make_picture

_numbers = count()


class PictureUser(FastHttpUser):
    """One user of the API, who asks for the next picture when the last one has come."""

    def on_start(self) -> None:
        """Choose the key."""
        self._key = f"cs_load_{next(_numbers)}"

    @task
    def have_picture_made(self) -> None:
        """Have a picture made that no cache has."""
        make_picture(self.client, self._key, f"A lighthouse in fog, number {next(_numbers)}", gevent.sleep)
