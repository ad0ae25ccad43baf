"""The settings: the table, its sources, and the values that are refused."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, asdict, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock import Config
from cannon_mock.__main__ import build_parser
from cannon_mock.config import SETTINGS, find_setting
from cannon_mock.setting_sources import build_config
from cannon_mock.settings import Setting, SettingError, Source
from cannon_mock.variables import read_environment
from cannon_spec.redaction import redact
from tests.support.mocks import Driver, DriverFactory

DEFAULTS = {
    "host": "127.0.0.1",
    "port": 2266,
    "tls_cert": "",
    "tls_key": "",
    "workers": 1,
    "store": "memory",
    "max_tasks": 100_000,
    "max_memory": "512MiB",
    "journal": 1000,
    "public_url": "",
    "root_path": "",
    "cors": "loopback",
    "asset_host": "",
    "asset_port": 0,
    "asset_key": "refuse-authorization",
    "clock": "system",
    "start": "",
    "progression": "time",
    "speed": 1.0,
    "seed": "",
    "scenario": "",
    "scenarios": "",
    "overlay": "",
    "keys": "",
    "credits": 1250,
    "strict": False,
    "refusal_status": 400,
    "mismatch_status": 422,
    "square_4k": "refuse",
    "shut_down": "works",
    "upstream_violations": "warn",
    "latency": "real",
    "webhook_secret": "",
    "webhook_timestamps": "wall",
    "webhook_body": "uncommon",
    "webhook_timeout": 15.0,
    "allow_webhooks_to": "",
    "admin": True,
    "admin_token": "",
    "allow_host": "",
    "log": "text",
    "verbose": False,
}

SECRET = "whsec_" + "A" * 32

EXAMPLES: dict[str, tuple[str, Any]] = {
    "host": ("::1", "::1"),
    "port": ("8000", 8000),
    "tls_cert": ("cert.pem", "cert.pem"),
    "tls_key": ("key.pem", "key.pem"),
    "workers": ("1", 1),
    "store": ("sqlite:mock.db", "sqlite:mock.db"),
    "journal": ("0", 0),
    "public_url": ("https://mock.example.com", "https://mock.example.com"),
    "root_path": ("/cannon", "/cannon"),
    "asset_host": ("assets.localhost:2267", "assets.localhost:2267"),
    "asset_port": ("2267", 2267),
    "asset_key": ("refuse", "refuse"),
    "cors": ("https://a.example,loopback", "https://a.example,loopback"),
    "clock": ("manual", "manual"),
    "progression": ("manual:3", "manual:3"),
    "scenario": ("slow", "slow"),
    "scenarios": ("mine.json", "mine.json"),
    "keys": ("keys.json", "keys.json"),
    "mismatch_status": ("409", 409),
    "webhook_secret": (SECRET, SECRET),
    "webhook_timestamps": ("clock", "clock"),
    "webhook_body": ("compact", "compact"),
    "webhook_timeout": ("2.5", 2.5),
    "latency": ("clock", "clock"),
    "allow_webhooks_to": ("a.example,b.example", "a.example,b.example"),
    "admin": ("no", False),
    "admin_token": ("t", "t"),
    "allow_host": ("a.example,::1", "a.example,::1"),
    "start": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    "speed": ("2.5", 2.5),
    "credits": ("0", 0),
    "seed": ("7", "7"),
    "strict": ("true", True),
    "refusal_status": ("422", 422),
    "square_4k": ("cap", "cap"),
    "shut_down": ("failed", "failed"),
    "upstream_violations": ("fail-late", "fail-late"),
    "overlay": ("more.json", "more.json"),
    "max_tasks": ("1", 1),
    "max_memory": ("1GB", "1GB"),
    "log": ("json", "json"),
    "verbose": ("1", True),
}

INVALID: list[tuple[str, Any]] = [
    ("allow_webhooks_to", "https://example.com"),
    ("allow_webhooks_to", "a.example,b.example:8080"),
    ("allow_webhooks_to", "a.example/hook"),
    ("allow_host", "a.example:2266"),
    ("allow_host", "*"),
    ("allow_host", "*.a.example"),
    ("port", -1),
    ("port", 65_536),
    ("start", "2026-01-31T12:00:00"),
    ("start", "2026-01-31"),
    ("start", "1969-12-31T12:00:00Z"),
    ("start", "9999-12-31T12:00:00Z"),
    ("start", "tomorrow"),
    ("speed", 0.0),
    ("speed", -1.0),
    ("speed", 0.0009),
    ("speed", 1000.5),
    ("speed", float("nan")),
    ("speed", float("inf")),
    ("credits", -1),
    ("credits", 10**12 + 1),
    ("max_tasks", 0),
    ("max_tasks", 10**12 + 1),
    *(("max_memory", text) for text in ("0", "-1MB", "999999", "1 XB", "512 MiB!", "1.5GB", "9" * 40)),
    ("public_url", "mock.example.com"),
    ("public_url", "ftp://mock.example.com"),
    ("public_url", "http://"),
    ("public_url", "http://:2266"),
    ("public_url", "http://mock.example.com:99999"),
    ("public_url", "http://mock.example.com:/"),
    ("public_url", "http://user@mock.example.com"),
    ("public_url", "http://mock.example.com/a?b"),
    ("root_path", "cannon"),
    ("root_path", "/"),
    ("root_path", "/a//b"),
    ("root_path", "/a b"),
    ("asset_host", "https://assets.example.com"),
    ("asset_host", "assets.example.com/x"),
    ("asset_host", "assets.example.com:0"),
    ("asset_host", "assets.example.com:65536"),
    ("asset_host", "::1"),
    ("asset_host", "[1.2.3.4]"),
    ("asset_host", "a..example"),
    ("asset_host", "assets.example.com:"),
    ("asset_port", 65_536),
    ("asset_key", "allow"),
    ("cors", "localhost:5173"),
    ("cors", "https://a.example/path"),
    ("cors", "https://a.example,none"),
    ("cors", "https://a.example b.example"),
    ("cors", "https://*.a.example"),
    ("cors", "https://münchen.example"),
    ("cors", "http://localhost:99999"),
    ("cors", "http://localhost:"),
    ("cors", "http://::1:80"),
    ("cors", "loopback,http://[:::1]:80"),
    ("workers", 0),
    ("workers", 65),
    ("journal", -1),
    ("journal", 1_000_001),
    ("clock", "real"),
    ("progression", "slow"),
    ("progression", "manual"),
    ("progression", "manual:0"),
    ("progression", "manual:1000"),
    ("mismatch_status", 418),
    ("webhook_timestamps", "both"),
    ("webhook_body", "pretty"),
    ("webhook_timeout", 0),
    ("webhook_timeout", 601),
    ("webhook_timeout", float("nan")),
    ("refusal_status", 418),
    ("square_4k", "allow"),
    ("shut_down", "yes"),
    ("upstream_violations", "fail"),
    ("latency", "none"),
    ("store", "mysql://x"),
    ("store", "sqlite:"),
]

EXTREMES: list[dict[str, Any]] = [
    {"speed": 0.001},
    {"speed": 1000.0},
    {"credits": 31},
    {"credits": 10**12},
    {"webhook_timeout": 0.1},
    {"webhook_timeout": 600.0},
    {"max_tasks": 1},
    {"max_tasks": 10**12},
    {"max_memory": "1MB"},
    {"max_memory": "2048 gib"},
]


def test_the_defaults_are_as_documented() -> None:
    """A mock without settings of the user's has these, and there are no others."""
    assert asdict(Config()) == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_field_is_read_from_the_environment(name: str) -> None:
    """CANNON_MOCK_ and the field's name in capitals sets that field, in the field's own type, and no other."""
    text, value = EXAMPLES[name]
    config = read_environment({f"CANNON_MOCK_{name.upper()}": text, name.upper(): "ignored"})
    assert asdict(config) == {**DEFAULTS, name: value}
    assert type(getattr(config, name)) is type(DEFAULTS[name])


