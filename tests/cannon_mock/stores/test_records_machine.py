"""Every kind of records behaves as a few plain dictionaries do, whatever the order of calls."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cannon_mock.stores import Records
from cannon_mock.stores.records import Transaction
from tests.support.stores import KINDS, opener

names = st.sampled_from(["a", "b", "c 1"])
times = st.sampled_from([0, 1, 2, 1_762_479_300_000, 2**52])
writes = st.lists(
    st.one_of(
        st.tuples(st.just("put"), names, st.text(max_size=5)),
        st.tuples(st.just("drop"), names),
        st.tuples(st.just("add"), names, times, names),
        st.tuples(st.just("remove"), names, times, names),
    ),
    max_size=5,
)


class Machine(RuleBasedStateMachine):
    """Transactions and logs, beside a model."""

    kind: str
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.records: Records = self.stack.enter_context(opener(self.kind, folder, self.url))()
        self.known: dict[str, str] = {}
        self.queues: dict[str, set[tuple[int, str]]] = {}
        self.logs: dict[str, list[str]] = {}

    def teardown(self) -> None:
        self.stack.close()

    @rule(steps=writes, fails=st.booleans())
    def transact(self, steps: list[tuple[Any, ...]], fails: bool) -> None:
        """Writes that all happen, unless the work raised before them."""

        def work(t: Transaction) -> None:
            assert {name: t.get(name) for name in "ab"} == {name: self.known.get(name) for name in "ab"}
            if fails:
                raise LookupError
            for method, *arguments in steps:
                if method != "add" or tuple(arguments[1:]) not in self.queues.get(arguments[0], set()):
                    self._model(method, *arguments)
                    getattr(t, method)(*arguments)

        try:
            self.records.transact(("a", "b", "c 1"), work)
        except LookupError:
            assert fails

    def _model(self, method: str, name: str, *rest: Any) -> None:
        if method == "put":
            self.known[name] = rest[0]
        elif method == "drop":
            self.known.pop(name, None)
        elif method == "add":
            self.queues.setdefault(name, set()).add(rest)
        else:
            self.queues.get(name, set()).discard(rest)

    @rule(log=names, value=st.text(max_size=5))
    def append(self, log: str, value: str) -> None:
        """A log of at most three entries."""
        self.records.append(log, value, 3)
        self.logs[log] = [*self.logs.get(log, []), value][-3:]

    @rule(log=names)
    def clear_log(self, log: str) -> None:
        """A log that is forgotten."""
        self.records.clear(log)
        self.logs.pop(log, None)

    @rule()
    def clear(self) -> None:
        """Everything is forgotten."""
        self.records.clear()
        for kept in (self.known, self.queues, self.logs):
            kept.clear()

    @invariant()
    def same(self) -> None:
        """All reads see what the model has."""
        for name in ("a", "b", "c 1"):
            queue = sorted(self.queues.get(name, ()))
            assert self.records.get(name) == self.known.get(name)
            assert self.records.count(name) == len(queue)
            assert self.records.earliest(name, 1, 2) == [each for each in queue if each[0] <= 1][:2]
            assert self.records.latest(name, None, 3) == queue[::-1][:3]
            assert self.records.entries(name, 3) == self.logs.get(name, [])


@pytest.mark.parametrize("kind", KINDS)
def test_records_do_what_the_model_does(kind: str, request: pytest.FixtureRequest) -> None:
    """Whatever is written in whatever order, the records read like the model."""
    url = request.getfixturevalue("valkey") if kind == "redis" else ""
    machine = type("OneMachine", (Machine,), {"kind": kind, "url": url})
    limits = settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=limits)
