"""Times in price files and reports, as 2026-11-26T15:40:00Z (floor 1, pure)."""

from __future__ import annotations

from datetime import UTC, datetime


def show_time(time: datetime) -> str:
    """Write a time to the second, in UTC."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read a time or a date; without a zone it is in UTC. Raises ValueError for anything else."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
