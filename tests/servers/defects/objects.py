"""Defects of the request object: members that lack, contradict each other or the clock, and states that go back."""

from __future__ import annotations

import itertools
import time
from typing import ClassVar

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.lifecycle import FAILED, PROCESSING, QUEUED, SUCCEEDED, TERMINAL, Lifecycle
from tests.servers.plain_server.messages import JsonObject, Refusal, Reply, Request, write_json
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.tasks import Task

HOUR_MS = 3_600_000


class OtherOperation(Objects):
    """Names the kind of work as the operation."""

    def build_object(self, task: Task, now: int) -> JsonObject:
        return {**super().build_object(task, now), "operation": "image.create"}


class OtherOperationAtCreate(Objects):
    """Names another operation in the reply to a create."""

    def build_create_reply(self, task: Task, now: int) -> JsonObject:
        return {**super().build_create_reply(task, now), "operation": "image"}


class OtherId(Objects):
    """Names the downstream task as the id."""

    def build_object(self, task: Task, now: int) -> JsonObject:
        return {**super().build_object(task, now), "id": task.task_id}


class AddressOfNothing(Objects):
    """Names an address at which nothing is."""

    def request_url(self, task: Task) -> str:
        return super().request_url(task).replace("/api/v1/", "/api/")


class StatusAccepted(Service):
    """Answers 200 to a create."""

    def create(self, request: Request) -> Reply:
        reply = super().create(request)
        return Reply(200, reply.body, reply.content_type, reply.headers)


class NoPreview(Objects):
    """Has no preview of the input."""

    def build_previews(self, task: Task, state: str) -> JsonObject:
        return {"outputPreview": super().build_previews(task, state)["outputPreview"]}


class NoLog(Objects):
    """Has no log at the end."""

    def build_object(self, task: Task, now: int) -> JsonObject:
        whole = super().build_object(task, now)
        return {name: value for name, value in whole.items() if name != "requestLog"}


class TextCredits(Objects):
    """Gives the credits as a text."""

    def build_core(self, task: Task, state: str) -> JsonObject:
        return {**super().build_core(task, state), "billableCredits": str(task.price)}


class NoProgress(Objects):
    """Has no output while it is processing."""

    def build_progress(self, task: Task) -> JsonObject:
        return {}


class NoOutput(Objects):
    """Has no output at the end, as it is written later."""

    def build_output(self, task: Task, state: str) -> JsonObject | None:
        return None if state == SUCCEEDED else super().build_output(task, state)


class PendingOutput(Objects):
    """Leaves the status of the output as it was."""

    def build_result(self, task: Task) -> JsonObject:
        return {**super().build_result(task), "status": PROCESSING}


class MonthOfLogs(Objects):
    """Keeps logs for 30 days."""

    def build_request_log(self, task: Task, state: str) -> JsonObject:
        return {**super().build_request_log(task, state), "retentionDays": 30}


class HourOfLogs(Objects):
    """Keeps logs for an hour."""

    def retained_until_ms(self, task: Task, state: str) -> int | None:
        return task.completed_ms + HOUR_MS if state in TERMINAL else None


class OtherLogOutput(Objects):
    """Names another file in the log than in the output."""

    def log_output(self, task: Task, state: str) -> JsonObject | None:
        output = super().log_output(task, state)
        return output and {name: f"{value}.old" for name, value in output.items()}


class NoLogOutput(Objects):
    """Has no output in the log."""

    def log_output(self, task: Task, state: str) -> JsonObject | None:
        return None


class PreviewOfNothing(Objects):
    """Shows no address in the preview of the output."""

    def preview_output(self, task: Task) -> str:
        return "Asset ready: https://storage.googleapis.com/undefined"


class SlowClock(Objects):
    """Tells a time that is an hour behind."""

    def server_time(self, now: int) -> str:
        return super().server_time(now - HOUR_MS)


class StandingClock(Objects):
    """Tells the time of the first of January."""

    def server_time(self, now: int) -> str:
        return "2026-01-01T00:00:00.000Z"


