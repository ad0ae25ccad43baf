"""What the mock shows at the end of a cycle, read with its clock stopped and judged by the laws."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import httpx

from tests.soak.breach import Breach
from tests.soak.laws import (
    StoredDelivery,
    StoredTask,
    find_doubled_events,
    find_doubled_tasks,
    find_lost,
    find_lost_events,
    find_refused_yet_stored,
    find_wrong_credits,
)
from tests.soak.ledger import Ledger
from tests.soak.receivers import WELL_ANSWERING

_PAGE = 1000
_PATIENCE_S = 60
_READERS = 3
_ADVANCE_MS = 10 * 60 * 1000
_ROUND_S = 1
_DELIVERY_S = 30
"""An attempt whose process was killed counts as failed after 17 seconds, and the next one is made after that."""


def inspect(url: str, ledger: Ledger, start_credits: int) -> list[Breach]:
    """The breaches that the store of the mock at ``url`` shows. Raises httpx.HTTPError where it does not answer."""
    with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE_S) as client:
        _post(client, "/__mock__/clock", {"freeze": True})
        try:
            return list(_judge(_Reader(client), ledger, start_credits))
        finally:
            _post(client, "/__mock__/clock", {"run": True})


def find_undelivered(url: str, ledger: Ledger) -> list[Breach]:
    """The webhooks to receivers that answer well which do not arrive, though the clock passes several retries."""
    ids = {id_: create for id_, create in ledger.accepted.items() if create.receiver in WELL_ANSWERING}
    accounts = {create.account for create in ids.values()}
    deadline_s = monotonic() + _DELIVERY_S
    with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE_S) as client:
        reader = _Reader(client)
        while True:
            _post(client, "/__mock__/clock", {"advance_ms": _ADVANCE_MS})
            states = {each.task_id: each.state for account in accounts for each in reader.read_deliveries(account)}
            pending_ids = [id_ for id_ in ids if states.get(id_) != "delivered"]
            if not pending_ids or monotonic() > deadline_s:
                break
            sleep(_ROUND_S)
    return [Breach("lost", f"the webhook of {id_} to a good receiver is {states.get(id_)}") for id_ in pending_ids]


def reset(url: str) -> None:
    """Forget all that is stored."""
    with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE_S) as client:
        _post(client, "/__mock__/reset", {"what": "all"})


class _Reader:
    """Reads what a mock has stored for an account."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def read_tasks(self, account: str) -> list[StoredTask]:
        items = self._get(f"/__mock__/tasks?limit={_PAGE}&key={account}")["tasks"]
        with ThreadPoolExecutor(_READERS) as pool:
            states = pool.map(lambda item: self._read_state(account, item["id"]), items)
            return [
                StoredTask(item["id"], account, item["idempotency_key"], item["credits"], state)
                for item, state in zip(items, states, strict=True)
            ]

    def read_deliveries(self, account: str) -> list[StoredDelivery]:
        items = self._get(f"/__mock__/webhooks?limit={_PAGE}&key={account}")["webhooks"]
        return [
            StoredDelivery(item["task_id"], item["state"], tuple(each["status"] for each in item["attempts"]))
            for item in items
        ]

    def read_balance(self, account: str) -> int:
        return int(self._get("/api/v1/status", account)["creditsRemaining"])

    def _read_state(self, account: str, id_: str) -> str | None:
        reply = self._client.get(f"/api/v1/requests/{id_}", headers={"x-api-key": account})
        return str(reply.json()["status"]) if reply.status_code == 200 else None

    def _get(self, path: str, account: str = "") -> Any:
        return self._client.get(path, headers={"x-api-key": account}).raise_for_status().json()


def _judge(reader: _Reader, ledger: Ledger, start_credits: int) -> Iterator[Breach]:
    accounts = {create.account for create in ledger.accepted.values()} | {account for account, _ in ledger.possible}
    tasks = {task.id: task for account in accounts for task in reader.read_tasks(account)}
    deliveries = {each.task_id: each for account in accounts for each in reader.read_deliveries(account)}
    balances = {account: reader.read_balance(account) for account in accounts}
    yield from find_lost(ledger.accepted, tasks)
    yield from find_doubled_tasks(tasks)
    yield from find_refused_yet_stored(ledger.accepted, ledger.possible, tasks)
    yield from find_wrong_credits(balances, tasks, start_credits)
    yield from find_doubled_events(ledger.receipts, deliveries, ledger.redelivered)
    yield from find_lost_events(ledger.accepted, ledger.receipts, deliveries)
    for id_ in ledger.accepted:
        if id_ in tasks and (state := tasks[id_].state) is not None:
            ledger.see_state(id_, ledger.find_state(id_), state)


def _post(client: httpx.Client, path: str, body: Any) -> None:
    client.post(path, json=body).raise_for_status()
