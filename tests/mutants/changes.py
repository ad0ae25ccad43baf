"""What mutants change in one call, reply, body or webhook."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from cannon_mock.model.deliveries import DeliveryResponse
from tests.mutants.wsgi import Call, Reply

Send = Callable[..., DeliveryResponse | None]


def set_members(**values: Any) -> Callable[[dict[str, Any]], None]:
    """Set members of a reply."""
    return lambda body: body.update(values)


def set_output(**values: Any) -> Callable[[dict[str, Any]], None]:
    """Set members of an output."""
    return lambda body: body["output"].update(values)


def add_to_member(name: str, amount: int) -> Callable[[dict[str, Any]], None]:
    """Add an amount to a member that is not null."""

    def change(body: dict[str, Any]) -> None:
        if body[name] is not None:
            body[name] += amount

    return change


def widen_image(call: Call, reply: Reply) -> None:
    """Make a picture one pixel wider."""
    if reply.status == 200 and reply.body.startswith(b"\x89PNG"):
        with Image.open(BytesIO(reply.body)) as picture:
            wider_picture = Image.new("1", (picture.width + 1, picture.height))
        content = BytesIO()
        wider_picture.save(content, "PNG")
        reply.body = content.getvalue()


def cut_file(call: Call, reply: Reply) -> None:
    """Send the first half of a file only."""
    if reply.status == 200:
        reply.body = reply.body[: len(reply.body) // 2]


def send_page(call: Call, reply: Reply) -> None:
    """Send a page in place of a file."""
    reply.headers["Content-Type"], reply.body = "text/html", b"<!doctype html><p>Not here.</p>"


def send_nothing_of_file(call: Call, reply: Reply) -> None:
    """Send no byte of a file."""
    reply.body = b""


def send_square(call: Call, reply: Reply) -> None:
    """Send a square image in place of any file."""
    file = BytesIO()
    Image.new("1", (64, 64)).save(file, "PNG")
    reply.body = file.getvalue()


def close_provider_files(call: Call) -> Reply:
    """Answer calls for the provider's own file with 403."""
    is_of_provider = call.environ["PATH_INFO"].endswith("/source.png")
    return Reply(403, {}, b"{}") if is_of_provider else call.forward()


def lower_resolution(call: Call, body: dict[str, Any]) -> None:
    """Take the lowest resolution for any."""
    if "resolution" in body["input"]:
        body["input"]["resolution"] = "1K"


def widen_squares(call: Call, body: dict[str, Any]) -> None:
    """Take 16:9 for 4K at 1:1."""
    if body["input"].get("aspect_ratio") == "1:1" and body["input"].get("resolution") == "4K":
        body["input"]["aspect_ratio"] = "16:9"


def accept_refused_create(call: Call, reply: Reply) -> None:
    """Answer a refused create as if it were accepted."""
    if reply.status == 400:
        reply.status = 202
        url = "http://mock.test/api/v1/requests/req_1"
        reply.json = {
            "id": "req_1",
            "status": "queued",
            "operation": "image.generate",
            "poll_after_ms": 2000,
            "urls": {"get": url},
        }


def charge_refusals(call: Call, reply: Reply) -> None:
    """Charge a create for each refused one."""
    if reply.status == 400:
        call.create_silently()


def charge_twice(call: Call, reply: Reply) -> None:
    """Charge a second create for each accepted one."""
    if reply.status == 202:
        call.create_silently()


def charge_poll(call: Call, reply: Reply) -> None:
    """Charge a create for each poll."""
    if reply.status == 200:
        call.create_silently()


def charge_status(call: Call) -> Reply:
    """Charge a create for each status call."""
    if call.kind == "GET status":
        call.create_silently()
    return call.forward()


def refuse_plain_text(call: Call) -> Reply:
    """Refuse a create that is not sent as JSON."""
    if call.kind == "POST create" and "json" not in call.environ.get("CONTENT_TYPE", ""):
        return Reply(415, {}, b"{}")
    return call.forward()


def require_idempotency_key(call: Call) -> Reply:
    """Refuse a create without an idempotency key."""
    if call.kind == "POST create" and call.header("x-idempotency-key") is None:
        return Reply(400, {}, b'{"error": {"code": "no_key", "message": "a key, please"}}')
    return call.forward()


def require_ratio(call: Call) -> Reply:
    """Refuse a create without an aspect_ratio."""
    if call.kind == "POST create" and b'"aspect_ratio"' not in call.content:
        return Reply(400, {}, b'{"error": {"code": "no_ratio", "message": "a ratio, please"}}')
    return call.forward()


