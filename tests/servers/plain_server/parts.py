"""The classes that a service is made of; each may be replaced by a subclass."""

from dataclasses import dataclass

from tests.servers.plain_server.access import Access
from tests.servers.plain_server.assets import Assets
from tests.servers.plain_server.checks import Checks
from tests.servers.plain_server.ledger import Ledger, Prices
from tests.servers.plain_server.lifecycle import Lifecycle
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.repeats import Repeats
from tests.servers.plain_server.webhooks import Webhooks


@dataclass(frozen=True)
class Parts:
    """One class for each kind of decision."""

    access: type[Access] = Access
    repeats: type[Repeats] = Repeats
    checks: type[Checks] = Checks
    lifecycle: type[Lifecycle] = Lifecycle
    prices: type[Prices] = Prices
    ledger: type[Ledger] = Ledger
    objects: type[Objects] = Objects
    assets: type[Assets] = Assets
    webhooks: type[Webhooks] = Webhooks
