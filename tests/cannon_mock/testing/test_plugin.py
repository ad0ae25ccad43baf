"""The pytest plugin, as it works in a project of somebody else's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[3]
CALL = """
import httpx, pytest
KEY, URL = {"x-api-key": "cs_test_a"}, "https://www.cannonstudio.app/api/v1/requests"
BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}
"""


def _run(folder: Path, *options: str) -> tuple[int, str]:
    """Pytest in a folder, as a process of its own with the plugin as it is installed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *options]
    done = subprocess.run(
        command, cwd=folder, env=environment(measured=True), capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def _tests(folder: Path, text: str) -> Path:
    (folder / "test_it.py").write_text(CALL + text)
    return folder


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "parallel"])
def test_the_example_projects_pass(tmp_path: Path, options: tuple[str, ...]) -> None:
    """The tests of both example clients pass as they stand, also with pytest-xdist."""
    folder = shutil.copytree(ROOT / "examples" / "clients", tmp_path / "clients")
    status, said = _run(folder, *options)
    assert (status, "10 passed" in said) == (0, True), said


def test_a_failed_test_shows_what_was_sent(tmp_path: Path) -> None:
    """The report of a failure has each exchange, with the body of what was sent and the answer to what was refused."""
    text = """
def test_it(cannon_mock):
    httpx.post(URL, json={**BODY, "operation": "image.generat"}, headers=KEY)
    assert 1 == 2

def test_count(cannon_mock):
    cannon_mock.assert_called(2, status=202)
"""
    status, said = _run(_tests(tmp_path, text))
    assert status == 1
    assert "what was sent to https://www.cannonstudio.app" in said
    assert re.search(r"POST /api/v1/requests -> 400\n +sent: .*image\.generat\"", said)
    assert 'did you mean "image.generate"?' in said.replace('\\\\"', '"').replace('\\"', '"')
    assert "2 expected, 0 seen of: status=202\nE       nothing was sent to the mock" in said


def test_an_unknown_call_fails_loudly(tmp_path: Path) -> None:
    """A call that the API does not have fails the test, even where the code under test swallows the error."""
    text = """
def test_it(cannon_mock):
    try:
        httpx.delete(URL + "/req_1", headers=KEY)
    except Exception:
        pass
"""
    status, said = _run(_tests(tmp_path, text))
    assert status == 1
    assert "DELETE https://www.cannonstudio.app/api/v1/requests/req_1 -> 405" in said


def test_settings_come_from_mark_option_and_file(tmp_path: Path) -> None:
    """A setting of the mark goes before one of the command line, and that before one of the ini file."""
    (tmp_path / "pytest.ini").write_text("[pytest]\ncannon_credits = 7\ncannon_scenario = slow\n")
    text = """
STATUS = "https://www.cannonstudio.app/api/v1/status"

def test_given(cannon_mock, request):
    expected = int(request.config.getoption("--cannon-credits") or 7)
    assert httpx.get(STATUS, headers=KEY).json()["creditsRemaining"] == expected

@pytest.mark.cannon(credits=9, progression="time")
def test_marked(cannon_mock, cannon_server):
    assert httpx.get(STATUS, headers=KEY).json()["creditsRemaining"] == 9
    assert httpx.get(cannon_server.url + "/api/v1/status", headers=KEY).json()["creditsRemaining"] == 9
"""
    folder = _tests(tmp_path, text)
    for options in ((), ("--cannon-credits", "8")):
        status, said = _run(folder, *options)
        assert status == 0, said


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('progresion="time"', "no setting progresion; known: host"),
        ('"time"', "a setting has a name"),
        ('credits="lots"', "credits is a number, not 'lots'"),
        ("keys={}", "keys is text (of a file its path), not dict"),
        ('scenario="nope"', "scenario nope: one of success"),
        ('scenarios="nowhere.json"', "nowhere.json: No such file or directory"),
    ],
)
def test_a_setting_that_cannot_be_is_said_in_a_line(tmp_path: Path, mark: str, said: str) -> None:
    """A wrong setting fails the test with one line and no traceback of ours."""
    text = f"""
@pytest.mark.cannon({mark})
def test_it(cannon_mock):
    pass
"""
    status, shown = _run(_tests(tmp_path, text))
    assert (status, said in shown, "Traceback" in shown, "pytest_plugin.py:" in shown) == (1, True, False, False), shown


