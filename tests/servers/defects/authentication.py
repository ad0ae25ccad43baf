"""Defects of authentication: keys that should be refused, keys that should not, and replies that hold the key."""

from __future__ import annotations

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.access import SCOPES, Access, Caller
from tests.servers.plain_server.messages import JsonObject, Refusal, Reply, Request
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.tasks import Task


class ForgivingAccess(Access):
    """Accepts keys that are like one of its own."""

    def find_account(self, key: str) -> Caller | None:
        """Find whose key it is, or the first one that is alike."""
        alike = (caller for own, caller in self.callers.items() if key and self.is_alike(key, own))
        return super().find_account(key) or next(alike, None)

    def is_alike(self, key: str, own: str) -> bool:
        """Tell whether a key passes for one of the server's own."""
        raise NotImplementedError


class OneLetterOff(ForgivingAccess):
    """Compares all letters but the last."""

    def is_alike(self, key: str, own: str) -> bool:
        return key[:-1] == own[:-1] and len(key) == len(own)


class StartOfKey(ForgivingAccess):
    """Accepts the start of a key."""

    def is_alike(self, key: str, own: str) -> bool:
        return len(key) > len("cs_live_") and own.startswith(key)


class LongerKeys(ForgivingAccess):
    """Compares as many letters as a key of its own has."""

    def is_alike(self, key: str, own: str) -> bool:
        return key.startswith(own)


class AnyCase(ForgivingAccess):
    """Compares keys without their case."""

    def is_alike(self, key: str, own: str) -> bool:
        return key.lower() == own.lower()


class PrefixAlone(ForgivingAccess):
    """Looks at the prefix alone."""

    def is_alike(self, key: str, own: str) -> bool:
        return key.startswith("cs_live_")


class OpenAccess(Access):
    """Takes a call without a key for one of the first account."""

    def find_account(self, key: str) -> Caller | None:
        return super().find_account(key) if key else next(reversed(self.callers.values()))


class EmptyKeyIsOpen(OpenAccess):
    """Accepts a header that is there and empty; a missing one is refused."""

    def identify(self, request: Request) -> Caller:
        if request.headers.get("x-api-key") is None and request.headers.get("authorization") is None:
            raise Refusal(401)
        return super().identify(request)


class AnyBearer(Access):
    """Takes whatever stands after Bearer for the key of the first account."""

    def read_bearer(self, request: Request) -> str:
        return next(reversed(self.callers)) if super().read_bearer(request) else ""


class NoBearer(Access):
    """Ignores the Authorization header."""

    def read_bearer(self, request: Request) -> str:
        return ""


class BearerOnStatusAlone(Access):
    """Reads a bearer token at the status endpoint alone."""

    def read_bearer(self, request: Request) -> str:
        return super().read_bearer(request) if request.path.endswith("/status") else ""


class BearerNotForReads(Access):
    """Reads no bearer token when a request is polled."""

    def read_bearer(self, request: Request) -> str:
        return "" if request.method == "GET" and "/requests/" in request.path else super().read_bearer(request)


class ForbiddenStatus(Access):
    """Answers 403 to a bad key."""

    def identify(self, request: Request) -> Caller:
        try:
            return super().identify(request)
        except Refusal:
            raise Refusal(403) from None


class AnyoneCreates(Access):
    """Asks for no key when a request is created."""

    def identify(self, request: Request) -> Caller:
        if request.method == "POST":
            return self.find_account(self.read_credentials(request)) or next(reversed(self.callers.values()))
        return super().identify(request)


class AnyoneReads(Access):
    """Asks for no key when a request is polled: whoever knows the id reads it."""

    def identify(self, request: Request) -> Caller:
        if request.method == "GET" and "/requests/" in request.path:
            return self.find_account(self.read_credentials(request)) or next(reversed(self.callers.values()))
        return super().identify(request)

    def may_read(self, caller: Caller, task: Task) -> bool:
        return True