def refuse_style(call: Call) -> Reply:
    """Refuse a create with a style."""
    if call.kind == "POST create" and b'"style"' in call.content:
        return Reply(400, {}, b'{"error": {"code": "no_style", "message": "a style is not known"}}')
    return call.forward()


def refuse_webhook_url(call: Call) -> Reply:
    """Refuse a create with a webhook_url."""
    if call.kind == "POST create" and b'"webhook_url"' in call.content:
        return Reply(400, {}, b'{"error": {"code": "no_webhook", "message": "a webhook_url is not known"}}')
    return call.forward()


def accept_unknown_fields(call: Call, body: dict[str, Any]) -> None:
    """Ignore fields that no page names."""
    for each in (body, body["input"]):
        each.pop("noSuchField", None)


def escape_log_input(body: dict[str, Any]) -> None:
    """Escape the texts of the input in the log as HTML has them."""
    input = body["requestLog"]["input"]
    body["requestLog"]["input"] = {
        name: html.escape(each) if isinstance(each, str) else each for name, each in input.items()
    }


def sort_log_input(body: dict[str, Any]) -> None:
    """Sort the lists of the input in the log."""
    input = body["requestLog"]["input"]
    body["requestLog"]["input"] = {
        name: sorted(each, key=str) if isinstance(each, list) else each for name, each in input.items()
    }


def cut_log_input(body: dict[str, Any]) -> None:
    """Cut long texts of the input in the log."""
    input = body["requestLog"]["input"]
    body["requestLog"]["input"] = {name: each[:4000] if isinstance(each, str) else each for name, each in input.items()}


def add_to_log_input(body: dict[str, Any]) -> None:
    """Add a member to the input in the log."""
    body["requestLog"]["input"]["seed"] = 42


def require_key_for_assets(call: Call) -> Reply:
    """Refuse a call for a file without an API key."""
    if call.kind.endswith("asset") and call.header("x-api-key") is None:
        return Reply(401, {}, b"{}")
    return call.forward()


def remove_retry_after(call: Call, reply: Reply) -> None:
    """Leave out Retry-After."""
    reply.headers.pop("Retry-After", None)


def hide_authorization_of_assets(call: Call) -> dict[str, str | None]:
    """Ignore an Authorization header in a call for a file."""
    return {"authorization": None} if call.kind.endswith("asset") else {}


def forbid_pages(call: Call, reply: Reply) -> None:
    """Leave out the header that allows a page to read a reply."""
    reply.headers.pop("Access-Control-Allow-Origin", None)


def poll_twice(call: Call) -> Reply:
    """Count each poll as two."""
    if call.kind == "GET read":
        call.forward()
    return call.forward()


def lower_squares(call: Call, body: dict[str, Any]) -> None:
    """Lower 4K at 1:1 to 2K."""
    if body["input"].get("aspect_ratio") == "1:1" and body["input"].get("resolution") == "4K":
        body["input"]["resolution"] = "2K"


def refuse_long_keys(call: Call) -> dict[str, str | None]:
    """Refuse a long API key."""
    return {"x-api-key": "none"} if len(call.header("x-api-key") or "") > 100 else {}


def ignore_bearer(*kinds: str) -> Callable[[Call], dict[str, str | None]]:
    """Ignore bearer tokens at calls of some kinds."""
    return lambda call: {"authorization": None} if call.kind in kinds else {}


def read_any_scheme(call: Call) -> dict[str, str | None]:
    """Read the API key after any word in Authorization, or after none."""
    words = (call.header("authorization") or "").split()
    return {"x-api-key": words[-1]} if words and call.header("x-api-key") is None else {}


def show_key(kind: str, *statuses: int) -> Callable[[Call], Reply]:
    """Show the API key of a call in replies to calls of one kind that have one of the statuses."""

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == kind and reply.status in statuses:
            reply.json = {**reply.json, "calledWith": {"x-api-key": call.key}}
        return reply

    return respond


def prefer_bearer(call: Call) -> dict[str, str | None]:
    """Ignore x-api-key where there is a bearer token."""
    return {"x-api-key": None} if call.header("authorization") else {}


def cut_idempotency_key(call: Call) -> dict[str, str | None]:
    """Keep 64 letters of an idempotency key."""
    key = call.header("x-idempotency-key")
    return {"x-idempotency-key": key[:64]} if key else {}


def shorten_idempotency_key(call: Call) -> dict[str, str | None]:
    """Accept an idempotency key of any length."""
    key = call.header("x-idempotency-key")
    return {} if key is None else {"x-idempotency-key": key[:255] or "k"}