def test_the_environment_of_the_process_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the variables of the process count."""
    monkeypatch.setenv("CANNON_MOCK_PORT", "8123")
    assert read_environment().port == 8123


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "yes", "on", " On "])
def test_values_for_yes(text: str) -> None:
    """A yes-or-no setting is on for each common word for yes, in any case."""
    assert read_environment({"CANNON_MOCK_STRICT": text}).strict is True


@pytest.mark.parametrize("text", ["0", "false", "No", "off", ""])
def test_values_for_no(text: str) -> None:
    """A yes-or-no setting stays off for each common word for no, and for an empty value."""
    assert read_environment({"CANNON_MOCK_STRICT": text}).strict is False


@pytest.mark.parametrize("text", ["maybe", "ture", "2"])
def test_a_yes_or_no_setting_refuses_other_words(text: str) -> None:
    """A word that is neither yes nor no is refused by the variable's name; it does not count as no."""
    with pytest.raises(ValueError, match="CANNON_MOCK_STRICT"):
        read_environment({"CANNON_MOCK_STRICT": text})


@pytest.mark.parametrize("name", ["port", "speed", "credits", "refusal_status", "max_tasks"])
@pytest.mark.parametrize("text", ["many", "9" * 5000, "1,5"])
def test_text_is_refused_where_a_number_belongs(name: str, text: str) -> None:
    """A text where a number belongs is refused, and the message names the variable."""
    with pytest.raises(ValueError, match=rf"^CANNON_MOCK_{name.upper()}="):
        read_environment({f"CANNON_MOCK_{name.upper()}": text})


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    """An empty variable leaves the default, but for a secret, which a user means to set."""
    variable = f"CANNON_MOCK_{name.upper()}"
    if find_setting(name).is_secret:
        with pytest.raises(SettingError, match=f"{variable}='' is not valid; it is empty; give it a value, or unset"):
            read_environment({variable: ""})
    else:
        assert read_environment({variable: ""}) == Config()


