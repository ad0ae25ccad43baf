"""Requests as they are kept."""

from dataclasses import dataclass

from .account import Account
from .asset import Asset
from .order import Order

QUEUE_SECONDS = 2.0


@dataclass(frozen=True)
class Task:
    """A request that was accepted. Its times are set at once; its status follows from the clock."""

    id: str
    account: Account
    order: Order
    task_id: str
    price: int
    assets: dict[str, Asset]
    created_at: float
    started_at: float
    completed_at: float

    def status(self, now: float) -> str:
        """Tell the status at a time."""
        if now < self.started_at:
            return "queued"
        return "processing" if now < self.completed_at else "succeeded"
