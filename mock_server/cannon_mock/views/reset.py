"""How a mock forgets (floor 4)."""

from __future__ import annotations

from cannon_mock.model import journal
from cannon_mock.stores import shared_values
from cannon_mock.views.context import MockContext

_STAYS = ("clock", "secret", "seed", "numbers")


def forget(mock: MockContext, *, journal_only: bool) -> None:
    """Forget the journal, or everything but the clock, the secret of webhooks and which ids were given out."""
    records = mock.store.records
    if journal_only:
        records.clear(journal.LOG)
        return
    records.clear(keep=[shared_values.record(name) for name in _STAYS])
