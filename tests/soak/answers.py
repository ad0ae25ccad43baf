"""The answers that each call may get, as docs/answers.md lists them, and how one is judged. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from tests.soak.breach import Breach

STATUSES: dict[str, frozenset[int]] = {
    name: frozenset(statuses)
    for name, statuses in {
        "create": {202},
        "repeat": {202, 409},  # 409: the first one is still under way, as its scenario says
        "other-body": {409, 422},
        "bad-body": {400},
        "bad-key": {401},
        "poll": {200},
        "foreign-poll": {404},
        "status": {200},
        "asset": {200},
        "asset-range": {206},
        "asset-beyond": {416},
        "head": {200},
        "health": {200},
        "ready": {200},
        "version": {200},
        "assumptions": {200},
        "tasks": {200},
        "task": {200},
        "task-end": {200},
        "journal": {200},
        "journal-reset": {200},
        "webhooks": {200},
        "redeliver": {202, 404, 409},  # 404: the request has no webhook; 409: it has not ended
        "clock": {200},
        "scenarios": {200},
        "scenario-put": {201},
        "rule-add": {201},
        "rule-remove": {200},
        "reset": {200},
        "foreign-page": {403},
        "bad-admin": {400},
        "garbage": {400},
        "large-head": {431},
        "large-body": {413},
        "hostile-body": {400},
    }.items()
}
"""The statuses of each call while the store works, and no scenario asks for others."""

STORELESS = frozenset({"health", "version", "foreign-page", "garbage", "large-head"})
"""Calls that need no store: an outage changes nothing for them."""

MOVES = frozenset({"clock"})
"""Calls that make what becomes due, so that they wait for receivers of webhooks."""

STORE_PATIENCE_S = 4
"""A call waits at most 2 seconds for a store, docs/stores.md says; the rest is for a machine under load."""

READS = frozenset({"poll", "tasks", "task", "journal"})
"""Calls that only read: they go on where the store refuses writes alone."""


class Answer(NamedTuple):
    """What came back after ``seconds``: None without a whole answer; ``is_late`` where none came in time."""

    call: str
    status: int | None
    code: str = ""
    is_retry_told: bool = False
    is_late: bool = False
    seconds: float = 0


class Circumstances(NamedTuple):
    """What happened while an answer was waited for.

    ``is_down``: a process of the mock was killed or started; ``is_store_away``: the store; ``is_full``: it takes
    no writes. ``asked_statuses``: what the scenario of the call asked for, with None for a broken connection.
    """

    is_down: bool = False
    is_store_away: bool = False
    is_full: bool = False
    asked_statuses: Collection[int | None] = ()


def judge_answer(answer: Answer, circumstances: Circumstances) -> Iterator[Breach]:
    """The breaches of an answer."""
    yield from _judge_time(answer, circumstances)
    text = f"{answer.call} was answered with {answer.status} {answer.code}".strip()
    if answer.status in STATUSES[answer.call] or answer.status in circumstances.asked_statuses:
        return
    if answer.status is None:
        if answer.is_late and not circumstances.is_down:
            yield Breach("hanging", f"{answer.call} was not answered in time")
        elif not circumstances.is_down:
            yield Breach("undocumented", f"the connection of {answer.call} broke")
    elif answer.status == 503:
        yield from _judge_unavailable(answer, circumstances)
    else:
        yield Breach("server-error" if answer.status == 500 else "undocumented", text)


def _judge_time(answer: Answer, circumstances: Circumstances) -> Iterator[Breach]:
    is_store_ill = circumstances.is_store_away or circumstances.is_full
    is_late = answer.status is not None and answer.seconds > STORE_PATIENCE_S
    if is_late and is_store_ill and not circumstances.is_down and answer.call not in MOVES:
        yield Breach("waiting", f"{answer.call} was answered after more than {STORE_PATIENCE_S} s")


def _judge_unavailable(answer: Answer, circumstances: Circumstances) -> Iterator[Breach]:
    is_readable = circumstances.is_full and not circumstances.is_store_away
    if not (circumstances.is_store_away or circumstances.is_full) or answer.call in STORELESS:
        yield Breach("unavailable", f"{answer.call} was answered with 503 while the store was there: {answer.code}")
    elif is_readable and answer.call in READS:
        yield Breach("unavailable", f"{answer.call} was answered with 503, though only writes fail: {answer.code}")
    elif not answer.is_retry_told:
        yield Breach("unavailable", f"{answer.call} was answered with 503 without Retry-After")
