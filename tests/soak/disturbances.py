"""What is wrong at a time: which processes are down, and whether the store is away."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from tests.soak.answers import Circumstances

Kind = Literal["down", "away", "full"]

GRACE_S = 5
"""How long after the end of a disturbance its answers may still come: connections notice it late."""


@dataclass(slots=True)
class Disturbance:
    """One disturbance, from its start to its end in seconds of a monotonic clock."""

    kind: Kind
    began_s: float
    ended_s: float = float("inf")

    def overlaps(self, began_s: float, ended_s: float) -> bool:
        """Whether it lasted, or was over for a moment only, in this time."""
        return self.began_s <= ended_s and began_s <= self.ended_s + GRACE_S


class Disturbances:
    """The disturbances of one cycle. Threads may read them at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._list: list[Disturbance] = []

    @contextmanager
    def disturb(self, kind: Kind) -> Iterator[None]:
        """Note that something is wrong while the context lasts."""
        disturbance = Disturbance(kind, monotonic())
        with self._lock:
            self._list.append(disturbance)
        try:
            yield
        finally:
            disturbance.ended_s = monotonic()

    def find_circumstances(
        self, began_s: float, ended_s: float, asked_statuses: Collection[int | None]
    ) -> Circumstances:
        """What was wrong during a call."""
        with self._lock:
            kinds = {each.kind for each in self._list if each.overlaps(began_s, ended_s)}
        return Circumstances("down" in kinds, "away" in kinds, "full" in kinds, asked_statuses)
