"""The pytest plugin in a project of a user's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cannon_mock.config import SETTINGS
from cannon_spec.installation import advise_extra
from tests.support.processes import environment
from tests.support.pytest_runs import run_pytest, write_tests

ROOT = Path(__file__).resolve().parents[3]


def test_a_failed_test_shows_what_was_sent(tmp_path: Path) -> None:
    """The report of a failed test shows each exchange, with the request body, and the reply where it is an error."""
    text = """
def test_it(cannon_mock):
    httpx.post(URL, json={**BODY, "operation": "image.generat"}, headers=KEY)
    assert 1 == 2

def test_count(cannon_mock):
    cannon_mock.assert_called(2, status=202)

def test_one(cannon_mock):
    cannon_mock.assert_called(1, status=202)
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert status == 1
    assert "what was sent to https://www.cannonstudio.app" in output
    assert re.search(r"POST /api/v1/requests -> 400\n +sent: .*image\.generat\"", output)
    assert 'did you mean "image.generate"?' in output.replace('\\\\"', '"').replace('\\"', '"')
    assert "expected 2 exchanges with status=202, got 0\nE       nothing was sent to the mock" in output
    assert "expected 1 exchange with status=202, got 0" in output


def test_an_unknown_call_fails_loudly(tmp_path: Path) -> None:
    """M2: a call that the API does not have fails the test of any client, even where the code swallows the error."""
    text = """
import requests

@pytest.mark.parametrize("client", [httpx, requests])
def test_it(cannon_mock, client):
    try:
        client.delete(URL + "/req_1", headers=KEY, timeout=5)
    except Exception:
        pass
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert (status, "2 passed, 2 errors" in output) == (1, True), output
    assert output.count("\nDELETE https://www.cannonstudio.app/api/v1/requests/req_1 -> 405") == 2


def test_settings_come_from_mark_option_and_file(tmp_path: Path) -> None:
    """A setting of the marker replaces one of the command line, and that replaces one of the ini file."""
    (tmp_path / "pytest.ini").write_text("[pytest]\ncannon_credits = 7\ncannon_scenario = slow\n")
    text = """
STATUS = "https://www.cannonstudio.app/api/v1/status"

def test_option_or_ini(cannon_mock, request):
    expected = int(request.config.getoption("--cannon-credits") or 7)
    assert httpx.get(STATUS, headers=KEY).json()["creditsRemaining"] == expected

@pytest.mark.cannon(credits=9, progression="time")
def test_marked(cannon_mock, cannon_server):
    assert httpx.get(STATUS, headers=KEY).json()["creditsRemaining"] == 9
    own = {"x-api-key": cannon_server.key}
    assert httpx.get(cannon_server.url + "/api/v1/status", headers=own).json()["creditsRemaining"] == 9
"""
    folder = write_tests(tmp_path, text)
    for options in ((), ("--cannon-credits", "8")):
        status, output = run_pytest(folder, *options)
        assert status == 0, output


INVALID_SETTINGS = {
    'progresion="time"': "cannon: unknown setting progresion; did you mean progression?",
    '"time"': "cannon: a setting needs its name",
    'credits="lots"': "cannon: credits=lots is not valid; use a whole number from 0 to",
    "keys={}": "cannon: keys={} is not valid; use the path of a file, as text",
    'start="2026-01-31"': "cannon: start=2026-01-31 is not valid; use a time from 1971 to 8999 with its offset",
    'scenario="nope"': "cannon: scenario=nope is not valid; cannon-mock --list-scenarios lists the scenarios",
    'scenarios="nowhere.json"': "nowhere.json: No such file or directory",
}
"""Settings of a mark, each with what is said of it."""


def test_an_invalid_setting_fails_its_test_with_one_line(tmp_path: Path) -> None:
    """An invalid setting fails its test with one line, without a traceback of our code."""
    text = "".join(
        f"""
@pytest.mark.cannon({mark})
def test_{number}(cannon_mock):
    pass
"""
        for number, mark in enumerate(INVALID_SETTINGS)
    )
    status, output = run_pytest(write_tests(tmp_path, text))
    assert (status, f"{len(INVALID_SETTINGS)} errors" in output) == (1, True), output
    assert all(message in output for message in INVALID_SETTINGS.values()), output
    assert "Traceback" not in output
    assert "plugin.py:" not in output


def test_an_error_in_one_test_does_not_reach_the_next(tmp_path: Path) -> None:
    """A mock whose receiver raised is detached from the clock that other tests use when its test ends."""
    text = """
