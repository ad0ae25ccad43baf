"""What the service says of a task: the reply to a create, the request object, its output, its log."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.lifecycle import FAILED, PROCESSING, QUEUED, SUCCEEDED, TERMINAL, Lifecycle
from tests.servers.plain_server.messages import JsonObject
from tests.servers.plain_server.models import IMAGE_MODELS, UPSCALE_PROVIDERS, VIDEO_PROVIDERS
from tests.servers.plain_server.rows import Asset, Echo, Fact
from tests.servers.plain_server.settings import Settings
from tests.servers.plain_server.tasks import Task

POLL_AFTER_MS = 2000
PROMPT_WORDS = ("35 mm", "HDR")
RETENTION_DAYS = 7
RETENTION_MS = RETENTION_DAYS * 24 * 60 * 60 * 1000
PREVIEW_FIELDS = ("prompt", "text", "description", "video_title", "file_name", "video_url", "file_url")


class Objects:
    """Builds the JSON of every reply."""

    def __init__(self, settings: Settings, lifecycle: Lifecycle) -> None:
        self.settings = settings
        self.lifecycle = lifecycle

    def build_create_reply(self, task: Task, now: int) -> JsonObject:
        """Say that a task is accepted; a repeat says its present status."""
        return {
            "id": task.id,
            "status": self.lifecycle.advance_state(task, now),
            "operation": task.operation.name,
            "poll_after_ms": self.poll_after_ms(),
            "urls": {"get": self.request_url(task)},
        }

    def poll_after_ms(self) -> int:
        """Announce when to poll first."""
        return self.settings.shorten(POLL_AFTER_MS)

    def request_url(self, task: Task) -> str:
        """Name the address that a task is polled at."""
        return f"{self.settings.public_base}/api/v1/requests/{task.id}"

    def build_status(self, caller: Caller, credits: int, now: int) -> JsonObject:
        """Describe a key and the credits of its account."""
        return {
            "ok": True,
            "status": "ok",
            "message": "Your API key is properly wired.",
            "creditsRemaining": credits,
            "credits": {"remaining": credits},
            "account": {"email": caller.account.email, "plan": caller.account.plan},
            "apiKey": {"name": caller.key_name, "scopes": list(caller.scopes)},
            "serverTime": self.server_time(now),
        }

    def server_time(self, now: int) -> str:
        """Write a time as the status does: UTC with milliseconds and a Z."""
        moment = datetime.fromtimestamp(now // 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{now % 1000:03}Z"

    def build_object(self, task: Task, now: int) -> JsonObject:
        """Build the request object: nulls at first, the log from processing on, the previews at the end."""
        state = self.lifecycle.advance_state(task, now)
        core = self.build_core(task, state)
        if state != QUEUED:
            core["requestLog"] = self.build_request_log(task, state)
        if state in TERMINAL:
            core |= self.build_previews(task, state)
        return core

    def build_core(self, task: Task, state: str) -> JsonObject:
        """Build the keys that every request object has."""
        return {
            "id": task.id,
            "operation": task.operation.name,
            "status": state,
            "billableCredits": self.billable_credits(task, state),
            "createdAtMs": task.created_ms,
            "startedAtMs": self.started_at_ms(task, state),
            "completedAtMs": self.completed_at_ms(task, state),
            "errorMessage": self.error_message(task, state),
            "output": self.build_output(task, state),
        }

    def billable_credits(self, task: Task, state: str) -> int | None:
        """Tell what a task is charged, once it runs; a failure is free."""
        if state == QUEUED:
            return None
        return 0 if state == FAILED else task.price

    def started_at_ms(self, task: Task, state: str) -> int | None:
        """Tell when a task started, if it has."""
        return None if state == QUEUED else task.started_ms

    def completed_at_ms(self, task: Task, state: str) -> int | None:
        """Tell when a task ended, if it has."""
        return task.completed_ms if state in TERMINAL else None

    def error_message(self, task: Task, state: str) -> str | None:
        """Say why a task failed, if it has."""
        return task.failure if state == FAILED else None

    def build_output(self, task: Task, state: str) -> JsonObject | None:
        """Build the output: the downstream task while it runs, the result after success."""
        if state == PROCESSING:
            return self.build_progress(task)
        if state == SUCCEEDED:
            return self.build_result(task)
        return None

    def build_progress(self, task: Task) -> JsonObject:
        """Describe the downstream task."""
        return {
            "task_id": task.task_id,
            "status": PROCESSING,
            "provider": self.find_provider(task),
            "model": self.downstream_model(task),
        }

    def build_result(self, task: Task) -> JsonObject:
        """Fill the output that the operation describes."""
        return {key: self.fill(value, task) for key, value in task.operation.output.items()}

    def fill(self, value: object, task: Task) -> object:
        """Turn one value of a described output into a value of this task's."""
        if isinstance(value, Fact):
            return self.find_fact(value, task)
        if isinstance(value, Asset):
            return self.asset_url(value, task)
        if isinstance(value, Echo):
            return task.order.input.get(value.name) or value.default
        if isinstance(value, list):
            return [self.fill(item, task) for item in value]
        return value

    def find_fact(self, fact: Fact, task: Task) -> object:
        """Look up what a task tells of itself."""
        facts: dict[Fact, Callable[[Task], object]] = {
            Fact.TASK_ID: lambda task: task.task_id,
            Fact.STATUS: lambda _: SUCCEEDED,
            Fact.PRICE: lambda task: task.price,
            Fact.MODEL: lambda task: task.order.model,
            Fact.DOWNSTREAM_MODEL: self.downstream_model,
            Fact.PROVIDER: self.find_provider,
            Fact.ASPECT_RATIO: lambda task: task.order.aspect_ratio,
            Fact.ENHANCED_PROMPT: self.enhance_prompt,
            Fact.OPERATION: lambda task: task.operation.name,
        }
        return facts[fact](task)

    def find_provider(self, task: Task) -> str:
        """Name who works on a task."""
        by_model = {"video.generate": VIDEO_PROVIDERS, "video.upscale": UPSCALE_PROVIDERS}
        return by_model.get(task.operation.name, {}).get(task.order.model, task.operation.provider)

    def downstream_model(self, task: Task) -> str:
        """Name a model as its provider does."""
        if task.operation.is_picture:
            model = IMAGE_MODELS[task.order.model]
            return model.edit_name if task.operation.name == "image.edit" else model.generate_name
        return str(self.fill(task.operation.output["model"], task))

    def enhance_prompt(self, task: Task) -> str:
        """Rewrite a prompt in its own language: by what else was asked for, and by words of every language."""
        words = (task.order.input.get(name) for name in ("prompt", "visualStyle", "rewriteRequest"))
        return ", ".join([*(str(word) for word in words if word), *PROMPT_WORDS])

    def asset_url(self, asset: Asset, task: Task) -> str:
        """Name the address of a file of a task."""
        return f"{self.settings.public_base}/{asset.folder}/{task.task_id}/{asset.name}"

    def build_previews(self, task: Task, state: str) -> JsonObject:
        """Build the two previews of an ended task."""
        return {
            "inputPreview": self.preview_input(task),
            "outputPreview": self.preview_output(task) if state == SUCCEEDED else None,
        }

    def preview_input(self, task: Task) -> str:
        """Show the text that was sent, unchanged."""
        return next(str(task.order.input[name]) for name in PREVIEW_FIELDS if task.order.input.get(name))

    def preview_output(self, task: Task) -> str:
        """Show the result in one line."""
        result = self.main_result(task)
        return result if task.operation.result_key == "enhancedPrompt" else f"Asset ready: {result}"

    def main_result(self, task: Task) -> str:
        """Find the one value of the output that the task was made for."""
        return str(self.fill(task.operation.output[task.operation.result_key], task))

    def build_request_log(self, task: Task, state: str) -> JsonObject:
        """Build the log; until the end it has no output, and nobody knows yet how long it stays."""
        return {
            "available": True,
            "retentionDays": RETENTION_DAYS,
            "retainedUntilMs": self.retained_until_ms(task, state),
            "input": self.log_input(task),
            "output": self.log_output(task, state),
            "errorMessage": self.error_message(task, state),
        }

    def retained_until_ms(self, task: Task, state: str) -> int | None:
        """Tell until when the log stays, counted from the end of the task."""
        return task.completed_ms + RETENTION_MS if state in TERMINAL else None

    def log_input(self, task: Task) -> JsonObject:
        """Give back the input as it was sent."""
        return task.order.input

    def log_output(self, task: Task, state: str) -> JsonObject | None:
        """Give the main part of the output."""
        return {task.operation.result_key: self.main_result(task)} if state == SUCCEEDED else None
