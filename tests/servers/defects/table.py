"""All defects, by topic."""

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
