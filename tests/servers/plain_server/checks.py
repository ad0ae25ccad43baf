"""What a create must be: the decisions on its body, its operation and its input."""

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

from tests.servers.plain_server.messages import JsonObject, Refusal
from tests.servers.plain_server.operations import OPERATIONS
from tests.servers.plain_server.rows import Field, Operation
from tests.servers.plain_server.tasks import Order

DEFAULT_RATIO = "16:9"
LONGEST_SECONDS = 3600
SORA_SECONDS = (4, 8, 12, 16, 20)


def is_number(value: object) -> bool:
    """Tell whether a value is a number of JSON, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_url(value: object) -> bool:
    """Tell whether a value is an http or https address with a host."""
    if not isinstance(value, str):
        return False
    try:
        address = urlsplit(value)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        return False


def is_list_of(kind: str, value: object) -> bool:
    """Tell whether a value is an array whose items are all of one kind."""
    return isinstance(value, list) and all(KINDS[kind](item) for item in value)


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads and JSON does not know."""
    raise ValueError(name)


def read_float(text: str) -> float:
    """Read a number, unless it is too large to be written again."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "url": is_url,
    "urls": lambda value: is_list_of("url", value),
    "number": is_number,
    "seconds": lambda value: is_number(value) and 0 < value <= LONGEST_SECONDS,
    "scalar": lambda value: is_number(value) or isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "objects": lambda value: is_list_of("object", value),
}
NOUNS = {
    "text": "a string",
    "url": "an http or https address",
    "urls": "an array of http or https addresses",
    "number": "a number",
    "seconds": f"a number of seconds above 0 and at most {LONGEST_SECONDS}",
    "scalar": "a number or a string",
    "flag": "a boolean",
    "object": "an object",
    "objects": "an array of objects",
}


class Checks:
    """Turns the body of a create into an order, or refuses it. No sentence repeats a value that was sent."""

    def read_envelope(self, body: bytes | None) -> JsonObject:
        """Read the body as a JSON object."""
        if body is None:
            raise Refusal(413, "The body is larger than one megabyte.")
        envelope = self.parse(body)
        if not isinstance(envelope, dict):
            raise Refusal(400, "The body must be a JSON object.")
        return envelope

    def parse(self, body: bytes) -> object:
        """Parse JSON, strictly."""
        try:
            return json.loads(body.decode("utf-8"), parse_constant=refuse_constant, parse_float=read_float)
        except (ValueError, RecursionError):
            raise Refusal(400, "The body is not valid JSON.") from None

    def read_order(self, envelope: JsonObject) -> Order:
        """Check all of an envelope, and make the choices that its input leaves open."""
        operation = self.check_operation(envelope)
        input = self.check_envelope_input(envelope)
        webhook_url = self.check_webhook_url(envelope)
        self.check_input(operation, input)
        order = self.choose_defaults(operation, input, webhook_url)
        self.check_combination(order)
        return order

    def check_operation(self, envelope: JsonObject) -> Operation:
        """Find the operation that the envelope names."""
        name = envelope.get("operation")
        if not isinstance(name, str):
            raise Refusal(400, "The field operation must be a string.")
        if name not in OPERATIONS:
            raise Refusal(404, "There is no such operation.")
        return OPERATIONS[name]

    def check_envelope_input(self, envelope: JsonObject) -> JsonObject:
        """Read the input, which must be an object."""
        input = envelope.get("input")
        if not isinstance(input, dict):
            raise Refusal(400, "The field input must be an object.")
        return input

    def check_webhook_url(self, envelope: JsonObject) -> str | None:
        """Read the webhook's address, if there is one."""
        url = envelope.get("webhook_url")
        if url is None:
            return None
        if not isinstance(url, str) or not is_url(url):
            raise Refusal(400, "The field webhook_url must be an http or https address.")
        return url

    def check_input(self, operation: Operation, input: JsonObject) -> None:
        """Check every field of an input."""
        self.check_names(operation, input)
        for name, field in operation.fields.items():
            self.check_presence(name, field, input.get(name))
            if input.get(name) is not None:
                self.check_type(name, field, input[name])
                self.check_value(name, field, input[name])

    def check_names(self, operation: Operation, input: JsonObject) -> None:
        """Refuse fields that the operation does not know."""
        if not input.keys() <= operation.fields.keys():
            raise Refusal(400, f"The input has a field that {operation.name} does not know.")

    def check_presence(self, name: str, field: Field, value: object) -> None:
        """Refuse an input without a field that it needs; null counts as absent, and so does blank text."""
        absent = value is None or (isinstance(value, str) and not value.strip())
        if field.required and absent:
            raise Refusal(400, f"The input needs the field {name}.")

    def check_type(self, name: str, field: Field, value: object) -> None:
        """Refuse a value of another kind than the field's."""
        if not KINDS[field.kind](value):
            raise Refusal(400, f"The field {name} must be {NOUNS[field.kind]}.")

    def check_value(self, name: str, field: Field, value: object) -> None:
        """Refuse a value outside the list of the field."""
        if field.values and value not in field.values:
            listed_values = ", ".join(str(item) for item in field.values)
            raise Refusal(400, f"The field {name} must be one of: {listed_values}.")

    def choose_defaults(self, operation: Operation, input: JsonObject, webhook_url: str | None) -> Order:
        """Complete an order where its input is silent."""
        model = str(input.get("model") or operation.default_model)
        ratio = str(input.get("aspect_ratio") or DEFAULT_RATIO)
        resolution = str(input.get("resolution") or self.default_resolution(operation, model, ratio))
        return Order(operation, input, webhook_url, model, ratio, resolution)

    def default_resolution(self, operation: Operation, model: str, ratio: str) -> str:
        """Choose a resolution: edits of GPT Image 2 get the largest that is legal for the ratio."""
        if operation.name == "image.edit" and model == "gptimage2":
            return "2K" if ratio == "1:1" else "4K"
        return "1K"

    def check_combination(self, order: Order) -> None:
        """Refuse what is legal field by field but not together."""
        self.check_square(order)
        self.check_sora_duration(order)
        self.check_sora_ratio(order)
        self.check_sora_id(order)

    def check_square(self, order: Order) -> None:
        """Refuse a square at 4K of GPT Image 2, whose squares end below."""
        square = order.aspect_ratio == "1:1" and order.resolution == "4K"
        if order.operation.is_picture and order.model == "gptimage2" and square:
            raise Refusal(400, "GPT Image 2 makes no 1:1 pictures at 4K; ask for 2K or 1K.")

    def check_sora_duration(self, order: Order) -> None:
        """Refuse seconds that Sora 2 does not make; an extension normalizes them instead."""
        duration = order.input.get("duration")
        if self.is_sora(order) and duration is not None and duration not in SORA_SECONDS:
            raise Refusal(400, "Sora 2 makes films of 4, 8, 12, 16 or 20 seconds.")

    def check_sora_ratio(self, order: Order) -> None:
        """Refuse squares of Sora 2, whose films are portrait or landscape."""
        if self.is_sora(order) and order.aspect_ratio == "1:1":
            raise Refusal(400, "Sora 2 makes portrait or landscape films.")

    def is_sora(self, order: Order) -> bool:
        """Tell whether Sora 2 is to make a new film."""
        return order.operation.name == "video.generate" and order.model in ("sora2", "sora-2-pro")

    def check_sora_id(self, order: Order) -> None:
        """Refuse a source that is not named by its native id."""
        video_id = order.input.get("sora_video_id")
        if isinstance(video_id, str) and not video_id.startswith("video_"):
            raise Refusal(400, "The field sora_video_id must be a native id that starts with video_.")
