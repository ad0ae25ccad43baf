"""The settings: each field, where it is read from, and what is refused."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, asdict, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock import Config
from cannon_mock.config import read_environment
from tests.support.mocks import Maker

DEFAULTS = {
    "host": "127.0.0.1",
    "port": 2266,
    "workers": 1,
    "store": "memory",
    "max_tasks": 100_000,
    "journal": 1000,
    "public_url": "",
    "clock": "system",
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
    "webhook_secret": "",
    "webhook_timestamps": "wall",
    "allow_webhooks_to": "",
    "admin": True,
    "admin_token": "",
    "verbose": False,
}

SECRET = "whsec_" + "A" * 32

GIVEN: dict[str, tuple[str, Any]] = {
    "host": ("::1", "::1"),
    "port": ("8000", 8000),
    "workers": ("1", 1),
    "store": ("sqlite:mock.db", "sqlite:mock.db"),
    "journal": ("0", 0),
    "public_url": ("https://mock.example.com", "https://mock.example.com"),
    "clock": ("manual", "manual"),
    "progression": ("manual:3", "manual:3"),
    "scenario": ("slow", "slow"),
    "scenarios": ("mine.json", "mine.json"),
    "keys": ("keys.json", "keys.json"),
    "mismatch_status": ("409", 409),
    "webhook_secret": (SECRET, SECRET),
    "webhook_timestamps": ("clock", "clock"),
    "allow_webhooks_to": ("a.example,b.example", "a.example,b.example"),
    "admin": ("no", False),
    "admin_token": ("t", "t"),
    "speed": ("2.5", 2.5),
    "credits": ("0", 0),
    "seed": ("7", "7"),
    "strict": ("true", True),
    "refusal_status": ("422", 422),
    "square_4k": ("cap", "cap"),
    "overlay": ("more.json", "more.json"),
    "max_tasks": ("1", 1),
    "verbose": ("1", True),
}

REFUSED: list[tuple[str, Any]] = [
    ("port", -1),
    ("port", 65_536),
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
    ("public_url", "mock.example.com"),
    ("public_url", "ftp://mock.example.com"),
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
    ("refusal_status", 418),
    ("square_4k", "allow"),
]

EXTREMES: list[dict[str, Any]] = [
    {"speed": 0.001},
    {"speed": 1000.0},
    {"credits": 31},
    {"credits": 10**12},
    {"max_tasks": 1},
    {"max_tasks": 10**12},
]


def test_the_defaults_are_as_documented() -> None:
    """A mock that is told nothing has these settings, and there are no others."""
    assert asdict(Config()) == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_field_is_read_from_the_environment(name: str) -> None:
    """CANNON_MOCK_ and the field's name in capitals sets that field, in the field's own type, and no other."""
    text, value = GIVEN[name]
    config = read_environment({f"CANNON_MOCK_{name.upper()}": text, name.upper(): "ignored"})
    assert asdict(config) == {**DEFAULTS, name: value}
    assert type(getattr(config, name)) is type(DEFAULTS[name])


def test_the_environment_of_the_process_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the variables of the process count."""
    monkeypatch.setenv("CANNON_MOCK_PORT", "8123")
    assert read_environment().port == 8123


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "yes", "on", " On "])
def test_words_for_yes(text: str) -> None:
    """A switch is on for each common word for yes, in any case."""
    assert read_environment({"CANNON_MOCK_STRICT": text}).strict is True


@pytest.mark.parametrize("text", ["0", "false", "No", "off", ""])
def test_words_for_no(text: str) -> None:
    """A switch stays off for each common word for no, and for an empty value."""
    assert read_environment({"CANNON_MOCK_STRICT": text}).strict is False


@pytest.mark.parametrize("text", ["maybe", "ture", "2"])
def test_a_switch_takes_no_other_word(text: str) -> None:
    """A word that is neither yes nor no is refused by the variable's name, not taken for no."""
    with pytest.raises(ValueError, match="CANNON_MOCK_STRICT"):
        read_environment({"CANNON_MOCK_STRICT": text})


@pytest.mark.parametrize("name", ["port", "speed", "credits", "refusal_status", "max_tasks"])
@pytest.mark.parametrize("text", ["many", "9" * 5000, "1,5"])
def test_a_number_must_be_one(name: str, text: str) -> None:
    """A text where a number belongs is refused, and the message names the variable or the field."""
    with pytest.raises(ValueError, match=rf"(CANNON_MOCK_{name.upper()}|{name})\b"):
        read_environment({f"CANNON_MOCK_{name.upper()}": text})


@pytest.mark.parametrize("name", GIVEN)
def test_an_empty_variable_is_one_that_is_not_set(name: str) -> None:
    """A variable that is set to nothing leaves the default."""
    assert read_environment({f"CANNON_MOCK_{name.upper()}": ""}) == Config()


@pytest.mark.parametrize(
    "secret", ["nothing", "whsec_!!", "whsec_" + "B" * 28, "whsec_" + "C" * 88, "D" * 40], ids=range(5)
)
def test_a_bad_webhook_secret_is_refused_without_showing_it(secret: str) -> None:
    """A secret that no verifier would take is refused, and does not end up in a log."""
    with pytest.raises(ValueError, match="whsec_ and 24 to 64 bytes") as raised:
        Config(webhook_secret=secret)
    assert secret not in str(raised.value)


def test_workers_need_a_store_to_share() -> None:
    """Several processes over memory are refused: each would know its own requests only."""
    with pytest.raises(ValueError, match="sqlite:FILE"):
        Config(workers=2)
    assert Config(workers=2, store="sqlite:x").workers == 2


def test_hosts_are_a_list() -> None:
    """The hosts that webhooks may go to are read from one setting, whatever the spaces and the case."""
    assert Config(allow_webhooks_to=" A.example,,b.example ").webhook_hosts == {"a.example", "b.example"}


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_cannot_be_is_refused(name: str, value: Any) -> None:
    """A value outside its field's range is refused, in the environment too; the message names field and value."""
    message = re.escape(f"{name} {value}")
    with pytest.raises(ValueError, match=message):
        Config(**{name: value})
    with pytest.raises(ValueError, match=message):
        read_environment({f"CANNON_MOCK_{name.upper()}": str(value)})


@pytest.mark.parametrize("extreme", EXTREMES, ids=str)
def test_the_last_legal_value_works(make_mock: Maker, extreme: dict[str, Any]) -> None:
    """A mock of any setting that is not refused takes a request to its end."""
    mock = make_mock(**extreme)
    reply = mock.create().get_json()
    mock.clock.advance(20_000_000)
    assert mock.poll(reply["id"])["status"] == "succeeded"


@given(st.dictionaries(st.sampled_from([f"CANNON_MOCK_{each.name.upper()}" for each in fields(Config)]), st.text()))
def test_no_environment_does_worse_than_a_refusal(environ: dict[str, str]) -> None:
    """Whatever the variables hold, there are settings or a ValueError with one line."""
    try:
        read_environment(environ)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either way is right


def test_settings_do_not_change() -> None:
    """The settings of a mock cannot be set anew."""
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]
