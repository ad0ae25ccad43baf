"""How a mock forgets (floor 4)."""

from __future__ import annotations

from mock_server import journal
from mock_server.mock import Mock
from mock_server.stores import cells

_STAYS = ("clock", "secret", "seed", "numbers")


def forget(mock: Mock, *, journal_only: bool) -> None:
    """Forget the journal, or everything but the clock, the secret of webhooks and which ids were given out."""
    records = mock.store.records
    if journal_only:
        records.clear(journal.LOG)
        return
    records.clear(keep=[cells.record(name) for name in _STAYS])
