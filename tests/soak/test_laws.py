"""The laws of a soak: each finds what breaks it, and nothing where all is well."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest

from tests.soak import laws
from tests.soak.__main__ import choose_status
from tests.soak.answers import Answer, Circumstances, judge_answer
from tests.soak.breach import LAWS, Breach
from tests.soak.cycle import report_hanging, run_to_end
from tests.soak.disturbances import GRACE_S, Disturbance
from tests.soak.laws import ProcessUsage, StoredDelivery, StoredTask
from tests.soak.ledger import Create, Ledger, Receipt
from tests.soak.summary import list_breach_lines
from tests.support.effort import PATIENCE_S

ONE = Create("cs_a", "key-1", "{}", "good")
TWO = Create("cs_a", None, "{}", "")
ACCEPTED = {"req_1": ONE, "req_2": TWO}
TASKS = {
    "req_1": StoredTask("req_1", "cs_a", "key-1", 30, "succeeded"),
    "req_2": StoredTask("req_2", "cs_a", None, 12, "failed"),
}
DELIVERIES = {"req_1": StoredDelivery("req_1", "delivered", (None, 200))}
RECEIPTS = {"msg_1": [Receipt("good", "req_1", "request.succeeded")] * 2}
USAGE = ProcessUsage("mock", 100, 2, 7, 7, 11)


def _name(breaches: Iterable[Breach]) -> list[str]:
    """The broken laws; each is one of the table."""
    names = [breach.law for breach in breaches]
    assert set(names) <= LAWS.keys()
    return names


def test_a_store_that_keeps_all_breaks_no_law() -> None:
    """Law: where everything acknowledged is stored once, and credits and webhooks add up, nothing is reported."""
    assert not [
        *laws.find_lost(ACCEPTED, TASKS),
        *laws.find_doubled_tasks(TASKS),
        *laws.find_refused_yet_stored(ACCEPTED, {}, TASKS),
        *laws.find_wrong_credits({"cs_a": 70}, TASKS, 100),
        *laws.find_doubled_events(RECEIPTS, DELIVERIES, {}),
        *laws.find_lost_events(ACCEPTED, RECEIPTS, DELIVERIES),
        *laws.find_growth([USAGE], [USAGE._replace(peak_bytes=120, last_threads=9)]),
    ]


def test_what_was_acknowledged_and_is_gone_is_lost() -> None:
    """Law: an acknowledged request that is not listed, or not found by a poll, is lost; so is one of its webhooks."""
    assert _name(laws.find_lost(ACCEPTED, {"req_1": TASKS["req_1"]})) == ["lost"]
    assert _name(laws.find_lost(ACCEPTED, {**TASKS, "req_2": TASKS["req_2"]._replace(state=None)})) == ["lost"]
    assert _name(laws.find_lost_events(ACCEPTED, RECEIPTS, {})) == ["lost"]
    assert _name(laws.find_lost_events(ACCEPTED, {}, DELIVERIES)) == ["lost"]


def test_a_second_request_of_a_key_is_doubled() -> None:
    """Law: two requests of an account with one idempotency key are reported, in a list and in two answers."""
    assert _name(laws.find_doubled_tasks({**TASKS, "req_3": TASKS["req_1"]._replace(id="req_3")})) == ["doubled"]
    other = TASKS["req_1"]._replace(id="req_3", account="cs_b")
    assert not _name(laws.find_doubled_tasks({**TASKS, "req_3": other}))
    ledger = Ledger()
    for id_ in ("req_1", "req_1", "req_3"):
        ledger.accept(id_, ONE)
    assert _name(ledger.breaches) == ["doubled"]


def test_a_webhook_is_doubled_beyond_its_attempts_or_as_another_event() -> None:
    """Law: a webhook arrives once an attempt, succeeds once unless it was asked for again, and is always one event."""
    thrice = {"msg_1": RECEIPTS["msg_1"] + RECEIPTS["msg_1"][:1]}
    assert _name(laws.find_doubled_events(thrice, DELIVERIES, {})) == ["doubled"]
    twice = {"req_1": DELIVERIES["req_1"]._replace(statuses=(200, 204))}
    assert _name(laws.find_doubled_events(RECEIPTS, twice, {})) == ["doubled"]
    assert not _name(laws.find_doubled_events(RECEIPTS, twice, {"req_1": 1}))
    ledger = Ledger()
    for event in ("request.succeeded", "request.succeeded", "request.failed"):
        ledger.receive("msg_1", Receipt("good", "req_1", event))
    assert _name(ledger.breaches) == ["doubled"]


def test_credits_and_refused_creates_are_counted() -> None:
    """Law: credits that do not add up are reported, and requests that no answer allows to be there."""
    assert _name(laws.find_wrong_credits({"cs_a": 58}, TASKS, 100)) == ["credits"]
    accepted = {"req_1": ONE}
    assert _name(laws.find_refused_yet_stored(accepted, {}, TASKS)) == ["refused"]
    assert not _name(laws.find_refused_yet_stored(accepted, {("cs_a", None): 1}, TASKS))


def test_states_go_forward() -> None:
    """Law: a request that goes back, or is in no state of the lifecycle, is reported."""
    ledger = Ledger()
    ledger.see_state("req_1", None, "queued")
    ledger.see_state("req_1", "queued", "succeeded")
    assert (ledger.find_state("req_1"), ledger.breaches) == ("succeeded", [])
    ledger.see_state("req_1", "succeeded", "processing")
    ledger.see_state("req_2", None, "cancelled")
    assert _name(ledger.breaches) == ["lost", "lost"]


def test_faults_on_standard_error_are_reported() -> None:
    """Law: a traceback, and a fault that the mock asks to report, break a law; what it says of clients does not."""
    lines = ["cannon-mock: 127.0.0.1 sent what is no request of HTTP/1.1: bad method; check what calls this port"]
    assert not _name(laws.find_tracebacks(lines))
    trace = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "KeyError: 'x'"]
    breaches = list(laws.find_tracebacks([*lines, *trace, "the mock failed: KeyError: 'x'", *trace[:2]]))
    assert _name(breaches) == ["traceback"] * 3
    assert breaches[0].text == """KeyError: 'x' (File "a.py", line 1, in f)"""


@pytest.mark.parametrize(
    "usage", [USAGE._replace(peak_bytes=121), USAGE._replace(last_threads=20), USAGE._replace(last_files=40)]
)
def test_growth_is_reported(usage: ProcessUsage) -> None:
    """Law: a peak above 1.2 times that of the first cycle is growth, and so are many more threads or files."""
    assert _name(laws.find_growth([USAGE], [usage])) == ["growth"]


class _Client:
    """A client that does what a test says."""

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run

    def run(self, _stop: threading.Event, _calls_a_second: float, /) -> None:
        self._run()


def test_a_client_that_ends_early_or_never_is_reported() -> None:
    """Law: a soak does not pass for want of calls: its clients neither fail at an answer nor wait for it for ever."""
    ledger, may_end = Ledger(), threading.Event()
    runs = (lambda: None, {}.popitem, may_end.wait)
    threads = [
        threading.Thread(target=run_to_end, args=(_Client(run), threading.Event(), 1, ledger), daemon=True)
        for run in runs
    ]
    for thread in threads:
        thread.start()
    for thread in threads[:2]:
        thread.join()
    report_hanging(threads, 0.01, ledger)
    may_end.set()
    assert _name(ledger.breaches) == ["undocumented", "hanging"]
    assert "KeyError" in ledger.breaches[0].text
    report_hanging(threads, PATIENCE_S, ledger)
    assert len(ledger.breaches) == 2


def test_the_exit_status_tells_a_broken_law_from_a_store_that_was_not_tried() -> None:
    """Law: 1 where a law was broken, else 2 where a store was not tried, else 0; and the breaches are listed by law."""
    breaches = [Breach("lost", "req_1"), Breach("lost", "req_1"), Breach("growth", "mock")]
    assert [choose_status(breaches, ["no server"]), choose_status([], ["no server"]), choose_status([], [])] == [
        1,
        2,
        0,
    ]
    lines = list(list_breach_lines(breaches))
    assert [lines[0].split(":")[0], lines[1:3], lines[3]] == [
        "lost",
        ["  req_1 (2 times)", f"growth: 1 breaches of: {LAWS['growth']}"],
        "  mock",
    ]


AWAY, FULL, DOWN = Circumstances(is_store_away=True), Circumstances(is_full=True), Circumstances(is_down=True)


@pytest.mark.parametrize(
    ("answer", "circumstances", "law"),
    [
        (Answer("create", 202), Circumstances(), None),
        (Answer("create", 500), Circumstances(), "server-error"),
        (Answer("create", 500), AWAY, "server-error"),
        (Answer("create", 500), Circumstances(asked_statuses=(500,)), None),
        (Answer("poll", 404), Circumstances(), "undocumented"),
        (Answer("create", 503, is_retry_told=True, seconds=4.5), AWAY, "waiting"),
        (Answer("create", 202, seconds=4.5), FULL, "waiting"),
        (Answer("create", 202, seconds=3.5), FULL, None),
        (Answer("create", 202, seconds=4.5), Circumstances(), None),
        (Answer("create", 202, seconds=4.5), FULL._replace(is_down=True), None),
        (Answer("clock", 200, seconds=14), FULL, None),
        (Answer("create", None), Circumstances(), "undocumented"),
        (Answer("create", None), DOWN, None),
        (Answer("create", None, is_late=True), AWAY, "hanging"),
        (Answer("create", 503, is_retry_told=True), Circumstances(), "unavailable"),
        (Answer("create", 503), AWAY, "unavailable"),
        (Answer("create", 503, is_retry_told=True), AWAY, None),
        (Answer("poll", 503, is_retry_told=True), AWAY, None),
        (Answer("poll", 503, is_retry_told=True), FULL, "unavailable"),
        (Answer("health", 503, is_retry_told=True), AWAY, "unavailable"),
    ],
)
def test_an_answer_is_judged_by_what_happened(answer: Answer, circumstances: Circumstances, law: str | None) -> None:
    """Law: an answer is one that its call may get then; a 500 never is, unless its scenario asked for it."""
    assert _name(judge_answer(answer, circumstances)) == ([law] if law else [])


def test_a_disturbance_counts_while_it_lasts_and_a_moment_longer() -> None:
    """Law: a call that was under way during a disturbance is judged with it, and one long after is not."""
    disturbance = Disturbance("away", 10, 20)
    times = [(0, 9), (0, 11), (19, 30), (20 + GRACE_S, 40), (21 + GRACE_S, 40)]
    assert [disturbance.overlaps(*each) for each in times] == [False, True, True, True, False]