def test_raises(cannon_mock, cannon_server):
    cannon_mock.on_webhook(lambda body, headers: 1 / 0)
    reply = httpx.post(URL, json={**BODY, "webhook_url": "https://example.com/hook"}, headers=KEY).json()
    for _ in range(3):
        httpx.get(reply["urls"]["get"], headers=KEY)

def test_next(cannon_server):
    assert len(cannon_server.clock.move_handlers) == 1
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert (status, "2 passed, 1 error" in output) == (1, True), output


def test_each_test_has_an_account_of_its_own(tmp_path: Path) -> None:
    """On one server each test sees its own requests, journal and scenarios alone."""
    text = """
@pytest.mark.parametrize("number", range(3))
def test_it(cannon_server, number):
    assert (cannon_server.journal, cannon_server.tasks, cannon_server.webhooks) == ([], [], [])
    if number == 0:
        cannon_server.scenario("insufficient-credits")
    reply = httpx.post(cannon_server.url + "/api/v1/requests", json=BODY, headers={"x-api-key": cannon_server.key})
    assert reply.status_code == (202 if number else 402)
    assert len(cannon_server.journal) == 1
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert status == 0, output


def test_an_exception_in_a_receiver_fails_its_test(tmp_path: Path) -> None:
    """An assertion in a receiver fails the test that set it and counts as a failed attempt; the test itself goes on."""
    text = """
HOOKED = {**BODY, "webhook_url": "https://example.com/hook"}

@pytest.mark.cannon(progression="immediate")
def test_raises(cannon_mock):
    def receiver(body, headers):
        assert body == b"something else"
    cannon_mock.on_webhook(receiver)
    assert httpx.post(URL, json=HOOKED, headers=KEY).status_code == 202
    cannon_mock.advance(seconds=1)
    assert cannon_mock.webhooks[0].attempts[0].status == 500

@pytest.mark.parametrize("number", range(2))
def test_own(cannon_server, number):
    bodies = []
    cannon_server.on_webhook(lambda body, headers: bodies.append(body) or 500)
    own = {"x-api-key": cannon_server.key}
    address = cannon_server.url + "/api/v1/requests"
    id_ = httpx.post(address, json=HOOKED, headers=own).json()["id"]
    for _ in range(3):
        httpx.get(f"{address}/{id_}", headers=own)
    cannon_server.advance(days=1)
    assert bodies and all(id_.encode() in body for body in bodies)
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert status == 1
    assert "3 passed, 1 error" in output, output
    assert "something else" in output