@pytest.mark.parametrize(
    "secret", ["nothing", "whsec_!!", "whsec_" + "B" * 28, "whsec_" + "C" * 88, "D" * 40], ids=range(5)
)
def test_an_invalid_webhook_secret_is_refused_without_showing_it(secret: str) -> None:
    """A secret that no verifier accepts is refused, and the message does not show it."""
    with pytest.raises(ValueError, match="whsec_ and 24 to 64 bytes") as error:
        Config(webhook_secret=secret)
    assert secret not in str(error.value)


def test_workers_need_a_store_to_share() -> None:
    """Several processes without a common store are refused: each would know its own requests only."""
    with pytest.raises(ValueError, match="sqlite:FILE"):
        Config(workers=2)
    assert Config(workers=2, store="sqlite:x").workers == 2


def test_only_the_store_in_memory_has_a_size() -> None:
    """A size of its own is refused beside a store that it would not bound."""
    with pytest.raises(ValueError, match=r"max_memory=1GB is not valid; leave it out, or use the store memory: "):
        Config(max_memory="1GB", store="sqlite:x")
    assert Config(max_memory="512MiB", store="sqlite:x").max_bytes == 512 * 2**20


def test_hosts_are_a_list() -> None:
    """The hosts that webhooks may go to are read from one setting, whatever the spaces and the case."""
    assert Config(allow_webhooks_to=" A.example,,b.example ").webhook_hosts == {"a.example", "b.example"}
    assert Config(allow_webhooks_to="10.0.0.8,fd00::1").webhook_hosts == {"10.0.0.8", "fd00::1"}


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_an_invalid_value_is_refused(name: str, value: Any) -> None:
    """A value outside its setting's limits is refused; the message shows it but for its secrets, and what is legal."""
    shown = redact(str(value))
    legal = re.escape(find_setting(name).limits.text) if name != "workers" else ""
    with pytest.raises(ValueError, match=re.escape(f"{name}={shown} is not valid; use ") + legal):
        Config(**{name: value})
    with pytest.raises(ValueError, match=rf"^CANNON_MOCK_{name.upper()}={re.escape(shown)} is not valid"):
        read_environment({f"CANNON_MOCK_{name.upper()}": str(value)})
    with pytest.raises(ValueError, match=rf"^--{name.replace('_', '-')} {re.escape(shown)} is not valid"):
        build_config(Source("{flag} {value}", {name: str(value)}))


@pytest.mark.parametrize("name", ["port", "speed", "seed", "strict"])
def test_a_number_too_long_to_write_is_refused(name: str) -> None:
    """A number beyond the digits that Python writes is refused as any other value is."""
    with pytest.raises(SettingError, match=f"^{name}=0x[0-9a-f]{{98}} is not valid; use "):
        Config(**{name: 16**5000})