class KeyAsName(Access):
    """Names each key by itself, so that the status shows it."""

    def find_account(self, key: str) -> Caller | None:
        caller = super().find_account(key)
        return Caller(caller.account, key, SCOPES) if caller else None


class KeyInAddress(Service):
    """Adds the key to the address that is to be polled."""

    def create(self, request: Request) -> Reply:
        reply = super().create(request)
        key = self.access.read_credentials(request).encode()
        return Reply(reply.status, reply.body.replace(b'"}}', b"?key=" + key + b'"}}'), reply.content_type)


class HeadersInLog(Service):
    """Keeps the headers of a create in its log."""

    def read(self, request: Request, request_id: str) -> Reply:
        reply = super().read(request, request_id)
        key = self.access.read_credentials(request).encode()
        log = b'"requestLog":{"headers":{"x-api-key":"' + key + b'"},'
        return Reply(reply.status, reply.body.replace(b'"requestLog":{', log), reply.content_type)


class UnknownScopes(Objects):
    """Names no scopes in the status."""

    def build_status(self, caller: Caller, credits: int, now: int) -> JsonObject:
        return {**super().build_status(caller, credits, now), "apiKey": {"name": caller.key_name, "scopes": []}}


NEARLY_RIGHT, NO_KEY, EVERY_ENDPOINT = "a key that is nearly right", "no key, or an empty one", "on every endpoint"
OTHER_HEADER, BEARER, SECRET = "a wrong key in the other header", "create and read by bearer", "no reply holds the key"
STATUS_401 = "expected 401, got 200"

DEFECTS = (
    Defect("the last letter of a key does not count", NEARLY_RIGHT, "auth-status-401", STATUS_401, Parts(OneLetterOff)),
    Defect("the start of a key is enough", NEARLY_RIGHT, "auth-status-401", STATUS_401, Parts(StartOfKey)),
    Defect("letters after a key do not count", NEARLY_RIGHT, "auth-status-401", STATUS_401, Parts(LongerKeys)),
    Defect("the case of a key does not count", NEARLY_RIGHT, "auth-status-401", STATUS_401, Parts(AnyCase)),
    Defect("any key with the prefix is accepted", NEARLY_RIGHT, "auth-status-401", STATUS_401, Parts(PrefixAlone)),
    Defect("no key is needed", NO_KEY, "auth-status-401", STATUS_401, Parts(OpenAccess)),
    Defect("an empty key is accepted", NO_KEY, "auth-status-401", STATUS_401, Parts(EmptyKeyIsOpen)),
    Defect("any bearer token is good", OTHER_HEADER, "auth-status-401", STATUS_401, Parts(AnyBearer)),
    Defect(
        "a bad key is answered with 403 at the status",
        NO_KEY,
        "auth-status-401",
        "expected 401, got 403",
        Parts(ForbiddenStatus),
    ),
    Defect("a bearer token is ignored", BEARER, "auth-headers", "as a bearer token: expected a 2xx", Parts(NoBearer)),
    Defect("only the status reads bearer tokens", BEARER, "auth-headers", "got 401", Parts(BearerOnStatusAlone)),
    Defect("polls read no bearer token", BEARER, "auth-headers", "got 401", Parts(BearerNotForReads)),
    Defect("anyone may create", EVERY_ENDPOINT, "auth-every-request", "got 202", Parts(AnyoneCreates)),
    Defect("anyone may read a request", EVERY_ENDPOINT, "auth-every-request", "got 200", Parts(AnyoneReads)),
    Defect("the status shows the key", SECRET, "auth-key-not-shown", "the API key", Parts(KeyAsName)),
    Defect("the address to poll has the key", SECRET, "auth-key-not-shown", "the API key", service=KeyInAddress),
    Defect("the log has the key", SECRET, "auth-key-not-shown", "the API key", service=HeadersInLog),
    Defect("a key has no scopes", SECRET, "status-ok", "at least one scope", Parts(objects=UnknownScopes)),
)
