"""Responders that remember earlier calls; each function makes one that remembers none yet."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

from tests.mutants.wsgi import Call, Reply, Responder


def accept_wrong_keys(kind: str, is_accepted: Callable[[str, str], bool]) -> Callable[[], Responder]:
    """Make responders that accept wrong keys at calls of one kind.

    ``is_accepted`` gets the wrong key, empty for none, and the last good key of the calls before.
    """

    def make_responder() -> Responder:
        good_keys = ["cs_stranger"]

        def respond(call: Call) -> Reply:
            reply, key = call.forward(), call.key
            if reply.status == 401 and call.kind == kind and is_accepted(key, good_keys[-1]):
                return call.forward(without=("authorization",), **{"x-api-key": good_keys[-1]})
            if reply.status < 300 and key:
                good_keys.append(key)
            return reply

        return respond

    return make_responder


def read_with_any_key() -> Responder:
    """Read a request with the key that created it, whatever key the call has."""
    keys_by_id: dict[str, str] = {}

    def respond(call: Call) -> Reply:
        if call.kind == "GET read" and call.id in keys_by_id:
            return call.forward(**{"x-api-key": keys_by_id[call.id]})
        reply = call.forward()
        if call.kind == "POST create" and reply.status == 202:
            keys_by_id[reply.json["id"]] = call.header("x-api-key") or ""
        return reply

    return respond


def hide_until_second_poll() -> Responder:
    """Answer the first poll of a request with 404."""
    polled_ids: set[str] = set()

    def respond(call: Call) -> Reply:
        if call.kind == "GET read" and call.id not in polled_ids:
            polled_ids.add(call.id)
            return Reply(404, {}, b'{"error": {"code": "request_not_found", "message": "not yet"}}')
        return call.forward()

    return respond


def show_queued_again() -> Responder:
    """Show a request as queued at the second poll that finds it processing."""
    statuses_by_id: dict[str, list[str]] = {}

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "GET read" and reply.status == 200:
            body = reply.json
            statuses = statuses_by_id.setdefault(call.id, [])
            statuses.append(body["status"])
            if statuses.count("processing") == 2:
                reply.json = {**body, "status": "queued", "startedAtMs": None, "output": None}
        return reply

    return respond


def change_end_time() -> Responder:
    """Show a later completedAtMs at each poll after the first one that finds the request at its end."""
    count_by_id: dict[str, int] = {}

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "GET read" and reply.status == 200 and reply.json["completedAtMs"] is not None:
            count_by_id[call.id] = count_by_id.get(call.id, -1) + 1
            body = reply.json
            reply.json = {**body, "completedAtMs": body["completedAtMs"] + count_by_id[call.id]}
        return reply

    return respond


def show_first_balance() -> Responder:
    """Show the balance as it first was."""
    balances: dict[str | None, dict[str, Any]] = {}

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "GET status" and reply.status == 200:
            names = ("creditsRemaining", "credits")
            body = reply.json
            first = balances.setdefault(call.header("x-api-key"), {name: body[name] for name in names})
            reply.json = {**body, **first}
        return reply

    return respond


def change_file_after_end() -> Responder:
    """Name another file at the second poll of an ended request and after it."""
    ended_ids: set[str] = set()

    def respond(call: Call) -> Reply:
        if call.environ["PATH_INFO"].endswith("/other.png"):
            return Reply(200, {}, b"another file")
        reply = call.forward()
        if call.kind == "GET read" and reply.status == 200 and reply.json["status"] == "succeeded":
            body = reply.json
            if call.id in ended_ids and "image_url" in body["output"]:
                body["output"]["image_url"] = body["output"]["image_url"].replace("/image.png", "/other.png")
                reply.json = body
            ended_ids.add(call.id)
        return reply

    return respond


def show_first_preview() -> Responder:
    """Show the inputPreview of the first request in each one."""
    previews: list[Any] = []

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "GET read" and reply.status == 200 and "inputPreview" in reply.json:
            body = reply.json
            previews.append(body["inputPreview"])
            reply.json = {**body, "inputPreview": previews[0]}
        return reply

    return respond


def keep_log_forever() -> Responder:
    """Show the request log as it first was."""
    logs: dict[str, Any] = {}

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == "GET read" and reply.status == 200 and "requestLog" in reply.json:
            body = reply.json
            reply.json = {**body, "requestLog": logs.setdefault(call.id, body["requestLog"])}
        return reply

    return respond


def keep_assets_forever() -> Responder:
    """Answer every call for a file as the first one was answered."""
    replies: dict[str, Reply] = {}

    def respond(call: Call) -> Reply:
        if call.kind != "GET asset":
            return call.forward()
        path = call.environ["PATH_INFO"]
        return replies[path] if path in replies else replies.setdefault(path, call.forward())

    return respond


def share_keys_between_accounts() -> Responder:
    """Answer an idempotency key as it was first answered, whatever API key the create has."""
    return _answer_keys(lambda call: "")


def keep_keys_forever() -> Responder:
    """Answer an idempotency key as it was first answered, whenever it comes and whatever the body is."""
    return _answer_keys(lambda call: call.header("x-api-key") or "")


def _answer_keys(read_owner: Callable[[Call], str]) -> Responder:
    replies: dict[tuple[str, str], Reply] = {}

    def respond(call: Call) -> Reply:
        key = call.header("x-idempotency-key")
        if call.kind != "POST create" or key is None:
            return call.forward()
        name = read_owner(call), key
        if name not in replies:
            reply = call.forward()
            if reply.status != 202:
                return reply
            replies[name] = reply
        return replies[name]

    return respond


def forget_keys_on_other_threads() -> Responder:
    """Make a request of its own for a repeat that comes from another thread, as where no lock holds repeats back."""
    threads_by_key: dict[str, int] = {}

    def respond(call: Call) -> Reply:
        key = call.header("x-idempotency-key")
        if call.kind != "POST create" or key is None:
            return call.forward()
        is_own_thread = threads_by_key.setdefault(key, get_ident()) == get_ident()
        return call.forward(without=() if is_own_thread else ("x-idempotency-key",))

    return respond


def forget_keys_after(*statuses: str) -> Callable[[], Responder]:
    """Make responders that forget the idempotency key of a request that has one of the statuses."""

    def make_responder() -> Responder:
        ids_by_key: dict[str, str] = {}

        def respond(call: Call) -> Reply:
            key = call.header("x-idempotency-key")
            if call.kind != "POST create" or key is None:
                return call.forward()
            if key in ids_by_key and call.read_silently(ids_by_key[key])["status"] in statuses:
                return call.forward(without=("x-idempotency-key",))
            reply = call.forward()
            if reply.status == 202:
                ids_by_key[key] = reply.json["id"]
            return reply

        return respond

    return make_responder


def charge_repeats() -> Responder:
    """Charge a create for each repeat."""
    used_keys: set[str] = set()

    def respond(call: Call) -> Reply:
        key = call.header("x-idempotency-key")
        if call.kind == "POST create" and key is not None:
            if key in used_keys:
                call.create_silently()
            used_keys.add(key)
        return call.forward()

    return respond


def answer_repeats_with_200() -> Responder:
    """Answer a repeat with 200 instead of 202."""
    used_keys: set[str] = set()

    def respond(call: Call) -> Reply:
        reply, key = call.forward(), call.header("x-idempotency-key")
        if call.kind == "POST create" and key in used_keys and reply.status == 202:
            reply.status = 200
        used_keys.add(key or "")
        return reply

    return respond


def look_up_key_first() -> Responder:
    """Look up the idempotency key of a create before its body is validated."""
    used_keys: set[str] = set()

    def respond(call: Call) -> Reply:
        reply, key = call.forward(), call.header("x-idempotency-key")
        if call.kind == "POST create" and key is not None:
            if reply.status == 400 and key in used_keys:
                return Reply(422, {}, b'{"error": {"code": "idempotency_key_reused", "message": "another body"}}')
            used_keys.add(key)
        return reply

    return respond