@pytest.mark.parametrize(
    ("name", "value"), [("port", "80"), ("port", True), ("speed", True), ("strict", 1), ("seed", 7), ("keys", None)]
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    """A value that Python code passes must have the setting's own type."""
    with pytest.raises(ValueError, match=f"^{name}={value} is not valid"):
        Config(**{name: value})


@pytest.mark.parametrize("extreme", EXTREMES, ids=str)
def test_a_mock_works_at_the_limits(make_mock: DriverFactory, extreme: dict[str, Any]) -> None:
    """A mock with a setting at its limit takes a request to its end."""
    mock = make_mock(**extreme)
    reply = mock.create().get_json()
    mock.clock.advance(20_000_000)
    assert mock.poll(reply["id"])["status"] == "succeeded"


@given(st.dictionaries(st.sampled_from([f"CANNON_MOCK_{each.name.upper()}" for each in fields(Config)]), st.text()))
def test_any_environment_gives_settings_or_a_value_error(environ: dict[str, str]) -> None:
    """Whatever the variables hold, the result is settings or a ValueError with one line."""
    try:
        read_environment(environ)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either way is right


def test_settings_do_not_change() -> None:
    """The settings of a mock are frozen."""
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("CANNON_MOCK_PROT", "did you mean CANNON_MOCK_PORT?"),
        ("CANNON_MOCK_CREDIT", "did you mean CANNON_MOCK_CREDITS?"),
        ("CANNON_MOCK_NO_ADMIN", "did you mean CANNON_MOCK_ADMIN?"),
        ("CANNON_MOCK_XYZZY", "cannon-mock --help lists the settings"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name(variable: str, hint: str) -> None:
    """M16: a CANNON_MOCK_ variable that is no setting is refused with the nearest name; an empty one is unset."""
    with pytest.raises(ValueError, match=re.escape(f"unknown variable {variable}; {hint}")):
        read_environment({variable: "1"})
    assert read_environment({variable: "", "OTHER_VARIABLE": "1"}) == Config()


def test_the_variables_of_a_cluster_are_ignored() -> None:
    """What Kubernetes sets beside a service named cannon-mock is no setting and no error; its like with a slip is."""
    names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_2266_TCP", "PORT_2266_TCP_ADDR")
    links = {f"CANNON_MOCK_{name}": "10.0.0.1" for name in names}
    assert read_environment({**links, "CANNON_MOCK_PORT": "tcp://10.0.0.1:2266"}) == Config()
    assert read_environment({**links, "CANNON_MOCK_PORT": "8000"}).port == 8000
    with pytest.raises(ValueError, match=r"CANNON_MOCK_PORT=tcp:10 is not valid"):
        read_environment({"CANNON_MOCK_PORT": "tcp:10"})
    with pytest.raises(ValueError, match="unknown variable CANNON_MOCK_SERVICES_HOST"):
        read_environment({"CANNON_MOCK_SERVICES_HOST": "1"})


def test_an_unknown_name_is_refused_with_the_nearest_name() -> None:
    """A source with an unknown setting is refused, and the message suggests the nearest name."""
    with pytest.raises(ValueError, match=r"unknown setting progresion; did you mean progression\?"):
        build_config(Source("{name}={value}", {"progresion": "time"}))


def test_a_later_source_replaces_an_earlier_one() -> None:
    """The last source that names a setting counts, and an error shows the value of the source it stands in."""
    variables = Source("{variable}={value}", {"port": "1", "seed": "a"})
    flags = Source("{flag} {value}", {"port": "2"})
    assert (build_config(variables, flags).port, build_config(variables, flags).seed) == (2, "a")
    with pytest.raises(ValueError, match=r"^CANNON_MOCK_PORT=x is not valid"):
        build_config(Source(variables.template, {"port": "x"}), flags)


def test_the_flags_are_the_settings() -> None:
    """Every setting has one flag, whose help is the table's text, and no other flag sets anything."""
    help_text = " ".join(build_parser().format_help().split())
    actions = [action for action in build_parser()._actions if action.dest not in ("help", "version", "list_scenarios")]
    assert [(action.dest, action.help) for action in actions] == [(each.name, each.describe()) for each in SETTINGS]
    assert all(setting.flag in help_text for setting in SETTINGS)
    assert vars(build_parser().parse_args(["--no-admin", "-v", "--port", "0"])) == {
        "admin": False,
        "verbose": True,
        "port": "0",
    }


def test_a_flag_of_a_list_may_be_repeated() -> None:
    """A list is given by repeating its flag, by commas, or by both; all values count."""
    flags = vars(build_parser().parse_args(["--cors", "loopback", "--cors", "https://a.example,https://b.example"]))
    assert flags == {"cors": "loopback,https://a.example,https://b.example"}
    assert build_config(Source("{flag} {value}", flags)).cors == flags["cors"]


def test_the_assumptions_show_the_switches(mock: Driver) -> None:
    """GET /__mock__/assumptions shows exactly the settings that the table marks as switches."""
    switches = mock.client.get("/__mock__/assumptions").get_json()["switches"]
    assert switches == {each.name: getattr(Config(), each.name) for each in SETTINGS if each.is_switch}
    assert {"clock", "square_4k", "mismatch_status"} <= switches.keys()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_help_text_names_default_and_choices(setting: Setting) -> None:
    """The help of a setting ends with its default as a value, and says what each choice means; it is plain ASCII."""
    text = setting.describe()
    assert text.isascii()
    assert text.endswith(f"[default: {setting.default_text}]")
    assert setting.default_text
    assert all(f"{choice} ({meaning})" in text for choice, meaning in setting.choices.items())


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MiB", 512 * 2**20), ("1GB", 10**9), ("2 gib", 2**31), ("1000000", 10**6), ("3M", 3 * 10**6), ("1TB", 10**12)],
)
def test_a_size_has_a_unit(text: str, size: int) -> None:
    """A size is a whole number of bytes, or of the units of thousands (MB) or of 1024 (MiB), in any case."""
    assert Config(max_memory=text).max_bytes == size