def replace_scenario(prefix: str, name: str | None) -> Callable[[Call], dict[str, str | None]]:
    """Replace each scenario whose name starts so; None leaves it out."""
    return lambda call: {"x-mock-scenario": name} if (call.header("x-mock-scenario") or "").startswith(prefix) else {}


def set_log(**values: Any) -> Callable[[dict[str, Any]], None]:
    """Set members of a log."""
    return lambda body: body["requestLog"].update(values)


def remove_log_message(body: dict[str, Any]) -> None:
    """Leave out the errorMessage of a log."""
    del body["requestLog"]["errorMessage"]


def remove_task_id(body: dict[str, Any]) -> None:
    """Leave out the task_id of an output."""
    del body["output"]["task_id"]


def keep_log_longer(body: dict[str, Any]) -> None:
    """Keep a log for a day more."""
    body["requestLog"]["retainedUntilMs"] += 86_400_000


def cut_input_preview(body: dict[str, Any]) -> None:
    """Show the first letters of a prompt only."""
    body["inputPreview"] = (body["inputPreview"] or "")[:8]


def delay_server_time(body: dict[str, Any]) -> None:
    """Show the time of an hour ago."""
    time = datetime.fromisoformat(body["serverTime"]) - timedelta(hours=1)
    body["serverTime"] = time.isoformat(timespec="milliseconds")


def count_retention_from_creation(body: dict[str, Any]) -> None:
    """Count the retention of the log from the creation."""
    body["requestLog"]["retainedUntilMs"] += body["createdAtMs"] - body["completedAtMs"]


def change_default_ratio(body: dict[str, Any]) -> None:
    """Name another ratio than that of the image."""
    if "aspect_ratio" not in body["requestLog"]["input"]:
        body["output"]["aspect_ratio"] = "16:9"


def change_output_model(body: dict[str, Any]) -> None:
    """Name the provider's own model."""
    body["output"]["model"] = "bytedance/" + body["output"]["model"]


show_as_queued = set_members(status="queued", startedAtMs=None, output=None)


def show_seconds(body: dict[str, Any]) -> None:
    """Show times in seconds."""
    for name in ("createdAtMs", "startedAtMs", "completedAtMs"):
        body[name] = body[name] and body[name] // 1000


def double_images(body: dict[str, Any]) -> None:
    """Name each image twice, where an output has a list of images."""
    if "image_urls" in body["output"]:
        body["output"]["image_urls"] *= 2


def send_nothing(send: Send) -> Send:
    """Send no webhook."""
    return lambda *delivery: DeliveryResponse(204)


def send_stale_status(send: Send) -> Send:
    """Say in each webhook that its request is still processing."""
    return _change_event(send, lambda data: data.update(status="processing"))


def send_other_id(send: Send) -> Send:
    """Name another request in each webhook."""
    return _change_event(send, lambda data: data.update(id="req_other"))


def send_successes_only(send: Send) -> Send:
    """Send no webhook of a failure."""
    return lambda url, body, head: send(url, body, head) if b"request.succeeded" in body else DeliveryResponse(204)


def send_once(send: Send) -> Send:
    """Never retry a webhook."""

    def send_and_accept(url: str, body: bytes, head: Any) -> DeliveryResponse:
        send(url, body, head)
        return DeliveryResponse(204)

    return send_and_accept


def change_event_type(send: Send) -> Send:
    """Name another type of event."""
    return lambda url, body, head: send(url, body.replace(b'"request.', b'"task.', 1), head)


def change_event_data(send: Send) -> Send:
    """Send other data than polls show."""
    return _change_event(send, add_to_member("completedAtMs", -1))


def _change_event(send: Send, change: Callable[[dict[str, Any]], object]) -> Send:
    def send_changed(url: str, body: bytes, head: Any) -> DeliveryResponse | None:
        event = json.loads(body)
        change(event["data"])
        return send(url, json.dumps(event).encode(), head)

    return send_changed


def change_signature(send: Send) -> Send:
    """Sign with another secret."""
    return lambda url, body, head: send(url, body, {**head, "webhook-signature": "v1,bm8="})


def use_problem_details(call: Call, reply: Reply) -> None:
    """Answer errors with problem details."""
    if reply.status >= 400:
        reply.json = {"title": "Bad Request", "status": reply.status}


def claim_jpeg(call: Call, reply: Reply) -> None:
    """Name another media type than the file has."""
    reply.headers["Content-Type"] = "image/jpeg"
