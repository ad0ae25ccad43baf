"""One cycle: load and hostile clients while processes are killed and the store goes away, then the inspection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from time import monotonic
from typing import NamedTuple, Protocol

import httpx

from tests.soak import inspection
from tests.soak.admin_load import AdminClient
from tests.soak.backends import Backend, Outage
from tests.soak.breach import Breach
from tests.soak.client import PATIENCE_S, SoakClient
from tests.soak.disturbances import Disturbances
from tests.soak.hostile_clients import HostileClient
from tests.soak.laws import ProcessUsage
from tests.soak.ledger import Ledger
from tests.soak.load import LoadClient
from tests.soak.mock_command import MockCommand
from tests.soak.receivers import Receivers
from tests.soak.usage import UsageMeter

START_CREDITS = 10**9
LOAD_CLIENTS, HOSTILE_CLIENTS = 4, 2
_ADMIN_PACE, _HOSTILE_PACE = 4.0, 3.0
_OUTAGE_S = 5.0
_RECOVERY_S = 2
"""So long after its store is back, a mock must work again."""
_TURN_S = 8.5
"""The time of one disturbance with what follows it: a cycle has as many as fit."""
_JOIN_S = 60


class Conditions(NamedTuple):
    """Under which a cycle runs: ``pace`` is the calls a second of each client."""

    seed: str
    seconds: float
    pace: float
    workers: int


class Client(Protocol):
    """Makes calls in a thread of its own."""

    def run(self, stop: threading.Event, calls_a_second: float, /) -> None:
        """Make calls at that pace until it is stopped."""


class CycleResult(NamedTuple):
    """What a cycle has shown."""

    ledger: Ledger
    usages: list[ProcessUsage]
    breaches: list[Breach]


class Cycle:
    """One cycle on a running mock. ``tell`` is told what happens."""

    def __init__(
        self,
        conditions: Conditions,
        backend: Backend,
        mock: MockCommand,
        receivers: Receivers,
        tell: Callable[[str, Ledger], None],
    ) -> None:
        self._conditions = conditions
        self._backend = backend
        self._mock = mock
        self._receivers = receivers
        self._ledger = receivers.ledger = Ledger()
        self._disturbances = Disturbances()
        self._show = tell

    def run(self) -> CycleResult:
        """Run it whole. Raises CannotStart where the mock does not come back."""
        meter = UsageMeter(self._mock)
        with meter.measure():
            with self._run_clients():
                self._disturb()
            self._tell("reading what is stored")
            breaches = self._inspect()
        usages = meter.build_usages()
        return CycleResult(self._ledger, usages, [*self._ledger.breaches, *breaches, *self._mock.take_breaches()])

    def _tell(self, event: str) -> None:
        """Show what happens, or without an event how far the cycle is."""
        if event:
            self._ledger.begin(event)
        self._show(event, self._ledger)

    def _inspect(self) -> list[Breach]:
        try:
            breaches = inspection.inspect(self._mock.url, self._ledger, START_CREDITS)
            breaches += inspection.find_undelivered(self._mock.url, self._ledger)
            inspection.reset(self._mock.url)
        except httpx.HTTPError as error:
            return [Breach("lost", f"what is stored cannot be read: {error or type(error).__name__}")]
        return breaches

    @contextmanager
    def _run_clients(self) -> Iterator[None]:
        stop = threading.Event()
        threads = [
            threading.Thread(target=run_to_end, args=(client, stop, pace, self._ledger), daemon=True)
            for client, pace in self._build_clients()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            report_hanging(threads, _JOIN_S, self._ledger)

    def _build_clients(self) -> Iterator[tuple[Client, float]]:
        seed = self._conditions.seed
        for number in range(LOAD_CLIENTS):
            clients = self._build_client(), self._build_client()
            storing_statuses = self._backend.storing_statuses
            load = LoadClient(f"load{number}", seed, *clients, self._ledger, self._receivers, storing_statuses)
            yield load, self._conditions.pace
        yield AdminClient("admin", seed, self._build_client()), _ADMIN_PACE
        for number in range(HOSTILE_CLIENTS):
            yield HostileClient(f"hostile{number}", seed, self._mock.port, self._build_client()), _HOSTILE_PACE

    def _build_client(self) -> SoakClient:
        return SoakClient(self._mock.url, self._ledger, self._disturbances)

    def _disturb(self) -> None:
        """Make as many disturbances as fit, at even distances, in an order drawn by the seed."""
        steps = self._plan_steps()
        ends_s = monotonic() + self._conditions.seconds
        turn_s = self._conditions.seconds / (len(steps) + 1)
        for number, (name, step) in enumerate(steps, start=1):
            _wait_until(ends_s - self._conditions.seconds + (number - 0.5) * turn_s, self._tell)
            self._tell(name)
            self._ledger.disturbances.append(name)
            step()
        _wait_until(ends_s, self._tell)

    def _plan_steps(self) -> list[tuple[str, Callable[[], None]]]:
        if not self._backend.is_durable:
            return []
        steps: list[tuple[str, Callable[[], None]]] = [
            ("kill the mock", self._kill),
            ("end the mock", self._terminate),
            *((name, partial(self._take_store_away, outage)) for name, outage in self._backend.outages.items()),
            ("end the mock, and start it without its store", self._start_without_store),
        ]
        if self._conditions.workers > 1:
            steps.append(("kill a worker", self._kill_worker))
        Random(self._conditions.seed).shuffle(steps)
        return steps[: max(1, int(self._conditions.seconds / _TURN_S))]

    def _kill(self) -> None:
        with self._disturbances.disturb("down"):
            self._mock.kill()
            self._mock.start()

    def _terminate(self) -> None:
        with self._disturbances.disturb("down"):
            self._ledger.report(*self._mock.terminate())
            self._mock.start()

    def _kill_worker(self) -> None:
        with self._disturbances.disturb("down"):
            self._mock.kill_worker()

    def _take_store_away(self, outage: Outage) -> None:
        kind, take_away = outage
        with self._disturbances.disturb(kind):
            with take_away(self._mock):
                began_s = monotonic()
                self._expect(503, "while the store is away", is_ready_too=kind == "away")
                _wait_until(began_s + _OUTAGE_S, self._tell)
            _wait_until(monotonic() + _RECOVERY_S, self._tell)
            self._expect(202, "when the store is back", is_ready_too=True)

    def _start_without_store(self) -> None:
        outages = list(self._backend.outages.values())
        kind, take_away = Random(self._conditions.seed).choice(outages)
        with self._disturbances.disturb("down"):
            with self._disturbances.disturb(kind), take_away(self._mock):
                self._ledger.report(*self._mock.terminate(), *self._mock.start_without_store())
            if not self._mock.is_running:
                self._mock.start()
        _wait_until(monotonic() + _RECOVERY_S, self._tell)
        self._expect(202, "when the store is back", is_ready_too=True)

    def _expect(self, status: int, moment: str, *, is_ready_too: bool) -> None:
        """Try a create, and ask whether the mock is ready."""
        headers, body = {"x-api-key": "cs_soak_probe"}, {"operation": "image.generate", "input": {"prompt": "A"}}
        with httpx.Client(base_url=self._mock.url, headers=headers, trust_env=False, timeout=PATIENCE_S) as client:
            shown_status = _find_status(client, client.build_request("POST", "/api/v1/requests", json=body))
            if shown_status != str(status):
                self._ledger.report(Breach("unnoticed", f"a create was answered with {shown_status} {moment}"))
            ready_status = 503 if status == 503 else 200
            shown_status = _find_status(client, client.build_request("GET", "/__mock__/ready"))
            if is_ready_too and shown_status != str(ready_status):
                self._ledger.report(Breach("unnoticed", f"ready was answered with {shown_status} {moment}"))


def run_to_end(client: Client, stop: threading.Event, pace: float, ledger: Ledger) -> None:
    """Run a client. Where an answer ends it, that is a breach: otherwise its calls would be missing unnoticed."""
    try:
        client.run(stop, pace)
    except Exception as error:  # noqa: BLE001 - whatever an answer makes of its client
        name, reason = type(client).__name__, f"{type(error).__name__}: {error}"
        ledger.report(Breach("undocumented", f"an answer ended a {name} with {reason}"))


def report_hanging(threads: Sequence[threading.Thread], patience_s: float, ledger: Ledger) -> None:
    """Wait for clients that were told to stop. One whose reply comes in small parts for ever has no time-out."""
    deadline_s = monotonic() + patience_s
    for thread in threads:
        thread.join(max(0, deadline_s - monotonic()))
    hanging_count = sum(thread.is_alive() for thread in threads)
    if hanging_count:
        ledger.report(Breach("hanging", f"{hanging_count} clients still wait, {patience_s:g} s after the load"))


def _find_status(client: httpx.Client, request: httpx.Request) -> str:
    """The status of the answer to a request, or the name of what went wrong."""
    try:
        return str(client.send(request).status_code)
    except httpx.TransportError as error:
        return type(error).__name__


def _wait_until(moment_s: float, tell: Callable[[str], None]) -> None:
    """Wait, and show progress each second."""
    pause = threading.Event()
    while (rest_s := moment_s - monotonic()) > 0:
        pause.wait(min(1, rest_s))
        tell("")
