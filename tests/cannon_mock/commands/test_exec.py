"""The command ``cannon-mock exec``, with real commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme

from cannon_mock.__main__ import main
from cannon_mock.variables import build_client_environment
from tests.support.processes import find_free_port

CALL = """
import os, sys, urllib.request
base, key = os.environ["CANNON_BASE_URL"], os.environ["CANNON_API_KEY"]
request = urllib.request.Request(base + "/api/v1/status", headers={"x-api-key": key})
secret = os.environ["CANNON_WEBHOOK_SECRET"]
print(urllib.request.urlopen(request).status, os.environ["CANNON_MOCK_URL"] == base, key, secret[:6])
sys.exit(%d)
"""
REFUSED = """
import os, urllib.error, urllib.request
url = os.environ["CANNON_BASE_URL"] + "/api/v1/requests/req_unknown"
request = urllib.request.Request(url, headers={"x-api-key": "cs_a"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError:
    raise SystemExit(7)
"""


def run(code: str, *options: str) -> int:
    """The status of ``cannon-mock exec`` with a program in Python."""
    return main(["exec", *options, "--", sys.executable, "-I", "-S", "-c", code])


def test_the_command_finds_the_mock(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command has the mock's address and a key that is valid, also where the user's own key was set before."""
    monkeypatch.setenv("CANNON_API_KEY", "cs_live_secret")
    assert run(CALL % 0) == 0
    assert capfd.readouterr() == ("200 True cs_test_exec whsec_\n", "")


def test_a_failure_shows_the_last_calls(capfd: pytest.CaptureFixture[str]) -> None:
    """The status is that of the command; where it failed, its last calls are shown, without a key."""
    assert run(REFUSED) == 7
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "cannon-mock: the command ended with 7; its last calls, of 1 in all:"
    assert lines[1].startswith("  GET /api/v1/requests/req_unknown 404: {")
    assert lines[1].endswith("}")
    assert run("raise SystemExit(2)") == 2
    assert (
        "ended with 2 and made no call to the API: the mock's address is in $CANNON_BASE_URL" in capfd.readouterr().err
    )
    assert run("raise SystemExit(2)", "--journal", "0") == 2
    assert "ended with 2; its calls are not known: the journal is off" in capfd.readouterr().err


def test_a_command_that_never_calls_the_mock_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """Tests that pass without a call may have gone elsewhere: a line says so, and the status is theirs."""
    assert run("") == 0
    expected_line = "the command ended with 0 and made no call to the API: the mock's address is in $CANNON_BASE_URL"
    assert capfd.readouterr() == ("", f"cannon-mock: {expected_line}\n")


def test_the_variable_of_the_port_counts(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that a variable names is taken; without one it is a free port."""
    port = find_free_port()
    monkeypatch.setenv("CANNON_MOCK_PORT", str(port))
    assert run('import os; print(os.environ["CANNON_BASE_URL"])') == 0
    assert capfd.readouterr().out == f"http://127.0.0.1:{port}\n"


def test_repeated_calls_are_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    """Equal calls that follow each other are a line with their number; of those that the journal lost, none is told."""
    polls = f"""
import os, urllib.request
key = {{"x-api-key": "cs_a"}}
for _ in range(20):
    urllib.request.urlopen(urllib.request.Request(os.environ["CANNON_BASE_URL"] + "/api/v1/status", headers=key))
{REFUSED}
"""
    assert run(polls, "--journal", "3") == 7
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].endswith("its last calls, of the 3 in the journal:")
    assert lines[1] == "  GET /api/v1/status 200 (2 times)"
    assert run(polls) == 7
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].endswith("its last calls, of 21 in all:")
    assert lines[1] == "  GET /api/v1/status 200 (20 times)"
    assert lines[2].startswith("  GET /api/v1/requests/req_unknown 404: {")


def test_verbose_writes_a_line_per_exchange(capfd: pytest.CaptureFixture[str]) -> None:
    """With --verbose each call of the command is a line on standard error, as where the mock serves alone."""
    assert run(CALL % 0, "--verbose") == 0
    assert capfd.readouterr().err == "GET /api/v1/status 200\n"


def test_a_key_of_the_file_is_used(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where a keys file lets no other key in, the command gets the first one of the file that is not revoked."""
    file = tmp_path / "keys.json"
    file.write_text('{"keys": {"cs_old": {"revoked": true}, "cs_mine": {}}, "others": false}', "utf-8")
    assert run(CALL % 0, "--keys", str(file)) == 0
    assert capfd.readouterr().out == "200 True cs_mine whsec_\n"


def test_a_certificate_is_named_to_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command finds a mock with a certificate that listens on all addresses, from any folder, beside a proxy."""
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "cert.pem"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    code = """
import os, ssl, sys, urllib.request
from cannon_mock.__main__ import main
os.chdir(os.path.dirname(sys.executable))
trust = ssl.create_default_context(cafile=os.environ["CANNON_MOCK_TLS_CERT"])
trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
url = os.environ["CANNON_BASE_URL"]
print(urllib.request.urlopen(url + "/__mock__/health", context=trust).status, url.rpartition(":")[0], flush=True)
sys.exit(main(["health"]))
"""
    options = ["--host", "0.0.0.0", "--tls-cert", "cert.pem"]
    assert main(["exec", *options, "--", sys.executable, "-c", code]) == 0
    assert capfd.readouterr().out == "200 https://127.0.0.1\nready\n"


@pytest.mark.parametrize(
    ("upper", "lower", "text"),
    [
        ("", "", "::1"),
        ("a.example", "b.example, a.example", "a.example,b.example,::1"),
        ("::1", "", "::1"),
        ("a.example", "*", "*"),
    ],
)
def test_no_proxy_is_asked_for_the_mock(upper: str, lower: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host of the mock is added to those for which no proxy is asked, under both names that clients read."""
    monkeypatch.setenv("NO_PROXY", upper)
    monkeypatch.setenv("no_proxy", lower)
    environment = build_client_environment("http://[::1]:80", "cs_a", "whsec_a")
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (text, text)


def test_the_help_is_that_of_exec(capsys: pytest.CaptureFixture[str]) -> None:
    """The help says where the command finds a secret that nobody chose: none is printed."""
    with pytest.raises(SystemExit):
        main(["exec", "--help"])
    assert "signs webhooks [default: random, in $CANNON_WEBHOOK_SECRET]" in " ".join(capsys.readouterr().out.split())


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="Windows and macOS cannot wait for a signal so")
def test_a_signal_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """SIGTERM and SIGQUIT go to the command, whose status decides; one that a signal ends has 128 and its number."""
    code = """
import os, signal, sys
numbers = {signal.SIGTERM, signal.SIGQUIT}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
for number in numbers:
    os.kill(os.getppid(), number)
caught_numbers = {signal.sigtimedwait(numbers, 20).si_signo for _ in numbers}
sys.exit(5 if caught_numbers == numbers else 1)
"""
    former_handler = signal.getsignal(signal.SIGTERM)  # that of coverage, where it is measured
    former_quit_handler = signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell lets jobs in the background ignore it
    try:
        assert run(code) == 5
        assert run("import os; os.kill(os.getpid(), 9)") == 128 + signal.SIGKILL
        assert signal.getsignal(signal.SIGTERM) == former_handler
    finally:
        signal.signal(signal.SIGQUIT, former_quit_handler)
    capfd.readouterr()


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="Windows and macOS cannot wait for a signal so")
def test_a_signal_that_another_thread_gets_is_passed_on(tmp_path: Path) -> None:
    """The system may give a signal to any thread; the command gets it at once all the same, not after its end."""
    code = f"""
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}})
open({str(tmp_path / "fifo")!r}, "w").close()
sys.exit(5 if signal.sigtimedwait({{signal.SIGTERM}}, 20) else 1)
"""
    os.mkfifo(tmp_path / "fifo")

    def receive() -> None:
        (tmp_path / "fifo").read_text()  # ends as soon as the command waits for the signal
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    thread = threading.Thread(target=receive)
    thread.start()
    assert run(code) == 5
    thread.join()


@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="Windows and macOS cannot wait for a signal so")
def test_an_interrupt_from_no_terminal_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """SIGINT from a CI service, which sends it to this process alone, goes to the command."""
    code = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
