"""The journal of exchanges in a store, which may fail while the exchanges go on (floor 4)."""

from __future__ import annotations

from threading import Lock

from cannon_mock.model import journal
from cannon_mock.model.journal import JournalEntry
from cannon_mock.stores import shared_values
from cannon_mock.stores.records import Records, StoreError

_MISSING = "journal-missing"


class JournalLog:
    """The last entries, and the number of those that are missing since the store failed."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self._missing = 0
        """Those of this process that the store has not counted yet."""

    def append(self, entry: JournalEntry, most: int) -> None:
        """Add an entry, and keep the last ``most``. Raises StoreError."""
        self._records.append(journal.LOG, journal.encode(entry), most)
        if self._missing:
            self._store_missing()

    def list_entries(self, most: int) -> list[JournalEntry]:
        """The last ``most`` entries, the oldest first."""
        return list(map(journal.decode, self._records.entries(journal.LOG, most)))

    def note_missing(self, count: int = 1) -> None:
        """Count entries that could not be added."""
        with self._lock:
            self._missing += count

    def count_missing(self) -> int:
        """How many entries of this process, and of others that went on since, are missing."""
        count: int = shared_values.read(self._records, _MISSING, 0)
        return count + self._missing

    def forget(self) -> None:
        """Forget all entries, and how many are missing."""
        self._records.clear(journal.LOG)
        if self.count_missing():
            with self._lock:
                self._missing = 0
            shared_values.change(self._records, _MISSING, 0, lambda _: 0)

    def _store_missing(self) -> None:
        """Let other processes see what is missing."""
        with self._lock:
            count, self._missing = self._missing, 0
        try:
            shared_values.change(self._records, _MISSING, 0, lambda before: before + count)
        except StoreError:
            self.note_missing(count)
