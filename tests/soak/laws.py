"""What must hold of a store at the end of a cycle, and of processes from one cycle to the next. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.soak.breach import Breach
from tests.soak.ledger import Create, Receipt

MOST_GROWTH = 1.2
"""The peak of the second cycle, divided by that of the first, is at most this."""

_MORE_THREADS, _MORE_FILES = 8, 24
"""So many more than at the end of the first cycle are no growth: a pool of threads grows as it needs, and each thread
has a connection to the store, of some files."""

_TRACEBACK = "Traceback (most recent call last)"
_FAULTS = ("the mock failed", "please report")


class StoredTask(NamedTuple):
    """A request as the store shows it: ``state`` is what a poll by its own account says, None where it finds none."""

    id: str
    account: str
    key: str | None
    credits: int
    state: str | None


class StoredDelivery(NamedTuple):
    """The webhook of a request as the store shows it, with the status of each attempt; None without a response."""

    task_id: str
    state: str
    statuses: tuple[int | None, ...]


class ProcessUsage(NamedTuple):
    """What the processes of one role used in a cycle: their peak of memory, and threads and open files at both ends."""

    role: str
    peak_bytes: int
    first_threads: int
    last_threads: int
    first_files: int
    last_files: int


Tasks = Mapping[str, StoredTask]


def find_lost(accepted: Mapping[str, Create], tasks: Tasks) -> Iterator[Breach]:
    """Requests that were acknowledged, and are not listed, or not found by a poll."""
    for id_, create in accepted.items():
        task = tasks.get(id_)
        if task is None:
            yield Breach("lost", f"{id_} of {create.account} was acknowledged, and is not in the list of tasks")
        elif task.state is None:
            yield Breach("lost", f"{id_} of {create.account} was acknowledged, and a poll does not find it")


def find_doubled_tasks(tasks: Tasks) -> Iterator[Breach]:
    """Idempotency keys that made more than one request."""
    ids_by_key: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for task in tasks.values():
        if task.key is not None:
            ids_by_key[task.account, task.key].append(task.id)
    for (account, key), ids in ids_by_key.items():
        if len(ids) > 1:
            yield Breach("doubled", f"idempotency key {key} of {account} made {', '.join(ids)}")


def find_refused_yet_stored(
    accepted: Mapping[str, Create], possible: Mapping[tuple[str, str | None], int], tasks: Tasks
) -> Iterator[Breach]:
    """Requests that no answer acknowledged, beyond the creates that may have been stored without one."""
    counts = Counter((task.account, task.key) for task in tasks.values() if task.id not in accepted)
    for (account, key), count in counts.items():
        most = possible.get((account, key), 0)
        if count > most:
            yield Breach("refused", f"{account} has {count} requests with key {key} that were refused; {most} may be")


def find_wrong_credits(balances: Mapping[str, int], tasks: Tasks, start: int) -> Iterator[Breach]:
    """Accounts without the credits that they started with, less what their requests cost; failed ones cost nothing."""
    costs: Counter[str] = Counter()
    for task in tasks.values():
        costs[task.account] += 0 if task.state == "failed" else task.credits
    for account, available in balances.items():
        if available != start - costs[account]:
            yield Breach("credits", f"{account} has {available} credits, not {start} less {costs[account]}")


def find_doubled_events(
    receipts: Mapping[str, Sequence[Receipt]],
    deliveries: Mapping[str, StoredDelivery],
    redelivered: Mapping[str, int],
) -> Iterator[Breach]:
    """Webhooks that arrived more often than they have attempts, or were sent on after a receiver took them."""
    arrivals: Counter[str] = Counter()
    for each in receipts.values():
        arrivals.update(receipt.task_id for receipt in each)
    for id_, count in arrivals.items():
        attempt_count = len(deliveries[id_].statuses) if id_ in deliveries else 0
        if count > attempt_count:
            yield Breach("doubled", f"the webhook of {id_} arrived {count} times in {attempt_count} attempts")
    for delivery in deliveries.values():
        success_count = sum(status is not None and 200 <= status < 300 for status in delivery.statuses)
        if success_count > 1 + redelivered.get(delivery.task_id, 0):
            yield Breach("doubled", f"the webhook of {delivery.task_id} was delivered {success_count} times")


def find_lost_events(
    accepted: Mapping[str, Create], receipts: Mapping[str, Sequence[Receipt]], deliveries: Mapping[str, StoredDelivery]
) -> Iterator[Breach]:
    """Webhooks of acknowledged requests that are not stored, or count as delivered and never arrived."""
    arrived_ids = {receipt.task_id for each in receipts.values() for receipt in each}
    for id_, create in accepted.items():
        if create.receiver and id_ not in deliveries:
            yield Breach("lost", f"{id_} was acknowledged with a webhook, and has none")
        elif create.receiver and deliveries[id_].state == "delivered" and id_ not in arrived_ids:
            yield Breach("lost", f"the webhook of {id_} counts as delivered, and did not arrive")


def find_tracebacks(lines: Iterable[str]) -> Iterator[Breach]:
    """Faults of the mock's own that standard error tells: the error of each traceback, with the place in the code."""
    place: str | None = None
    for line in lines:
        if _TRACEBACK in line:
            place = ""
        elif place is not None and line.startswith(" "):
            place = line.strip() if line.lstrip().startswith("File ") else place
        elif place is not None:
            yield Breach("traceback", f"{line.strip()} ({place})")
            place = None
        elif any(each in line for each in _FAULTS):
            yield Breach("traceback", line.strip())
    if place is not None:
        yield Breach("traceback", f"a traceback without its end ({place})")


def find_growth(first: Iterable[ProcessUsage], second: Iterable[ProcessUsage]) -> Iterator[Breach]:
    """Roles of processes that used more in the second cycle than in the first."""
    usage_by_role = {usage.role: usage for usage in first}
    for after in second:
        before = usage_by_role.get(after.role)
        if before is None:
            continue
        if after.peak_bytes > MOST_GROWTH * before.peak_bytes:
            peaks = f"{before.peak_bytes / 1e6:.0f} to {after.peak_bytes / 1e6:.0f} MB"
            yield Breach("growth", f"the peak of {after.role} grew from {peaks}")
        for name, old, new, most_more in (
            ("threads", before.last_threads, after.last_threads, _MORE_THREADS),
            ("open files", before.last_files, after.last_files, _MORE_FILES),
        ):
            if new > old + most_more:
                yield Breach("growth", f"{after.role} has {new} {name} after the second cycle, {old} after the first")