def test_one_clock_for_both_mocks_of_a_test(tmp_path: Path) -> None:
    """A test has one clock, also of two mocks; a mock has its own, and servers keep theirs from test to test."""
    text = """
from datetime import UTC, datetime, timedelta

@pytest.mark.cannon(progression="time")
def test_both(cannon_mock, cannon_server, cannon_clock):
    own = {"x-api-key": cannon_server.key}
    ids = [httpx.post(URL, json=BODY, headers=KEY).json()["id"]]
    ids += [httpx.post(cannon_server.url + "/api/v1/requests", json=BODY, headers=own).json()["id"]]
    cannon_mock.advance(timedelta(days=30))
    assert httpx.get(f"{URL}/{ids[0]}", headers=KEY).json()["status"] == "succeeded"
    assert httpx.get(f"{cannon_server.url}/api/v1/requests/{ids[1]}", headers=own).json()["status"] == "succeeded"
    assert cannon_clock is cannon_mock.clock is cannon_server.clock
    with pytest.raises(LookupError, match="unknown field statuss"):
        cannon_mock.calls(statuss=200)

def is_near(clock, moment):
    return abs(clock.now_ms() / 1000 - moment.timestamp()) < 120

@pytest.mark.cannon(progression="time")
def test_a_server_keeps_its_time(cannon_server, cannon_clock):
    assert is_near(cannon_clock, datetime.now(UTC) + timedelta(days=30))

@pytest.mark.cannon(progression="time")
def test_a_mock_starts_at_real_time(cannon_mock, cannon_clock):
    assert is_near(cannon_clock, datetime.now(UTC))
    cannon_clock.set(datetime.now(UTC) + timedelta(days=30))

@pytest.mark.parametrize("fixture", ["cannon_mock", "cannon_server", "cannon_server"])
@pytest.mark.cannon(start=datetime(2026, 1, 31, tzinfo=UTC))
def test_a_mark_sets_the_start(request, fixture):
    clock = request.getfixturevalue(fixture).clock
    assert is_near(clock, datetime(2026, 1, 31, tzinfo=UTC))
    clock.advance(days=8)
    clock.run()

def test_a_clock_stands_again(cannon_session_server, cannon_clock):
    assert (cannon_clock, cannon_clock.scale) == (cannon_session_server.clock, 0)
    cannon_clock.run()

def test_a_clock_stands_again_in_the_next_test(cannon_clock, cannon_session_server):
    assert (cannon_clock, cannon_clock.scale) == (cannon_session_server.clock, 0)

def test_a_server_after_the_clock(cannon_clock, request):
    with pytest.raises(pytest.fail.Exception, match="is not the clock of cannon_server"):
        request.getfixturevalue("cannon_server")
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert (status, "9 passed" in output) == (0, True), output


def test_without_the_extras_the_plugin_is_inert(tmp_path: Path) -> None:
    """Without the extras pytest runs as before; only a test that uses a fixture fails, and says what to install."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in ('flask', 'httpx', 'respx', 'uvicorn', 'standardwebhooks', 'PIL', 'httpx2'):\n"
        "    sys.modules[name] = None\n"
    )
    (tmp_path / "test_it.py").write_text(
        "def test_mine():\n    assert True\n\n\ndef test_uses_it(cannon_mock):\n    assert False\n"
    )
    # respx has a plugin of its own, which would fail here
    options = ["-p", "no:cacheprovider", "-p", "no:respx", "-W", "error"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env=environment(
            PYTHONPATH=str(tmp_path),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            PYTEST_PLUGINS="cannon_mock.testing.plugin",
        ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "1 passed, 1 error" in run.stdout, run.stdout + run.stderr
    assert f"is missing; {advise_extra('testing')}" in run.stdout
    assert "During handling" not in run.stdout


def test_loading_the_plugin_imports_no_module_of_an_extra() -> None:
    """Loading the plugin imports nothing but pytest, the standard library and the table of settings."""
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport cannon_mock.testing.plugin\n"
        "print(*{name for name in sys.modules.keys() - before if name.split('.')[0] not in sys.stdlib_module_names})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = (
        "config",
        "host_and_port",
        "origins",
        "setting_limits",
        "setting_sources",
        "settings",
        "testing",
        "testing.other_plugins",
        "testing.plugin",
        "testing.plugin_options",
        "testing.vendor_guard",
    )
    assert set(run.stdout.split()) == {"cannon_mock", *(f"cannon_mock.{name}" for name in names)}


def test_the_plugin_loads_with_an_old_pytest() -> None:
    """The plugin uses nothing that pytest 6 with pluggy 1.0 lacks: wrapper=True, StashKey, classes for types."""
    code = """
import sys, types

def hookimpl(function=None, *, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False):
    return function or (lambda function: function)

def fixture(function=None, *, scope="function", params=None, autouse=False, ids=None, name=None):
    return function or (lambda function: function)

old = types.ModuleType("pytest")
old.hookimpl, old.fixture, old.fail = hookimpl, fixture, None
sys.modules["pytest"] = old
import cannon_mock.testing.plugin
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("kind", ['default="own"', 'action="store_true"'])
def test_options_and_ini_values_of_the_user_win(tmp_path: Path, kind: str) -> None:
    """A project with an option and an ini value of our names keeps its own, and our fixtures still work in it."""
    (tmp_path / "pytest.ini").write_text("[pytest]\ncannon_scenario =\n  one\n  two\n")
    (tmp_path / "conftest.py").write_text(
        f"def pytest_addoption(parser):\n    parser.addoption('--cannon-credits', {kind})\n"
        '    parser.addini("cannon_scenario", "of the project", type="linelist")\n'
    )
    text = """
def test_own(request):
    assert request.config.getini("cannon_scenario") == ["one", "two"]
    assert request.config.getoption("--cannon-credits") in ("own", False)

def test_ours(cannon_mock):
    status = httpx.get("https://www.cannonstudio.app/api/v1/status", headers=KEY).json()
    assert status["creditsRemaining"] == 1250
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert status == 0, output


def test_the_options_are_listed_in_the_help(tmp_path: Path) -> None:
    """Pytest --help shows each of our options with the text of the table, and the default of the fixtures."""
    status, output = run_pytest(tmp_path, "--help")
    assert status == 0
    for setting in SETTINGS:
        assert (f"{setting.pytest_option}=" in output) is setting.has_pytest_option
    assert "[default: manual:1]" in " ".join(output.split())


def test_a_setting_that_only_a_server_uses_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A certificate that cannot be read fails the test that needs the server, without a traceback."""
    text = """
@pytest.mark.cannon(tls_cert="nowhere.pem")
def test_it(cannon_server):
    pass
"""
    status, output = run_pytest(write_tests(tmp_path, text))
    assert (status, "Traceback" in output, "1 error" in output) == (1, False, True)
    assert "cannon: " in output
    assert "nowhere.pem" in output