def test_what_went_wrong_in_one_test_is_gone_in_the_next(tmp_path: Path) -> None:
    """A mock whose receiver raised leaves the session's clock with its test."""
    text = """
def test_raises(cannon_mock):
    cannon_mock.on_webhook(lambda: None)
    made = httpx.post(URL, json={**BODY, "webhook_url": "https://example.com/hook"}, headers=KEY).json()
    for _ in range(3):
        httpx.get(made["urls"]["get"], headers=KEY)

def test_next(cannon_clock):
    assert cannon_clock.move_handlers == []

def test_times(cannon_mock):
    with pytest.raises(ValueError, match="from 1 on"):
        cannon_mock.scenario("slow", times=0)
"""
    status, said = _run(_tests(tmp_path, text))
    assert (status, "3 passed, 1 error" in said) == (1, True), said


def test_a_test_of_one_account_never_meets_another(tmp_path: Path) -> None:
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
    status, said = _run(_tests(tmp_path, text))
    assert status == 0, said


def test_what_a_receiver_raises_fails_its_test(tmp_path: Path) -> None:
    """An assertion in a receiver fails the test that set it, is a failed attempt, and holds nothing up."""
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
    seen = []
    cannon_server.on_webhook(lambda body, headers: seen.append(body) or 500)
    own = {"x-api-key": cannon_server.key}
    address = cannon_server.url + "/api/v1/requests"
    id_ = httpx.post(address, json=HOOKED, headers=own).json()["id"]
    for _ in range(3):
        httpx.get(f"{address}/{id_}", headers=own)
    cannon_server.advance(days=1)
    assert seen and all(id_.encode() in body for body in seen)
"""
    status, said = _run(_tests(tmp_path, text))
    assert status == 1
    assert "3 passed, 1 error" in said, said
    assert "something else" in said


def test_time_is_moved_for_both(tmp_path: Path) -> None:
    """One clock moves the mock within httpx and the one on a socket, and only forward."""
    text = """
@pytest.mark.cannon(progression="time")
def test_it(cannon_mock, cannon_server, cannon_clock):
    own = {"x-api-key": cannon_server.key}
    ids = [httpx.post(URL, json=BODY, headers=KEY).json()["id"]]
    ids += [httpx.post(cannon_server.url + "/api/v1/requests", json=BODY, headers=own).json()["id"]]
    cannon_mock.advance(seconds=60)
    assert httpx.get(f"{URL}/{ids[0]}", headers=KEY).json()["status"] == "succeeded"
    assert httpx.get(f"{cannon_server.url}/api/v1/requests/{ids[1]}", headers=own).json()["status"] == "succeeded"
    with pytest.raises(ValueError, match="backwards"):
        cannon_clock.set(0)
    with pytest.raises(LookupError, match="known: success"):
        cannon_mock.scenario("sucess")
    with pytest.raises(LookupError, match="no field statuss"):
        cannon_mock.calls(statuss=200)
"""
    status, said = _run(_tests(tmp_path, text))
    assert status == 0, said


def test_without_the_extras_the_plugin_is_inert(tmp_path: Path) -> None:
    """Whoever has only the judge runs pytest undisturbed, and is told what is missing when a fixture is asked for."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in ('flask', 'httpx', 'respx', 'waitress', 'standardwebhooks', 'PIL', 'httpx2'):\n"
        "    sys.modules[name] = None\n"
    )
    (tmp_path / "test_it.py").write_text(
        "def test_mine():\n    assert True\n\n\ndef test_asks(cannon_mock):\n    assert False\n"
    )
    # respx brings a plugin of its own, which whoever has not installed respx does not have
    options = ["-p", "no:cacheprovider", "-p", "no:respx", "-W", "error"]
    done = subprocess.run(
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
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "is missing; install the extra testing: pip install 'cannon-spec[testing]'" in done.stdout


def test_no_module_of_an_extra_is_imported_before_a_fixture_asks() -> None:
    """Loading the plugin imports neither the mock's framework nor any HTTP client."""
    code = "import sys, cannon_mock.testing.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"flask", "httpx", "respx", "jsonschema", "waitress", "standardwebhooks", "cannon_spec"} & set(
        done.stdout.split()
    )
