"""Defects of good bodies: documented bodies that are refused, and inputs that do not come back as they were sent."""

from __future__ import annotations

import html
import unicodedata
from typing import ClassVar

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.checks import Checks
from tests.servers.plain_server.messages import JsonObject, Refusal
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.rows import Operation
from tests.servers.plain_server.tasks import Order, Task


class UnknownField(Checks):
    """Does not know a documented field."""

    field: ClassVar[str]

    def check_names(self, operation: Operation, input: JsonObject) -> None:
        if self.field in input:
            raise Refusal(400, "The input has a field that is not known.")
        super().check_names(operation, input)


class NoStyle(UnknownField):
    field = "style"


class NoQuality(UnknownField):
    field = "quality"


class NoReferences(UnknownField):
    field = "reference_image_urls"


class UnknownModel(Checks):
    """Does not know a documented identifier."""

    model: ClassVar[str]

    def check_combination(self, order: Order) -> None:
        super().check_combination(order)
        if order.model == self.model:
            raise Refusal(400, "There is no such model.")


class NoSeedream5(UnknownModel):
    model = "seedream5"


class NoGptImage2(UnknownModel):
    model = "gptimage2"


class NoWebhookUrl(Checks):
    """Refuses a body with a webhook_url."""

    def read_envelope(self, body: bytes | None) -> JsonObject:
        envelope = super().read_envelope(body)
        if "webhook_url" in envelope:
            raise Refusal(400, "The body has a field that is not known.")
        return envelope


class ShortPrompts(Checks):
    """Refuses a prompt of more than 2,000 letters."""

    def check_combination(self, order: Order) -> None:
        super().check_combination(order)
        if len(str(order.input.get("prompt", ""))) > 2000:
            raise Refusal(400, "The prompt is too long.")


class PlainText(Checks):
    """Fails on letters beyond the basic plane."""

    def check_combination(self, order: Order) -> None:
        super().check_combination(order)
        if any(ord(letter) > 0xFFFF for letter in str(order.input.get("prompt", ""))):
            raise Refusal(500, "The prompt could not be stored.")


class ChangedPrompt(Objects):
    """Gives back another prompt than was sent, in the log and in the preview."""

    def change(self, text: str) -> str:
        """Change a prompt."""
        raise NotImplementedError

    def log_input(self, task: Task) -> JsonObject:
        return {**task.order.input, "prompt": self.change(str(task.order.input["prompt"]))}

    def preview_input(self, task: Task) -> str:
        return self.change(super().preview_input(task))


class EscapedPrompt(ChangedPrompt):
    def change(self, text: str) -> str:
        return html.escape(text)


class TrimmedPrompt(ChangedPrompt):
    def change(self, text: str) -> str:
        return text.strip()


