"""What a mock stores: tasks, deliveries of webhooks, small shared values, the journal (floor 4)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_mock.stores import shared_values
from cannon_mock.stores.deliveries import DeliveryStore
from cannon_mock.stores.journal_log import JournalLog
from cannon_mock.stores.memory import DEFAULT_MAX_BYTES, MemoryRecords
from cannon_mock.stores.records import Records, StoreError, StoreUnavailable, Transaction
from cannon_mock.stores.room import StoreFull
from cannon_mock.stores.tasks import IdempotencyKey, KeyBusy, KeyReused, NotEnoughCredits, TaskStore
from cannon_spec.installation import advise_extra, describe_import_error
from cannon_spec.redaction import redact

__all__ = [
    "IdempotencyKey",
    "KeyBusy",
    "KeyReused",
    "NotEnoughCredits",
    "Records",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "open_records",
]

MEMORY = "memory"
_VALUES_TO_KEEP = ("clock", "secret", "seed", "numbers", "scenario-numbers")
_TRIAL = "trial"
_TRIAL_VALUE = "x" * 16_384
_FILE = "sqlite:"
_SERVERS = ("redis://", "rediss://", "unix://")


class Store:
    """Tasks and deliveries over one set of records, which hold the journal and the shared values too."""

    def __init__(self, records: Records, max_tasks: int, retries_ms: Sequence[int], patience_ms: int) -> None:
        self.records = records
        self.tasks = TaskStore(records, max_tasks)
        self.deliveries = DeliveryStore(records, retries_ms, patience_ms)
        self.journal = JournalLog(records)

    def check(self) -> None:
        """Raise StoreError where the store cannot be read, or has no room for what a create stores."""

        def work(transaction: Transaction) -> None:
            transaction.earliest(_TRIAL, 0, 1)
            transaction.put(_TRIAL, _TRIAL_VALUE)
            transaction.drop(_TRIAL)

        self.records.transact((_TRIAL,), work)
        self.journal.list_entries(1)

    def forget_all(self) -> None:
        """Forget everything but the clock, the secret of webhooks, the seed and which ids were given out."""
        self.journal.forget()
        self.records.clear(keep=[shared_values.build_record_name(name) for name in _VALUES_TO_KEEP])


def open_records(url: str, max_bytes: int = DEFAULT_MAX_BYTES) -> Records:
    """Open the records at ``memory``, ``sqlite:FILE`` or ``redis://HOST``. Raises StoreError where that fails.

    Those in memory keep at most ``max_bytes``.
    """
    if url == MEMORY:
        return MemoryRecords(max_bytes)
    if url.startswith(_FILE) and len(url) > len(_FILE):
        from cannon_mock.stores.sqlite import SqliteRecords

        return SqliteRecords(url.removeprefix(_FILE))
    if url.startswith(_SERVERS):
        try:
            from cannon_mock.stores.redis import RedisRecords
        except ImportError as error:
            raise StoreError(f"{describe_import_error(error)}; {advise_extra('redis')}") from None
        return RedisRecords(url)
    raise StoreError(f"store {redact(url)} is unknown; write memory, sqlite:FILE or redis://HOST:PORT/NUMBER")
