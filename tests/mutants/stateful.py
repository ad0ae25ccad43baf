"""Answers that remember earlier calls; each function makes one with an empty memory."""

from __future__ import annotations

from typing import Any

from tests.mutants.wsgi import Answer, Call, Reply


def shows_to_everybody() -> Answer:
    """A request is read with the key that created it, whoever asks."""
    owners: dict[str, str] = {}

    def answer(call: Call) -> Reply:
        if call.what == "GET read" and call.id in owners:
            return call.passed_on(**{"x-api-key": owners[call.id]})
        reply = call.passed_on()
        if call.what == "POST create" and reply.status == 202:
            owners[reply.json["id"]] = call.header("x-api-key") or ""
        return reply

    return answer


def first_poll_too_early() -> Answer:
    """The first poll of a request does not find it."""
    known: set[str] = set()

    def answer(call: Call) -> Reply:
        if call.what == "GET read" and call.id not in known:
            known.add(call.id)
            return Reply(404, {}, b'{"error": {"code": "request_not_found", "message": "not yet"}}')
        return call.passed_on()

    return answer


def goes_back() -> Answer:
    """A request that was seen at work is seen queued again, once."""
    states: dict[str, list[str]] = {}

    def answer(call: Call) -> Reply:
        reply = call.passed_on()
        if call.what == "GET read" and reply.status == 200:
            body = reply.json
            seen = states.setdefault(call.id, [])
            seen.append(body["status"])
            if seen.count("processing") == 2:
                reply.json = {**body, "status": "queued", "startedAtMs": None, "output": None}
        return reply

    return answer


def changes_ends() -> Answer:
    """A request that was seen to end says another time at the next poll."""
    ended: dict[str, int] = {}

    def answer(call: Call) -> Reply:
        reply = call.passed_on()
        if call.what == "GET read" and reply.status == 200 and reply.json["completedAtMs"] is not None:
            ended[call.id] = ended.get(call.id, -1) + 1
            body = reply.json
            reply.json = {**body, "completedAtMs": body["completedAtMs"] + ended[call.id]}
        return reply

    return answer


def log_for_ever() -> Answer:
    """The log is shown as it first was."""
    logs: dict[str, Any] = {}

    def answer(call: Call) -> Reply:
        reply = call.passed_on()
        if call.what == "GET read" and reply.status == 200 and "requestLog" in reply.json:
            body = reply.json
            reply.json = {**body, "requestLog": logs.setdefault(call.id, body["requestLog"])}
        return reply

    return answer


def asset_for_ever() -> Answer:
    """A file that was fetched once is answered so for ever."""
    kept: dict[str, Reply] = {}

    def answer(call: Call) -> Reply:
        if call.what != "GET asset":
            return call.passed_on()
        path = call.environ["PATH_INFO"]
        return kept[path] if path in kept else kept.setdefault(path, call.passed_on())

    return answer


def key_of_everybody() -> Answer:
    """An idempotency key is answered as it first was, whoever sends it."""
    return _keyed(lambda call: "")


def key_for_ever() -> Answer:
    """An idempotency key is answered as it first was, whenever it is sent, and with whatever body."""
    return _keyed(lambda call: call.header("x-api-key") or "")


def _keyed(owner: Any) -> Answer:
    kept: dict[tuple[str, str], Reply] = {}

    def answer(call: Call) -> Reply:
        key = call.header("x-idempotency-key")
        if call.what != "POST create" or key is None:
            return call.passed_on()
        name = owner(call), key
        if name not in kept:
            reply = call.passed_on()
            if reply.status != 202:
                return reply
            kept[name] = reply
        return kept[name]

    return answer


def repeats_with_200() -> Answer:
    """A repeat is answered with 200."""
    seen: set[str] = set()

    def answer(call: Call) -> Reply:
        reply, key = call.passed_on(), call.header("x-idempotency-key")
        if call.what == "POST create" and key in seen and reply.status == 202:
            reply.status = 200
        seen.add(key or "")
        return reply

    return answer


def key_without_mercy() -> Answer:
    """A known idempotency key is looked up before the body is."""
    known: set[str] = set()

    def answer(call: Call) -> Reply:
        reply, key = call.passed_on(), call.header("x-idempotency-key")
        if call.what == "POST create" and key is not None:
            if reply.status == 400 and key in known:
                return Reply(422, {}, b'{"error": {"code": "idempotency_key_reused", "message": "another body"}}')
            known.add(key)
        return reply

    return answer