class NormalizedPrompt(ChangedPrompt):
    def change(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


class UnixLineEnds(ChangedPrompt):
    def change(self, text: str) -> str:
        return text.replace("\r\n", "\n")


class OneLine(ChangedPrompt):
    def change(self, text: str) -> str:
        return " ".join(text.splitlines())


class NoEmoji(ChangedPrompt):
    def change(self, text: str) -> str:
        return "".join(letter if ord(letter) <= 0xFFFF else "?" for letter in text)


class NoDirectionMarks(ChangedPrompt):
    def change(self, text: str) -> str:
        return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


class CutPrompt(ChangedPrompt):
    def change(self, text: str) -> str:
        return text[:1000]


class NoBackslash(ChangedPrompt):
    """Drops backslashes."""

    def change(self, text: str) -> str:
        return text.replace("\\", "")


class CutPreview(Objects):
    """Cuts the preview alone."""

    def preview_input(self, task: Task) -> str:
        return super().preview_input(task)[:20]


class FirstPreview(Objects):
    """Shows the preview of the first request in each one."""

    first_preview = ""

    def preview_input(self, task: Task) -> str:
        self.first_preview = self.first_preview or super().preview_input(task)
        return self.first_preview


class CompletedInput(Objects):
    """Adds what it has chosen to the input of the log."""

    def log_input(self, task: Task) -> JsonObject:
        chosen = {"model": task.order.model, "resolution": task.order.resolution, "seed": 42}
        return {**chosen, **task.order.input}


class TextValues(Objects):
    """Gives back each value of an input as a text."""

    def log_input(self, task: Task) -> JsonObject:
        return {name: value if isinstance(value, str) else str(value) for name, value in task.order.input.items()}


class SortedReferences(Objects):
    """Sorts the references in the log."""

    def log_input(self, task: Task) -> JsonObject:
        references = task.order.input.get("reference_image_urls")
        changes = {"reference_image_urls": sorted(references)} if isinstance(references, list) else {}
        return {**task.order.input, **changes}


class ReversedReferences(Objects):
    """Reverses the references in the log."""

    def log_input(self, task: Task) -> JsonObject:
        references = task.order.input.get("reference_image_urls")
        changes = {"reference_image_urls": references[::-1]} if isinstance(references, list) else {}
        return {**task.order.input, **changes}


EXAMPLE, EACH_FIELD, MODELS = "the page's own example whole", "each optional field alone", "each documented model"
WEBHOOK_URL, PROMPTS, ORDER = "webhook_url", "prompts come back unchanged", "the input comes back in order"
REFUSED = "got 400"

DEFECTS = (
    Defect("a prompt is escaped as HTML", PROMPTS, "request-log", "&", Parts(objects=EscapedPrompt)),
    Defect("spaces around a prompt are cut", PROMPTS, "request-log", "expected", Parts(objects=TrimmedPrompt)),
    Defect("combined letters are composed", PROMPTS, "request-log", "expected", Parts(objects=NormalizedPrompt)),
    Defect("line ends are made those of Unix", PROMPTS, "request-log", "expected", Parts(objects=UnixLineEnds)),
    Defect("lines are joined", PROMPTS, "request-log", "expected", Parts(objects=OneLine)),
    Defect("emoji are lost", PROMPTS, "request-log", "?", Parts(objects=NoEmoji)),
    Defect("direction marks are lost", PROMPTS, "request-log", "expected", Parts(objects=NoDirectionMarks)),
    Defect("a prompt is cut to 1,000 letters", PROMPTS, "request-log", "expected", Parts(objects=CutPrompt)),
    Defect("backslashes are lost", PROMPTS, "request-log", "expected", Parts(objects=NoBackslash)),
    Defect(
        "a preview is cut",
        *(PROMPTS, "request-preview-prompt", "inputPreview", Parts(objects=CutPreview)),
        outcome="observed",
    ),
    Defect(
        "the log has defaults",
        *(ORDER, "request-log-input-exact", "seed", Parts(objects=CompletedInput)),
        outcome="observed",
    ),
    Defect("the log has texts for lists", ORDER, "request-log", "reference_image_urls", Parts(objects=TextValues)),
    Defect("references are sorted", ORDER, "request-log", "reference_image_urls", Parts(objects=SortedReferences)),
    Defect("references are reversed", ORDER, "request-log", "reference_image_urls", Parts(objects=ReversedReferences)),
    Defect("the field style is not known", EXAMPLE, "image-fields", REFUSED, Parts(checks=NoStyle)),
    Defect("the field quality is not known", EACH_FIELD, "image-fields", "quality", Parts(checks=NoQuality)),
    Defect(
        "the field reference_image_urls is not known",
        *(EACH_FIELD, "create-accepts-valid", REFUSED, Parts(checks=NoReferences)),
        outcome="observed",
    ),
    Defect("the model seedream5 is not known", MODELS, "create-accepted-202", REFUSED, Parts(checks=NoSeedream5)),
    Defect("the model gptimage2 is not known", MODELS, "create-accepted-202", REFUSED, Parts(checks=NoGptImage2)),
    Defect("webhook_url is refused", WEBHOOK_URL, "create-envelope", "webhook_url", Parts(checks=NoWebhookUrl)),
    Defect("a preview is of the first request", PROMPTS, "request-record", "own text", Parts(objects=FirstPreview)),
    Defect(
        "a prompt of 1,500 words is refused",
        *(PROMPTS, "create-accepts-valid", REFUSED, Parts(checks=ShortPrompts)),
        outcome="observed",
    ),
    Defect("a prompt with emoji is answered with 500", PROMPTS, "create-accepted-202", "500", Parts(checks=PlainText)),
)
