"""What a seeded defect is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.servers.plain_server import Parts, Settings
from tests.servers.plain_server.handler import Handler
from tests.servers.plain_server.service import Service
from tests.support.honest_servers import KEY, OTHER_KEY

FAST_SETTINGS = Settings(keys=(KEY,), other_keys=(OTHER_KEY,), pace=100)
"""A request is queued for 20 ms, and over after about 100 more."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong with a server.

    ``clause`` is the kind of defect, one of those in ``table.py``. ``claim`` is the one claim that it breaks, and
    ``sentence`` is part of the finding that a run must print for it. ``parts``, ``service`` and ``handler`` are the
    classes of the server. ``operation`` is what the run tests, ``flags`` are more flags of it. ``outcome`` is observed
    for what no words of the vendor's are against: a run names it, and does not fail. ``exit_status`` is that of a run
    that finds it broken.
    """

    name: str
    clause: str
    claim: str
    sentence: str
    parts: Parts = field(default_factory=Parts)
    service: type[Service] = Service
    handler: type[Handler] = Handler
    settings: Settings = FAST_SETTINGS
    operation: str = "image.generate"
    flags: tuple[str, ...] = ()
    outcome: Literal["broken", "observed"] = "broken"
    exit_status: int = 1
