"""Who calls: keys and the accounts they belong to."""

from dataclasses import dataclass

from tests.servers.plain_server.messages import Refusal, Request
from tests.servers.plain_server.settings import Settings
from tests.servers.plain_server.tasks import Task

SCOPES = ("requests:write", "requests:read")


@dataclass(frozen=True)
class Account:
    """One customer."""

    id: str
    email: str
    plan: str


@dataclass(frozen=True)
class Caller:
    """An account, and the name and scopes of the key that it calls with."""

    account: Account
    key_name: str
    scopes: tuple[str, ...] = SCOPES


MAIN_ACCOUNT = Account("acc_main", "studio@example.com", "creator")
OTHER_ACCOUNT = Account("acc_other", "neighbour@example.com", "trial")


class Access:
    """Finds the caller of a request."""

    def __init__(self, settings: Settings) -> None:
        self.callers: dict[str, Caller] = {}
        self.add_keys(OTHER_ACCOUNT, settings.other_keys)
        self.add_keys(MAIN_ACCOUNT, settings.keys)

    def add_keys(self, account: Account, keys: tuple[str, ...]) -> None:
        """Give an account its keys, each with a name."""
        for number, key in enumerate(keys, start=1):
            self.callers[key] = Caller(account, f"Production Key {number}")

    def identify(self, request: Request) -> Caller:
        """Find the caller, or refuse the request with an empty 401."""
        key = self.read_credentials(request)
        caller = self.find_account(key)
        if caller is None:
            raise Refusal(401, headers={"WWW-Authenticate": "Bearer"})
        return caller

    def read_credentials(self, request: Request) -> str:
        """Read the key of either header; x-api-key goes first."""
        return self.read_api_key(request) or self.read_bearer(request)

    def read_api_key(self, request: Request) -> str:
        """Read the key of the recommended header."""
        return request.header("x-api-key")

    def read_bearer(self, request: Request) -> str:
        """Read the key of a bearer token; the scheme's case does not matter."""
        scheme, _, key = request.header("authorization").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def find_account(self, key: str) -> Caller | None:
        """Find whose key it is."""
        return self.callers.get(key)

    def may_read(self, caller: Caller, task: Task) -> bool:
        """Tell whether the caller may read a task: every key of its account may."""
        return task.account_id == caller.account.id
