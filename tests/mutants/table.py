"""The mutants: at least one for each claim on behaviour, and some for claims on shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cannon_contract.runner.mock_target import MockWrapper
from cannon_mock.model.deliveries import DeliveryResponse
from tests.mutants.stateful import (
    asset_for_ever,
    changes_ends,
    first_poll_too_early,
    goes_back,
    key_for_ever,
    key_of_everybody,
    key_without_mercy,
    log_for_ever,
    repeats_with_200,
    shows_to_everybody,
)
from tests.mutants.wsgi import Call, Reply, Wsgi, answering, changing, fields, headers, sent, status

Send = Callable[..., DeliveryResponse | None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A layer that breaks the promise of one claim, and how."""

    claim: str
    how: str
    wrapper: MockWrapper


def _app(claim: str, how: str, app: Callable[[Wsgi], Wsgi]) -> Mutant:
    return Mutant(claim, how, MockWrapper(app=app))


def _sends(claim: str, how: str, send: Callable[[Send], Send]) -> Mutant:
    return Mutant(claim, how, MockWrapper(send=send))


def _put(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(values)


def _output(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["output"].update(values)


def _add(name: str, amount: int) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        if body[name] is not None:
            body[name] += amount

    return change


def _resized(call: Call, reply: Reply) -> None:
    """One pixel wider, says the head of the PNG file."""
    if reply.status == 200 and reply.body.startswith(b"\x89PNG"):
        width = int.from_bytes(reply.body[16:20], "big") + 1
        reply.body = reply.body[:16] + width.to_bytes(4, "big") + reply.body[20:]


def _accepts_all(call: Call, reply: Reply) -> None:
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


def _charges_refusals(call: Call, reply: Reply) -> None:
    if reply.status == 400:
        call.created_too()


def _charges_twice(call: Call, reply: Reply) -> None:
    if reply.status == 202:
        call.created_too()


def _charges_status(call: Call) -> Reply:
    if call.what == "GET status":
        call.created_too()
    return call.passed_on()


def _refuses_plain_text(call: Call) -> Reply:
    if call.what == "POST create" and "json" not in call.environ.get("CONTENT_TYPE", ""):
        return Reply(415, {}, b"{}")
    return call.passed_on()


def _wants_idempotency_key(call: Call) -> Reply:
    if call.what == "POST create" and call.header("x-idempotency-key") is None:
        return Reply(400, {}, b'{"error": {"code": "no_key", "message": "a key, please"}}')
    return call.passed_on()


def _wants_key_for_assets(call: Call) -> Reply:
    if call.what.endswith("asset") and call.header("x-api-key") is None:
        return Reply(401, {}, b"{}")
    return call.passed_on()


def _not_retry_after(call: Call, reply: Reply) -> None:
    reply.headers.pop("Retry-After", None)


def _polls_twice(call: Call) -> Reply:
    if call.what == "GET read":
        call.passed_on()
    return call.passed_on()


def _squares_are_lowered(call: Call, body: dict[str, Any]) -> None:
    if body["input"].get("aspect_ratio") == "1:1" and body["input"].get("resolution") == "4K":
        body["input"]["resolution"] = "2K"


def _other_default_model(call: Call, body: dict[str, Any]) -> None:
    body["input"].setdefault("model", "grok")


def _short_keys_only(call: Call) -> dict[str, str | None]:
    return {"x-api-key": "none"} if len(call.header("x-api-key") or "") > 100 else {}


def _bearer_first(call: Call) -> dict[str, str | None]:
    return {"x-api-key": None} if call.header("authorization") else {}


def _any_key(call: Call) -> dict[str, str | None]:
    key = call.header("x-idempotency-key")
    return {} if key is None else {"x-idempotency-key": key[:255] or "k"}


def _scenario(was: str, now: str | None) -> Callable[[Call], dict[str, str | None]]:
    return lambda call: {"x-mock-scenario": now} if (call.header("x-mock-scenario") or "").startswith(was) else {}


def _without_output_log(body: dict[str, Any]) -> None:
    body["requestLog"]["input"] = {}


def _from_creation(body: dict[str, Any]) -> None:
    body["requestLog"]["retainedUntilMs"] += body["createdAtMs"] - body["completedAtMs"]


def _ratio_of_a_default(body: dict[str, Any]) -> None:
    if "aspect_ratio" not in body["requestLog"]["input"]:
        body["output"]["aspect_ratio"] = "16:9"


def _one_key_less(body: dict[str, Any]) -> None:
    del body["output"]["provider_image_count"]


def _another_model(body: dict[str, Any]) -> None:
    body["output"]["model"] = "bytedance/" + body["output"]["model"]


_as_queued = _put(status="queued", startedAtMs=None, output=None)


def _in_seconds(body: dict[str, Any]) -> None:
    for name in ("createdAtMs", "startedAtMs", "completedAtMs"):
        body[name] = body[name] and body[name] // 1000


def _two_images(body: dict[str, Any]) -> None:
    output = body["output"]
    output["image_urls"] *= 2


def _never(send: Send) -> Send:
    return lambda *sent: DeliveryResponse(204)


def _not_failures(send: Send) -> Send:
    return lambda url, body, head: send(url, body, head) if b"request.succeeded" in body else DeliveryResponse(204)


def _never_again(send: Send) -> Send:
    def once(url: str, body: bytes, head: Any) -> DeliveryResponse:
        send(url, body, head)
        return DeliveryResponse(204)

    return once


def _other_type(send: Send) -> Send:
    return lambda url, body, head: send(url, body.replace(b'"request.', b'"task.', 1), head)


def _older_data(send: Send) -> Send:
    def older(url: str, body: bytes, head: Any) -> DeliveryResponse | None:
        event = json.loads(body)
        event["data"]["completedAtMs"] -= 1
        return send(url, json.dumps(event).encode(), head)

    return older


def _other_signature(send: Send) -> Send:
    return lambda url, body, head: send(url, body, {**head, "webhook-signature": "v1,bm8="})


ENDED = ("succeeded", "failed")
WON, LOST = ("succeeded",), ("failed",)
STATUS, CREATE, READ = "GET status", "POST create", "GET read"
PICTURES = ("gptimage2", "seedream5", "seedream45", "nanobanana", "nanobanana2", "wan27image", "wan27imagepro", "grok")

MUTANTS = [
    _app("auth-headers", "a bearer token is not looked at", headers(lambda call: {"authorization": None})),
    _app("auth-status-401", "403 for a bad key at the status", status(STATUS, 401, 403)),
    _app("auth-401-everywhere", "403 for a bad key at a create", status(CREATE, 401, 403)),
    _app("auth-401-everywhere", "404 for a bad key at a poll", status(READ, 401, 404)),
    _app("auth-key-form", "a long key is no good", headers(_short_keys_only)),
    _app("auth-x-api-key-first", "the bearer token decides", headers(_bearer_first)),
    _app("read-same-key", "everybody reads everything", answering(shows_to_everybody)),
    _app("read-same-key", "nobody reads anything", status(READ, 200, 404)),
    _app("scope-403", "401 for a missing scope", status(CREATE, 403, 401)),
    _app("scope-403", "a key that may not read reads", status(READ, 403, 404)),
    _app("status-code", "203 for 200", status(STATUS, 200, 203)),
    _app("status-ok", "ok is false", fields(STATUS, _put(ok=False))),
    _app("status-reply-shape", "no serverTime", fields(STATUS, lambda body: body.pop("serverTime"))),
    _app("status-free", "asking makes a request", answering(lambda: _charges_status)),
    _app("status-credits-agree", "two balances", fields(STATUS, _add("creditsRemaining", 1))),
    _app("status-account", "another plan", fields(STATUS, lambda body: body["account"].update(plan="pro"))),
    _app("credits-start", "one credit less", fields(STATUS, _add("creditsRemaining", -1))),
    _app("create-validates", "every body is accepted", changing(CREATE, _accepts_all)),
    _app("create-accepted-202", "200 for 202", status(CREATE, 202, 200)),
    _app("create-reply-shape", "no poll_after_ms", fields(CREATE, lambda body: body.pop("poll_after_ms"))),
    _app("create-reply-queued", "processing at once", fields(CREATE, _put(status="processing"))),
    _app("create-idempotent", "the key is not looked at", headers(lambda call: {"x-idempotency-key": None})),
    _app("idempotency-optional", "a key is demanded", answering(lambda: _wants_idempotency_key)),
    _app("idempotency-key-form", "every key is taken", headers(_any_key)),
    _app("idempotency-scope", "a key counts for everybody", answering(key_of_everybody)),
    _app("idempotency-repeat", "200 for a repeat", answering(repeats_with_200)),
    _app("idempotency-mismatch", "409 for another body", status(CREATE, 422, 409)),
    _app("idempotency-mismatch", "another body is answered as the first", answering(key_for_ever)),
    _app("idempotency-lifetime", "a key is known for ever", answering(key_for_ever)),
    _app("idempotency-after-validation", "the key is looked up first", answering(key_without_mercy)),
    _app("idempotency-in-flight", "425 for 409", status(CREATE, 409, 425)),
    _app("idempotency-in-flight", "no Retry-After", changing(CREATE, _not_retry_after)),
    _app("refusal-status", "422 for 400", status(CREATE, 400, 422)),
    _app("refusal-status", "a refusal is charged", changing(CREATE, _charges_refusals)),
    _app("error-envelope", "problem details", changing(CREATE, lambda call, reply: _problem(reply))),
    _app("body-limit", "400 for 413", status(CREATE, 413, 400)),
    _app("insufficient-credits", "400 for 402", status(CREATE, 402, 400)),
    _app("content-type-ignored", "415 for plain text", answering(lambda: _refuses_plain_text)),
    _app("image-default-model", "another default", sent(_other_default_model)),
    _app("gptimage2-square-refused", "4K at 1:1 is lowered", sent(_squares_are_lowered)),
    _app("host-header", "any host will do", headers(lambda call: {"host": "mock.test"})),
    _app("unknown-address-404", "400 for 404", status("GET other", 404, 400)),
    _app("unknown-address-404", "404 for 405", status("DELETE read", 405, 404)),
    _app("rate-limit-429", "503 for 429", status(CREATE, 429, 503)),
    _app("rate-limit-429", "no Retry-After", changing(CREATE, _not_retry_after)),
    _app("poll-after", "a request is not there at once", answering(first_poll_too_early)),
    _app("poll-after-2000", "1500 for 2000", fields(CREATE, _put(poll_after_ms=1500))),
    _app("poll-after-speed", "2000 whatever the speed", fields(CREATE, _put(poll_after_ms=2000))),
    _app("progression-polls", "a poll counts twice", answering(lambda: _polls_twice)),
    _app("lifecycle-order", "processing is not shown", fields(READ, _as_queued, ("processing",))),
    _app("lifecycle-order", "from processing back to queued", answering(goes_back)),
    _app("lifecycle-terminal", "an end changes", answering(changes_ends)),
    _app("lifecycle-states", "a state nobody knows", fields(READ, _put(status="done"), WON)),
    _app("lifecycle-output-on-success", "a success without output", fields(READ, _put(output=None), WON)),
    _app("lifecycle-message-on-failure", "a failure without message", fields(READ, _put(errorMessage=None), LOST)),
    _app("lifecycle-pace-image", "started sooner", fields(READ, _add("startedAtMs", -800))),
    _app("request-shape", "no inputPreview of the right type", fields(READ, _put(inputPreview=1), WON)),
    _app("lifecycle-order", "completed before it started", fields(READ, _add("completedAtMs", -60_000), ENDED)),
    _app("request-times-ms", "seconds", fields(READ, _in_seconds)),
    _app("request-log", "a log without input", fields(READ, _without_output_log, ENDED)),
    _app("request-log-from-completion", "seven days from creation", fields(READ, _from_creation, ENDED)),
    _app("request-log-after-sweep", "a log is kept for ever", answering(log_for_ever)),
    _app("request-log-at-end-only", "a log at once", fields(READ, _put(requestLog=None), ("processing",))),
    _app("request-queued-view", "started while queued", fields(READ, _put(startedAtMs=1), ("queued",))),
    _app("request-failed-view", "a failure with output", fields(READ, _put(output={}), LOST)),
    _app("request-unknown-404", "403 for 404", status(READ, 404, 403)),
    _app("failure-message", "a message of its own", fields(READ, _put(errorMessage="failed"), LOST)),
    _app("failure-timeout", "given up at once", headers(_scenario("failed-timeout", "failed-internal"))),
    _app("scenario-header", "the header is not looked at", headers(_scenario("", None))),
    _app("scenario-faults", "nothing goes wrong", headers(_scenario("error-", None))),
    _app("scenario-faults", "stored though refused", headers(_scenario("error-500", "error-500-stored"))),
    _app("scenario-drift", "nothing is new", headers(_scenario("drift-", None))),
    _app("credits-hold", "charged twice", changing(CREATE, _charges_twice)),
    _app("credits-billable-at-once", "a price at the end", fields(READ, _put(billableCredits=0), ("queued",))),
    *(
        _app(claim, "one credit more", fields(READ, _add("billableCredits", 1)))
        for claim in ("credits-price-image", "credits-price-scaled", "credits-price-seedream5")
    ),
    _app("asset-png", "image/jpeg", changing("GET asset", lambda call, reply: _jpeg(reply))),
    _app("asset-open", "a key is demanded", answering(lambda: _wants_key_for_assets)),
    _app("asset-open", "no ranges", headers(lambda call: {"range": None})),
    _app("asset-expiry", "files are kept for ever", answering(asset_for_ever)),
    _app("asset-one-image", "two images", fields(READ, _two_images, WON)),
    _app("image-output-shape", "a key is missing", fields(READ, _one_key_less, WON)),
    _app("image-output-first", "another first", fields(READ, _output(image_urls=["http://x/1", "http://x/2"]), WON)),
    _app("image-output-count", "miscounted", fields(READ, _output(provider_image_count=2), WON)),
    _app("image-output-ratio", "always square", fields(READ, _output(aspect_ratio="1:1"), WON)),
    _app("image-output-default-ratio", "not that of the picture", fields(READ, _ratio_of_a_default, WON)),
    _app("image-output-names", "the provider's own name", fields(READ, _another_model, WON)),
    *(
        _app(claim, "one pixel wider", changing("GET asset", _resized))
        for claim in (*(f"{model}-pixels" for model in PICTURES), "pixels-defaults", "pixels-computed")
    ),
    _sends("lifecycle-webhook", "nothing is sent", _never),
    _sends("webhook-both-ends", "failures are not told", _not_failures),
    _sends("webhook-event", "another type", _other_type),
    _sends("webhook-event", "data that no poll sees", _older_data),
    _sends("webhook-signature", "signed by somebody else", _other_signature),
    _sends("webhook-retries", "never tried again", _never_again),
]


def _problem(reply: Reply) -> None:
    if reply.status >= 400:
        reply.json = {"title": "Bad Request", "status": reply.status}


def _jpeg(reply: Reply) -> None:
    reply.headers["Content-Type"] = "image/jpeg"