os.kill(os.getppid(), signal.SIGINT)
sys.exit(6 if signal.sigtimedwait({signal.SIGINT}, 20) else 1)
"""
    command = [sys.executable, "-m", "cannon_mock", "exec", "--", sys.executable, "-I", "-S", "-c", code]
    assert subprocess.run(command, start_new_session=True, check=False).returncode == 6
    capfd.readouterr()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
def test_a_signal_that_is_ignored_stays_so(capfd: pytest.CaptureFixture[str]) -> None:
    """The command ignores what this process ignores, as below nohup."""
    former_handler = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("import signal, sys; sys.exit(signal.getsignal(signal.SIGHUP) != signal.SIG_IGN)") == 0
    finally:
        signal.signal(signal.SIGHUP, former_handler)
    capfd.readouterr()


def test_what_cannot_be_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that is not there, one that may not run and wrong usage have a sentence and a status of their own."""
    file = tmp_path / "data"
    file.write_text("no program", "utf-8")
    assert main(["exec", "--", str(tmp_path / "none")]) == 127
    assert main(["exec", "--", str(file)]) == 126
    for arguments, problem in [
        (["exec"], "no command; name it behind --"),
        (["exec", "--", ""], "the name of the command is empty; name one behind --"),
        (["exec", "--workers", "2", "--store", f"sqlite:{tmp_path}/a.db", "--", "x"], "leave out --workers"),
        (["exec", "--prot", "1", "--", "x"], "did you mean --port?"),
        (["exec", "pytest", "-q"], "pytest -q; name the command behind --: cannon-mock exec -- pytest"),
        (["--speed", "5", "exec", "--", "x"], "write exec first: cannon-mock exec [options]"),
        (["exce", "--", "x"], "did you mean exec?"),
    ]:
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 2
        assert problem in capsys.readouterr().err
    assert main(["exec", "--host", "192.0.2.1", "--", "x"]) == 2
    assert "192.0.2.1: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [file]
