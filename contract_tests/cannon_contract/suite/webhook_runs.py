"""A request with a webhook from its create to its end, and what came to the webhook's address (floor 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cannon_contract.client.api import Api, Notes
from cannon_contract.client.flows import expect_accepted, poll, poll_to_end, share_run, wait_before_poll
from cannon_contract.client.inbox import Inbox, Message, read_message
from cannon_contract.client.outcomes import NotTested
from cannon_contract.client.recording import record_exchange

PATIENCE_S = 30.0
"""How long after the end of a request its webhook may come."""

Delivery = tuple[bytes, Mapping[str, str]]
"""The body and the headers of a webhook."""


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A target, and the webhooks that it sends."""

    api: Api
    inbox: Inbox


@dataclass(frozen=True, slots=True)
class WebhookRun:
    """A request with a webhook that has ended.

    ``early`` are the webhooks after which a poll still showed the request at work, ``late`` all others that came until
    one told the end, or until ``waited_s`` seconds after it. ``notes`` has what was noted.
    """

    end: dict[str, Any]
    early: list[Delivery]
    late: list[Delivery]
    waited_s: float
    notes: Notes

    def read(self, delivery: Delivery) -> Message:
        """What a webhook says of the request."""
        return read_message(delivery[0], self.end["id"])


def run_with_webhook(target: WebhookTarget) -> WebhookRun:
    """The run with a webhook that tests share, or a new one where creates cost nothing."""
    return share_run(target.api, f"{target.api.operation} with a webhook", lambda: _run_to_end(target))


def _run_to_end(target: WebhookTarget) -> WebhookRun:
    api, inbox = target.api, target.inbox
    start, body = api.notes.size, {**api.build_body(), "webhook_url": inbox.url}
    response = api.create(body)
    if response.is_client_error and not api.is_mock:
        raise NotTested(f"a create with the webhook_url {inbox.url} was answered with {response.status_code}")
    reply = expect_accepted(api, response, body)
    counts = [len(inbox.deliveries)]
    polls = poll_to_end(api, reply, on_poll=lambda: counts.append(len(inbox.deliveries)))
    # A webhook came early if after it, and after the pause of a poll, the request was still at work.
    early_count = max(counts[1 : len(polls) - 1], default=0)
    waited_s = _wait_for_end(target, reply, polls[-1], early_count)
    for content, headers in inbox.deliveries:
        call = httpx.Request("POST", inbox.url, headers=dict(headers), content=content)
        api.notes.exchanges.append(record_exchange(call, httpx.Response(204), (api.key,)))
    early, late = inbox.deliveries[:early_count], inbox.deliveries[early_count:]
    return WebhookRun(polls[-1], early, late, waited_s, api.notes.since(start))


def _wait_for_end(target: WebhookTarget, reply: dict[str, Any], end: dict[str, Any], early_count: int) -> float:
    """Wait until a webhook tells the end, or for as long as it may take. Returns how many seconds that was.

    The request is polled meanwhile: a third-party text has a pending webhook sent during a poll.
    """
    api, start_s = target.api, target.api.now_s()
    while api.now_s() - start_s < PATIENCE_S:
        messages = [read_message(body, end["id"]) for body, _ in target.inbox.deliveries[early_count:]]
        if any(each.status in ("", end["status"]) for each in messages):
            break
        wait_before_poll(api, reply)
        poll(api, reply)
    return api.now_s() - start_s
