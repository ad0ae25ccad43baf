"""Defects of idempotency: repeats that make a second request, or cost a second time."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.servers.defects.defect import FAST_SETTINGS, Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.messages import JsonObject, Request
from tests.servers.plain_server.repeats import Repeats
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.tasks import Task


class ForgetfulRepeats(Repeats):
    """Remembers no key."""

    def remember(self, caller: Caller, key: str, task: Task) -> None:
        pass


class ShortMemory(Repeats):
    """Remembers a key for a fifth of a second, which is four at the pace of its server."""

    def find_repeat(self, caller: Caller, key: str) -> Task | None:
        task = super().find_repeat(caller, key)
        is_old = task is not None and time.time() * 1000 - task.created_ms > 200
        return None if is_old else task


class UntilTheEnd(Repeats):
    """Remembers a key until its request has ended."""

    def find_repeat(self, caller: Caller, key: str) -> Task | None:
        task = super().find_repeat(caller, key)
        has_ended = task is not None and time.time() * 1000 >= task.completed_ms
        return None if has_ended else task


class CutKeys(Repeats):
    """Keeps 32 letters of a key."""

    def read_key(self, request: Request) -> str:
        return super().read_key(request)[:32]


class NoLock(Service):
    """Looks a key up, and remembers it a moment later."""

    def find_or_create(self, caller: Caller, key: str, envelope: JsonObject) -> Task:
        task = self.repeats.find_repeat(caller, key)
        if task is None:
            time.sleep(0.05)
            task = self.create_task(caller, envelope)
            self.repeats.remember(caller, key, task)
        return task


class FewWaiters(Service):
    """Lets four repeats wait for the first create; those beyond make requests of their own."""

    waiters = 0

    def find_or_create(self, caller: Caller, key: str, envelope: JsonObject) -> Task:
        self.waiters += 1
        try:
            if self.waiters > 4:
                return self.create_task(caller, envelope)
            with self.lock:
                time.sleep(0.05)
            return super().find_or_create(caller, key, envelope)
        finally:
            self.waiters -= 1


class ChargedRepeats(Service):
    """Charges each repeat."""

    def find_or_create(self, caller: Caller, key: str, envelope: JsonObject) -> Task:
        first_task = self.repeats.find_repeat(caller, key)
        task = super().find_or_create(caller, key, envelope)
        if first_task is not None:
            self.ledger.charge(task, self.lifecycle.now_ms())
        return task


class NewIds(Service):
    """Gives each repeat an id of its own, of a copy of the first request."""

    def find_or_create(self, caller: Caller, key: str, envelope: JsonObject) -> Task:
        first_task = self.repeats.find_repeat(caller, key)
        task = super().find_or_create(caller, key, envelope)
        if first_task is not None:
            task = replace(task, id=self.lifecycle.new_request_id())
            self.tasks.add(task)
        return task


PARALLEL, AFTER_THE_END, LATER = "repeats in parallel", "repeats after the end", "repeats after some seconds"
LONG_KEYS, ONCE = "long keys that differ at their end", "charged once"
CLAIM = "create-idempotent"

DEFECTS = (
    Defect(
        "the idempotency key is ignored",
        ONCE,
        CLAIM,
        "id in the reply to a repeat at once",
        Parts(repeats=ForgetfulRepeats),
    ),
    Defect("a repeat is charged", ONCE, CLAIM, "creditsRemaining", service=ChargedRepeats),
    Defect("a repeat has an id of its own", ONCE, CLAIM, "id in the reply to a repeat at once", service=NewIds),
    Defect("two repeats at once make two requests", PARALLEL, CLAIM, "2 parallel creates", service=NoLock),
    Defect("many repeats at once make several requests", PARALLEL, CLAIM, "10 parallel creates", service=FewWaiters),
    Defect("a key is forgotten at the end", AFTER_THE_END, CLAIM, "after its end", Parts(repeats=UntilTheEnd)),
    Defect(
        "a key is forgotten after some seconds",
        *(LATER, CLAIM, "seconds later", Parts(repeats=ShortMemory)),
        settings=replace(FAST_SETTINGS, pace=20),
    ),
    Defect("a key is cut to 32 letters", LONG_KEYS, CLAIM, "that differ in the last", Parts(repeats=CutKeys)),
)
