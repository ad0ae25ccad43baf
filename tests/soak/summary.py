"""The table at the end of a soak, and the breaches behind its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.soak.breach import LAWS, Breach
from tests.soak.cycle import CycleResult

HEAD = (
    *("store", "workers", "cycle", "calls", "accepted", "lost", "doubled", "500", "tracebacks", "other breaches"),
    *("peak MB", "threads", "files"),
)
_OWN_COLUMNS = ("lost", "doubled", "server-error", "traceback")
_MOST_TEXTS = 5


class Row(NamedTuple):
    """A cycle on a store."""

    store: str
    workers: int
    number: int
    result: CycleResult

    def list_cells(self) -> list[str]:
        """The cells of its row in the table."""
        ledger, usages = self.result.ledger, self.result.usages
        counts = Counter(breach.law for breach in self.result.breaches)
        return [
            *(self.store, str(self.workers), str(self.number)),
            *(str(ledger.count_calls()), str(len(ledger.accepted))),
            *(str(counts.pop(law, 0)) for law in _OWN_COLUMNS),
            str(sum(counts.values())),
            ", ".join(f"{each.role} {each.peak_bytes / 1e6:.0f}" for each in usages),
            ", ".join(f"{each.first_threads} to {each.last_threads}" for each in usages),
            ", ".join(f"{each.first_files} to {each.last_files}" for each in usages),
        ]


def list_disturbance_lines(rows: Iterable[Row]) -> Iterable[str]:
    """What was done to the mock and its store in each cycle, in order: a short cycle has not all of it."""
    for store, workers, number, result in rows:
        names = "; ".join(result.ledger.disturbances) or "nothing"
        yield f"done to {store} with {workers} workers in cycle {number}: {names}"


def list_breach_lines(breaches: Sequence[Breach]) -> Iterable[str]:
    """The broken laws with how often each was broken, and the first things that broke it."""
    for law, text in LAWS.items():
        texts = Counter(breach.text for breach in breaches if breach.law == law)
        moments = {breach.text: breach.moment for breach in reversed(breaches) if breach.law == law}
        if not texts:
            continue
        yield f"{law}: {sum(texts.values())} breaches of: {text}"
        for each, count in texts.most_common(_MOST_TEXTS):
            yield f"  {each}" + (f" ({count} times)" if count > 1 else "")
            if moments[each]:
                yield f"    first {moments[each]}"
        if len(texts) > _MOST_TEXTS:
            yield f"  and {len(texts) - _MOST_TEXTS} more"
