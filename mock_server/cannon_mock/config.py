"""The settings of one mock, in one table (floor 3).

Flags, variables, pytest options, ``/__mock__/assumptions`` and the documentation derive from ``SETTINGS``. The pytest
plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cannon_mock import origins
from cannon_mock import setting_limits as limits
from cannon_mock.host_and_port import normalize_host
from cannon_mock.settings import Setting, SettingError, SettingsRepr, limit_range
from cannon_mock.settings import setting_field as _setting

if TYPE_CHECKING:
    from cannon_mock.model.tasks import Pace

_MOST = 10**12
_LISTING = "cannon-mock --help lists the settings"


@dataclass(frozen=True, slots=True, repr=False)
class Config(SettingsRepr):
    """The settings of a mock; each is a flag of ``cannon-mock`` and an environment variable.

    Raises SettingError, a ValueError, for a value that does not fit.
    """

    host: str = _setting("127.0.0.1", "address to listen on", limits.TEXT, metavar="ADDRESS")
    port: int = _setting(2266, "port to listen on; 0 takes a free port", limits.PORT)
    tls_cert: str = _setting(
        "",
        "PEM file of a certificate, and of those that signed it: the mock then answers https:// alone",
        limits.PATH,
        metavar="FILE",
    )
    tls_key: str = _setting(
        "",
        "PEM file of the certificate's key, without a password",
        limits.PATH,
        metavar="FILE",
        empty_text="in the certificate's file",
    )
    workers: int = _setting(
        1, "number of processes that answer; more than 1 need a store that processes share", limit_range(1, 64)
    )
    store: str = _setting(
        "memory",
        "where tasks, webhooks and the journal are stored",
        limits.STORE,
        choices={
            "memory": "in this process, lost when it ends",
            "sqlite:FILE": "a file, which outlives the process and which several processes share",
            "redis://HOST:PORT/N": "a Redis or Valkey server, which several machines share",
        },
        metavar="STORE",
    )
    max_tasks: int = _setting(
        100_000,
        "number of tasks that the store holds; above it the tasks that ended first are dropped, and a create is "
        "refused with 507 where none has ended",
        limit_range(1, _MOST),
    )
    max_memory: str = _setting(
        limits.DEFAULT_MEMORY,
        "size of all that the store memory holds, tasks and journal too; with another store leave it out. Above it the "
        "tasks that ended first are dropped, and a create is refused with 507 where none has ended",
        limits.SIZE,
        metavar="SIZE",
    )
    journal: int = _setting(
        1000, "number of exchanges that /__mock__/journal holds; 0 turns the journal off", limit_range(0, 1_000_000)
    )
    public_url: str = _setting(
        "",
        "start of the addresses in replies and webhooks",
        limits.URL,
        empty_text="the address that the client called",
        metavar="URL",
    )
    root_path: str = _setting(
        "",
        "prefix under which a proxy serves the mock; addresses carry it, and calls may have it or not",
        limits.ROOT_PATH,
        metavar="PATH",
    )
    cors: str = _setting(
        origins.LOOPBACK,
        "pages that may call the simulated API and fetch assets from a browser, never /__mock__/",
        limits.ORIGINS,
        choices={
            origins.LOOPBACK: "pages of this machine, at any port",
            origins.ALL: "all pages",
            origins.NONE: "no page of another origin",
            "ORIGIN": "pages of that origin, such as https://app.example.com; repeat the flag, or use commas, for more",
        },
        metavar="ORIGIN",
        is_switch=True,
        is_list=True,
    )
    asset_host: str = _setting(
        "",
        "host of the addresses of assets, with a port if it is another one; the name must lead to the mock",
        limits.ASSET_HOST,
        empty_text="the host that the client called",
        metavar="HOST[:PORT]",
    )
    asset_port: int = _setting(
        0,
        "port that the mock listens on too, and that the addresses of assets have; 0: none",
        limits.PORT,
    )
    asset_key: str = _setting(
        "refuse-authorization",
        "what happens to the fetch of an asset that sends an API key along",
        choices={
            "refuse-authorization": "refused with 400 for any header Authorization",
            "refuse": "refused for x-api-key too, which is a key sent to another host than the API's",
            "ignore": "the file is served",
        },
        is_switch=True,
    )
    clock: str = _setting(
        "system",
        "how the mock's time passes",
        choices={"system": "as real time", "manual": "stopped until /__mock__/clock advances it"},
        is_switch=True,
    )
    start: str = _setting(
        "",
        "time at which the clock starts",
        limits.MOMENT,
        empty_text="real time",
        metavar="TIME",
        has_pytest_option=True,
    )
    progression: str = _setting(
        "time",
        "how tasks progress",
        limits.PROGRESSION,
        choices={
            "time": "as the mock's time passes",
            "immediate": "ended at the first poll",
            "manual:N": "by polls, each state lasts N of them (1 to 999)",
        },
        metavar="HOW",
        is_switch=True,
        has_pytest_option=True,
        pytest_default="manual:1",
    )
    # At more than 1000 a task would end within a millisecond, the unit of the clock.
    speed: float = _setting(
        1.0,
        "factor by which tasks are faster than on the real service; poll_after_ms shrinks with it",
        limit_range(0.001, 1000, "a number"),
        is_switch=True,
    )
    seed: str = _setting(
        "",
        "source of ids and durations: the same seed and the same calls give the same ones",
        limits.TEXT,
        empty_text="random",
        pytest_default="pytest",
    )
    scenario: str = _setting(
        "",
        "scenario of each create that names none",
        limits.TEXT,
        empty_text="success",
        metavar="NAME",
        is_switch=True,
        has_pytest_option=True,
    )
    scenarios: str = _setting(
        "",
        "JSON file of further scenarios, in the form of schemas/scenarios.json",
        limits.PATH,
        metavar="FILE",
        has_pytest_option=True,
    )
    overlay: str = _setting(
        "", "JSON Merge Patch over the contract", limits.PATH, metavar="FILE", has_pytest_option=True
    )
    keys: str = _setting(
        "",
        "JSON file of API keys with names, scopes, plans and credits",
        limits.PATH,
        metavar="FILE",
        has_pytest_option=True,
    )
    credits: int = _setting(
        1250,
        "credits that an account starts with, unless the file of keys says otherwise",
        limit_range(0, _MOST),
        is_switch=True,
        has_pytest_option=True,
    )
    strict: bool = _setting(
        False, "refuse payloads with warnings that another payload avoids", limits.FLAG, is_switch=True
    )
    refusal_status: int = _setting(
        400,
        "status of the reply to a payload with errors",
        choices={400: "Bad Request", 422: "Unprocessable Content"},
        is_switch=True,
    )
    mismatch_status: int = _setting(
        422,
        "status of the reply when an idempotency key is used with another body",
        choices={422: "Unprocessable Content", 400: "Bad Request", 409: "Conflict"},
        is_switch=True,
    )
    square_4k: str = _setting(
        "refuse",
        "what happens to 4K at 1:1, which the vendor says is refused or capped",
        choices={"refuse": "an error", "cap": "lowered to the largest resolution that is legal"},
        is_switch=True,
    )
    shut_down: str = _setting(
        "works",
        "what happens to creates of an operation or a model that its maker has shut down",
        choices={
            "works": "they succeed as documented",
            "refused": "they are refused, as by the scenario shut-down-refused",
            "failed": "they are accepted and fail, as by the scenario shut-down-failed",
        },
        is_switch=True,
        has_pytest_option=True,
    )
    upstream_violations: str = _setting(
        "warn",
        "what happens to creates that break a rule of the provider's, which no page of the vendor's states; --strict "
        "refuses them whatever this says",
        choices={
            "warn": "they succeed, with a warning in a header",
            "fail-late": "they are accepted with that warning and fail, as by the scenario failed-upstream",
        },
        is_switch=True,
        has_pytest_option=True,
    )
    latency: str = _setting(
        "real",
        "how a server passes the time by which a scenario delays a reply",
        choices={"real": "in real time", "clock": "by moving the mock's clock; nobody waits"},
        has_pytest_option=True,
    )
    webhook_secret: str = _setting(
        "",
        "secret that signs webhooks",
        limits.SECRET,
        empty_text="random, printed at start",
        metavar="whsec_...",
        is_secret=True,
    )
    webhook_timestamps: str = _setting(
        "wall",
        "time that webhooks are signed with",
        choices={"wall": "real time", "clock": "the mock's time"},
        is_switch=True,
    )
    webhook_body: str = _setting(
        "uncommon",
        "how the JSON of webhooks is written; the signature is of the bytes as they are sent",
        choices={
            "uncommon": "with bytes that change where JSON is parsed and written again",
            "compact": "without spaces and escapes, as JavaScript writes it",
        },
        is_switch=True,
        has_pytest_option=True,
    )
    webhook_timeout: float = _setting(
        15.0,
        "seconds that an attempt to deliver a webhook may take from its start to the status of the response",
        limit_range(0.1, 600, "a number"),
        is_switch=True,
    )
    allow_webhooks_to: str = _setting(
        "",
        "hosts that webhooks may be sent to, beside this machine; repeat the flag, or use commas, for more",
        limits.HOSTS,
        metavar="HOST",
        is_list=True,
    )
    admin: bool = _setting(True, "serve the mock's own API under /__mock__/; --no-admin turns it off", limits.FLAG)
    admin_token: str = _setting(
        "", "bearer token that calls under /__mock__/ must send", limits.TEXT, metavar="TOKEN", is_secret=True
    )
    allow_host: str = _setting(
        "",
        "hosts that calls under /__mock__/ may name, beside loopback hosts and that of --public-url; repeat the flag, "
        "or use commas, for more",
        limits.HOSTS,
        empty_text="none where the mock listens on a loopback address, else all",
        metavar="HOST",
        is_list=True,
    )
    log: str = _setting(
        "text",
        "form of what the mock writes about itself",
        choices={
            "text": "lines for people",
            "json": "one JSON object a line, also for each exchange and for the lines at start",
        },
    )
    verbose: bool = _setting(False, "write one line per exchange to standard error", limits.FLAG, short_flag="-v")

    def __post_init__(self) -> None:
        for setting in SETTINGS:
            setting.check(getattr(self, setting.name))
        for name, may_not_be, advice in limits.CONFLICTS:
            if may_not_be(self):
                raise SettingError(find_setting(name), getattr(self, name), advice)

    @property
    def pace(self) -> Pace:
        """How fast tasks go."""
        from cannon_mock.model.tasks import Pace  # late: see the top of this module

        polls = limits.POLLS.fullmatch(self.progression)
        return Pace(self.progression == "immediate", int(polls[1]) if polls else 0, self.speed)

    @property
    def start_ms(self) -> int | None:
        """The time at which the clock starts, in epoch milliseconds; None for real time."""
        moment = limits.read_moment(self.start) if self.start else None
        return None if moment is None else round(moment.timestamp() * 1000)

    @property
    def max_bytes(self) -> int:
        """The bytes that a store in memory holds at most."""
        return limits.read_size(self.max_memory) or 0

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """The hosts, beside this machine, that webhooks are sent to."""
        return frozenset(host.strip().lower() for host in self.allow_webhooks_to.split(",") if host.strip())

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts, beside this machine, by which calls of the mock's own API may name it."""
        return frozenset(normalize_host(host) for host in self.allow_host.split(",") if host.strip())


SETTINGS: tuple[Setting, ...] = tuple(Setting(name=each.name, **each.metadata) for each in fields(Config))
"""Every setting, in the order of the documentation."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def find_setting(name: str) -> Setting:
    """The setting of that name. Raises ValueError with the nearest name where there is none."""
    if name not in _BY_NAME:
        raise ValueError(f"unknown setting {name}; {suggest_setting(name, _BY_NAME)}")
    return _BY_NAME[name]


def suggest_setting(name: str, known_names: Iterable[str], listing: str = _LISTING, prefix: str = "") -> str:
    """The known name that is nearest to a setting's name, as a question, and where the names are listed."""
    from cannon_spec.nearest import suggest_name  # late: see the top of this module

    return suggest_name(name, known_names, listing, prefix)
