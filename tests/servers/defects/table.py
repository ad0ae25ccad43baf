"""All defects, by topic, and the kinds of which there must be one."""

from __future__ import annotations

from tests.servers.defects import (
    assets,
    authentication,
    bodies,
    credits,
    idempotency,
    objects,
    refusals,
    webhooks,
)
from tests.servers.defects.defect import Defect

TOPICS: dict[str, tuple[Defect, ...]] = {
    "authentication": authentication.DEFECTS,
    "idempotency": idempotency.DEFECTS,
    "bodies": bodies.DEFECTS,
    "refusals": refusals.DEFECTS,
    "objects": objects.DEFECTS,
    "assets": assets.DEFECTS,
    "credits": credits.DEFECTS,
    "webhooks": webhooks.DEFECTS,
}
DEFECTS = tuple(defect for topic in TOPICS.values() for defect in topic)

CLAUSES: dict[str, tuple[str, ...]] = {
    "authentication": (
        *("a key that is nearly right", "no key, or an empty one", "a wrong key in the other header"),
        *("on every endpoint", "create and read by bearer", "no reply holds the key"),
    ),
    "idempotency": (
        *("repeats in parallel", "repeats after the end", "repeats after some seconds"),
        *("long keys that differ at their end", "charged once"),
    ),
    "bodies": (
        *("the page's own example whole", "each optional field alone", "webhook_url", "each documented model"),
        *("prompts come back unchanged", "the input comes back in order"),
    ),
    "refusals": ("a 5xx to an invalid body", "a refusal costs nothing"),
    "objects": (
        *("operation and id", "previews", "requestLog against output", "serverTime against the clock", "times"),
        "model and ratio that were asked for",
    ),
    "assets": (
        *("decoded whole", "its length as announced", "its ratio that of the request", "larger for 4K than for 1K"),
        "it can be fetched",
    ),
    "credits": (
        *("a status call charges", "a poll charges", "a charge that never comes", "a charge twice"),
        "more than billableCredits",
    ),
    "webhooks": ("sent at the end", "equal to the polled object's id and status"),
}
"""The kinds of defects, of each of which a topic has at least one."""
