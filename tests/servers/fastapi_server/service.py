"""The service: its parts, put together."""

from .account import Key, issue_keys
from .asset import Vault
from .clock import Clock
from .courier import Courier
from .ledger import Ledger
from .order import read_order
from .refusal import Refusal
from .replies import Reply, Writer, status_reply
from .settings import Settings


class Service:
    """What the endpoints do, without HTTP."""

    def __init__(self, settings: Settings, own_base: str) -> None:
        base = settings.public_base or own_base
        self._clock = Clock()
        self._keys = issue_keys(settings, self._clock)
        self.vault = Vault(base, self._clock)
        self._ledger = Ledger(self.vault, self._clock, settings.pace)
        self._writer = Writer(base, self.vault, settings.pace)
        self._courier = Courier(self._writer, self._clock)

    def key(self, secret: str | None) -> Key:
        """Find the key that a caller has sent."""
        key = self._keys.get(secret) if secret else None
        if key is None:
            raise Refusal(401, "API key is missing, invalid or revoked")
        key.last_used_at = self._clock.now()
        return key

    def status(self, key: Key) -> Reply:
        """Tell that the key works."""
        return status_reply(key, self._clock.now())

    def create(self, key: Key, body: bytes, idempotency_key: str | None) -> Reply:
        """Create a request, or repeat what was said of it."""
        task, is_new = self._ledger.accept(key.account, read_order(body), idempotency_key)
        if is_new:
            self._courier.wait_for(task)
        return self._writer.acceptance(task)

    def read(self, key: Key, id: str) -> Reply:
        """Tell the state of a request."""
        return self._writer.request_object(self._ledger.find(key.account, id), self._clock.now())
