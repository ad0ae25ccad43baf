"""A price that a price file states (floor 1, pure)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from cannon_spec.contract.prices import Price

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class KnownPrice:
    """A price of creates of one operation; of any, where ``operation`` is empty.

    ``written_at`` says when it was true; None where nobody wrote that down.
    """

    price: Price
    operation: str = ""
    written_at: datetime | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert the price to its entry in a price file."""
        price, entry = self.price, {"operation": self.operation} if self.operation else {}
        per = {name: value for name, value in asdict(price.per).items() if value is not None} if price.per else None
        parts = {"when": dict(price.when) or None, "credits": _to_plain(price.credits), "per": per}
        return {**entry, **{name: value for name, value in parts.items() if value is not None}}


def _to_plain(credits: float) -> float:
    """Write a number as people do: 31, not 31.0."""
    return int(credits) if credits == int(credits) else credits