class Seconds(Objects):
    """Gives times in seconds."""

    def build_core(self, task: Task, state: str) -> JsonObject:
        core = super().build_core(task, state)
        times = {name: value // 1000 for name, value in core.items() if name.endswith("Ms") and isinstance(value, int)}
        return {**core, **times}


class FutureCreation(Objects):
    """Says that a request was created in an hour."""

    def build_core(self, task: Task, state: str) -> JsonObject:
        return {**super().build_core(task, state), "createdAtMs": task.created_ms + HOUR_MS}


class FutureCompletion(Objects):
    """Says that a request ended in ten minutes."""

    def completed_at_ms(self, task: Task, state: str) -> int | None:
        completed_ms = super().completed_at_ms(task, state)
        return completed_ms and completed_ms + HOUR_MS // 6


class StartAfterEnd(Objects):
    """Says that a request was started after its end."""

    def started_at_ms(self, task: Task, state: str) -> int | None:
        return task.completed_ms + 1000 if state in TERMINAL else super().started_at_ms(task, state)


class BackToQueued(Lifecycle):
    """Shows a request as queued for a moment after it was processing."""

    def advance_state(self, task: Task, now: int) -> str:
        state = super().advance_state(task, now)
        middle = (task.started_ms + task.completed_ms) / 2
        return QUEUED if state == PROCESSING and now > middle else state


class UnknownState(Lifecycle):
    """Shows a state that nobody has documented."""

    def advance_state(self, task: Task, now: int) -> str:
        state = super().advance_state(task, now)
        return "running" if state == PROCESSING else state


class FailedLater(Lifecycle):
    """Shows a success, and as failed what is polled 30 ms later."""

    def advance_state(self, task: Task, now: int) -> str:
        state = super().advance_state(task, now)
        return FAILED if state == SUCCEEDED and now > task.completed_ms + 30 else state


class FailureWithReason(Objects):
    """Says why a request failed, whatever it was."""

    def error_message(self, task: Task, state: str) -> str | None:
        return "The result was removed." if state == FAILED else super().error_message(task, state)


class NewFile(Objects):
    """Names another file at each poll after the end, which is not there."""

    def build_result(self, task: Task) -> JsonObject:
        result = super().build_result(task)
        return {**result, "image_url": str(result["image_url"]).replace("image.png", f"{time.time_ns()}.png")}


class NewCredits(Objects):
    """Shows another cost at each poll after the end."""

    numbers: ClassVar = itertools.count()

    def billable_credits(self, task: Task, state: str) -> int | None:
        return task.price - next(self.numbers) % 5 if state == SUCCEEDED else super().billable_credits(task, state)


class NewOutput(Objects):
    """Names another file at each poll after the end."""

    def build_result(self, task: Task) -> JsonObject:
        return {**super().build_result(task), "task_id": f"img_{time.time_ns()}"}


class NotFoundAtFirst(Service):
    """Finds a request some time after it was created."""

    def find_task(self, caller: Caller, request_id: str) -> Task:
        task = super().find_task(caller, request_id)
        if self.lifecycle.now_ms() < task.started_ms + 30:
            raise Refusal(404, "There is no such request.")
        return task


class AnyAccountReads(Service):
    """Lets every account read every request."""

    def find_task(self, caller: Caller, request_id: str) -> Task:
        task = self.tasks.find(request_id)
        if task is None:
            raise Refusal(404, "There is no such request.")
        return task


class OtherModel(Objects):
    """Makes the picture with another model than was asked for."""

    def build_result(self, task: Task) -> JsonObject:
        return {**super().build_result(task), "model": "flux2"}


class OtherRatio(Objects):
    """Names a ratio that was not asked for."""

    def build_result(self, task: Task) -> JsonObject:
        return {**super().build_result(task), "aspect_ratio": "32:9"}


class ErrorWithSuccess(Objects):
    """Has an error message at a success."""

    def error_message(self, task: Task, state: str) -> str | None:
        return "The provider was slow." if state == SUCCEEDED else super().error_message(task, state)


class BrokenJson(Service):
    """Cuts the body of a poll."""

    def read(self, request: Request, request_id: str) -> Reply:
        reply = super().read(request, request_id)
        return Reply(reply.status, reply.body[:-1], reply.content_type, reply.headers)


class ListOfOne(Service):
    """Wraps each request object in an array."""

    def read(self, request: Request, request_id: str) -> Reply:
        caller = self.access.identify(request)
        task = self.find_task(caller, request_id)
        body = write_json([self.objects.build_object(task, self.lifecycle.now_ms())])
        return Reply(200, body, "application/json")


IDENTITY, SHAPE, OUTPUT = "operation and id", "the keys of the examples", "the output at the end"
LOG, PREVIEWS, CLOCK = "requestLog against output", "previews", "serverTime against the clock"
TIMES, STATES, CHOICES = "times", "states", "model and ratio that were asked for"
LOG_CLAIM, KEPT, TIME, ORDER = "request-log", "request-log-seven-days", "request-times-ms", "lifecycle-order"
LATER_FAILURE = Parts(lifecycle=FailedLater, objects=FailureWithReason)

DEFECTS = (
    Defect(
        "a request object names another operation",
        IDENTITY,
        "request-operation",
        "image.create",
        Parts(objects=OtherOperation),
    ),
    Defect(
        "the accepted reply names another operation",
        *(IDENTITY, "request-operation", 'expected "image.generate"', Parts(objects=OtherOperationAtCreate)),
    ),
    Defect("the id is that of the task", IDENTITY, "request-shape", "img_", Parts(objects=OtherId)),
    Defect("urls.get leads nowhere", IDENTITY, "create-reply-shape", "got 404", Parts(objects=AddressOfNothing)),
    Defect(
        "a create is answered with 200",
        IDENTITY,
        "create-accepted-202",
        "expected 202, got 200",
        service=StatusAccepted,
    ),
    Defect("no inputPreview", SHAPE, "request-shape", "inputPreview", Parts(objects=NoPreview)),
    Defect("no requestLog", SHAPE, "request-shape", "requestLog", Parts(objects=NoLog)),
    Defect("credits are a text", SHAPE, "request-shape", "billableCredits", Parts(objects=TextCredits)),
    Defect("no progress", SHAPE, "request-shape-processing", "task_id", Parts(objects=NoProgress)),
    Defect("a poll is cut JSON", SHAPE, "request-shape", "JSON", service=BrokenJson),
    Defect("a poll is an array", SHAPE, "request-shape", "array", service=ListOfOne),
    Defect("no output", OUTPUT, "lifecycle-output-on-success", "output", Parts(objects=NoOutput)),
    Defect(
        "the output is processing",
        *(OUTPUT, "image-output-shape", "processing", Parts(objects=PendingOutput)),
        outcome="observed",
    ),
    Defect(
        "an error at a success",
        *(OUTPUT, "request-shape", "errorMessage", Parts(objects=ErrorWithSuccess)),
        outcome="observed",
    ),
    Defect("logs are kept 30 days", LOG, KEPT, "retentionDays must be 7, not 30", Parts(objects=MonthOfLogs)),
    Defect("logs are kept an hour", LOG, KEPT, "retainedUntilMs", Parts(objects=HourOfLogs)),
    Defect("the log has another file", LOG, LOG_CLAIM, "output.image_url of requestLog", Parts(objects=OtherLogOutput)),
    Defect("the log has no output", LOG, LOG_CLAIM, "output of requestLog", Parts(objects=NoLogOutput)),
    Defect(
        "outputPreview has another address",
        *(PREVIEWS, "request-preview-asset", "undefined", Parts(objects=PreviewOfNothing)),
        outcome="observed",
    ),
    Defect("the clock is an hour behind", CLOCK, "status-server-time", "a time near", Parts(objects=SlowClock)),
    Defect("the clock stands still", CLOCK, "status-server-time", "2026-01-01T00", Parts(objects=StandingClock)),
    Defect("times are seconds", TIMES, TIME, "createdAtMs", Parts(objects=Seconds)),
    Defect("created in the future", TIMES, TIME, "createdAtMs", Parts(objects=FutureCreation)),
    Defect("completed in the future", TIMES, TIME, "completedAtMs", Parts(objects=FutureCompletion)),
    Defect("started after the end", TIMES, ORDER, "startedAtMs", Parts(objects=StartAfterEnd)),
    Defect(
        "queued after processing", STATES, ORDER, '"queued" cannot follow "processing"', Parts(lifecycle=BackToQueued)
    ),
    Defect("a state of its own", STATES, "lifecycle-states", "running", Parts(lifecycle=UnknownState)),
    Defect("a success fails later", STATES, "lifecycle-terminal", '"failed" cannot follow', LATER_FAILURE),
    Defect("the output changes after the end", STATES, "lifecycle-terminal", "task_id", Parts(objects=NewOutput)),
    Defect("a later poll names a file that is not there", STATES, "asset-hosted", "image_url", Parts(objects=NewFile)),
    Defect(
        "the cost changes after the end", STATES, "lifecycle-terminal", "billableCredits", Parts(objects=NewCredits)
    ),
    Defect("the first poll does not find the request", STATES, "poll-after", "got 404", service=NotFoundAtFirst),
    Defect(
        "any account reads any request",
        STATES,
        "read-other-key",
        "got 200",
        service=AnyAccountReads,
        outcome="observed",
    ),
    Defect(
        "the output has another model",
        *(CHOICES, "image-output-names", "flux2", Parts(objects=OtherModel)),
        outcome="observed",
    ),
    Defect(
        "the output has another ratio",
        *(CHOICES, "image-output-ratio", "32:9", Parts(objects=OtherRatio)),
        outcome="observed",
    ),
)
