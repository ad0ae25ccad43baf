"""The plugin beside others: what they pass on to the mock, and what a failed test says to set."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from cannon_mock.testing.other_plugins import OtherPlugins
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[3]
VENDOR = "https://www.cannonstudio.app"
NODE_ID = "test_it.py::test_it"
SESSION_ID = ""


class Versions(NamedTuple):
    """The versions of a package between which the plugin works beside it."""

    oldest: str
    newest: str


PACKAGES = {
    "aioresponses": Versions("0.7.7", "0.7.9"),
    "anyio": Versions("4.6.0", "4.16.0"),
    "freezegun": Versions("1.5.0", "1.5.5"),
    "pytest-aiohttp": Versions("1.1.0", "1.1.1"),
    "pytest-asyncio": Versions("1.0.0", "1.5.0"),
    "pytest-httpx": Versions("0.35.0", "0.36.2"),
    "pytest-recording": Versions("0.13.2", "0.14.1"),
    "pytest-socket": Versions("0.7.0", "0.8.1"),
    "pytest-xdist": Versions("3.6.1", "3.8.0"),
    "requests-mock": Versions("1.11.0", "1.12.1"),
    "respx": Versions("0.22.0", "0.23.1"),
    "responses": Versions("0.25.0", "0.26.3"),
    "time-machine": Versions("2.14.1", "3.6.0"),
    "vcrpy": Versions("7.0.0", "9.4.2"),
}
BESIDE_THEM = {
    "aiohttp": Versions("3.11.18", "3.14.5"),
    "pytest": Versions("8.3.5", "9.2.0"),
    "requests": Versions("2.32.3", "2.34.2"),
    "trio": Versions("0.32.0", "0.35.0"),
    "urllib3": Versions("2.0.7", "2.8.0"),
}
"""What they need, in versions that fit."""

PROJECTS = {
    "beside_mocks": (),
    "beside_cassettes": (),
    "beside_sockets": ("--disable-socket",),
    "beside_loops": ("-n", "2"),
    "beside_time": (),
}
"""The options of a run of each project; each has tests that pass, and some tests that another package makes fail."""


def _run(*command: str | Path, cwd: Path) -> tuple[int, str]:
    # The Makefile's constraints name one version of each package; the environments here have others.
    variables = environment(PIP_CONSTRAINT="")
    run = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=variables, capture_output=True, text=True, timeout=600
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture(scope="module", params=Versions._fields)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python in a new environment that has this project and the oldest or newest of each package."""
    folder = tmp_path_factory.mktemp(request.param)
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    pins = [f"{name}=={getattr(each, request.param)}" for name, each in {**PACKAGES, **BESIDE_THEM}.items()]
    status, output = _run(*pip, *pins, cwd=folder)
    if status and re.search("NewConnectionError|ConnectTimeoutError|NameResolutionError", output):
        pytest.skip("no package index can be reached")
    if status and "No matching distribution found" in output:
        pytest.skip(f"the package index here lacks one of these versions: {output}")
    assert status == 0, output
    packages = next((folder / "lib").glob("python3*")) / "site-packages"
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    assert _run(*pip, "--no-deps", "--no-build-isolation", ROOT, cwd=folder)[0] == 0
    return python


@pytest.mark.extended
@pytest.mark.parametrize("project", PROJECTS)
def test_the_fixtures_work_beside_other_plugins(python: Path, project: str, tmp_path: Path) -> None:
    """Beside the oldest and the newest version of each package the fixtures work, and what it refuses has advice."""
    for name in (project, "calls"):
        shutil.copy(Path(__file__).parent / "beside" / f"{name}.py", tmp_path)
    file = (tmp_path / f"{project}.py").rename(tmp_path / f"test_{project}.py")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytest_command = (python, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *PROJECTS[project])
    status, output = _run(*pytest_command, "-k", "not refused", cwd=tmp_path)
    assert (status, "passed" in output) == (0, True), output
    _, output = _run(*pytest_command, "-k", "refused", cwd=tmp_path)
    for test, package in re.findall(r"def (test_refused_by_(\w+?)(?:_(?:and|beside)_\w+)?)\(", file.read_text()):
        report = re.search(rf"_+ (?:ERROR at setup of )?{test} _+\n((?!__).*\n)+", output)
        assert report, output
        assert re.search(rf"-+ other plugins -+\ncalls to http.*\n(    .*\n)*    {package}: ", report[0]), report[0]


def test_each_package_stands_on_the_page() -> None:
    """The page names each package with the versions that were tested."""
    page = (ROOT / "docs" / "other-plugins.md").read_text()
    for name, versions in PACKAGES.items():
        oldest, newest = (re.match(r"\d+\.\d+", version)[0] for version in versions)  # type: ignore[index]
        span = oldest if oldest == newest else f"{oldest} to {newest}"
        assert re.search(rf"^\| {name} \| {re.escape(span)} \|", page, re.MULTILINE), f"| {name} | {span} |"


def _build_plugins(*, calls: int = 0) -> OtherPlugins:
    return OtherPlugins({NODE_ID: [SimpleNamespace(url=VENDOR, journal=[None] * calls)]})  # type: ignore[list-item]


REGISTERED_MARKS = ["httpx_mock(*, should_mock=lambda request: True): Configure httpx_mock fixture."]


class _Address(NamedTuple):
    """What a call is addressed to."""

    host: str
    port: int | None = 443


class _Item(SimpleNamespace):
    """A test as the hooks see it."""

    nodeid = NODE_ID
    session = SimpleNamespace(nodeid=SESSION_ID)

    def __init__(self, fixtures: str, *marks: pytest.Mark, registered: list[str] = REGISTERED_MARKS) -> None:
        config = SimpleNamespace(getini=lambda _: registered)
        super().__init__(fixturenames=fixtures.split(), marks=list(marks), config=config)

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark.mark)

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [mark for mark in self.marks if mark.name == name]


def _mark_httpx_mock(**settings: Any) -> Any:
    return SimpleNamespace(mark=pytest.Mark("httpx_mock", (), settings, _ispytest=True))


def test_pytest_httpx_passes_on_what_is_for_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """With both fixtures the mark of pytest-httpx leaves the hosts of open mocks out, and no others."""
    marks = SimpleNamespace(mark=SimpleNamespace(httpx_mock=_mark_httpx_mock))
    monkeypatch.setattr("cannon_mock.testing.other_plugins.pytest", marks)  # the mark is not registered here
    item = _Item("httpx_mock cannon_mock")
    _build_plugins().pytest_runtest_setup(item)  # type: ignore[arg-type]
    should_mock = item.marks[0].kwargs["should_mock"]
    addresses = [_Address("www.cannonstudio.app"), _Address("assets.cannonstudio.app"), _Address("other.example")]
    assert [should_mock(SimpleNamespace(url=address)) for address in addresses] == [False, False, True]


@pytest.mark.parametrize(
    "item",
    [
        _Item("httpx_mock"),
        _Item("cannon_mock"),
        _Item("httpx_mock cannon_mock", _mark_httpx_mock(should_mock=lambda _: True).mark),
        _Item("httpx_mock cannon_mock", registered=[]),
    ],
    ids=["theirs-alone", "ours-alone", "set-by-the-user", "an-older-pytest-httpx"],
)
def test_a_test_gets_no_other_mark(item: _Item) -> None:
    """A test with one of the two fixtures, with a setting of the user's or an older pytest-httpx is left as it is."""
    before = list(item.marks)
    _build_plugins().pytest_runtest_setup(item)  # type: ignore[arg-type]
    assert item.marks == before


def test_a_cassette_passes_on_what_is_for_the_mock() -> None:
    """A cassette of pytest-recording neither records nor replays a call to an open mock."""
    vcr = SimpleNamespace()
    _build_plugins().pytest_recording_configure(vcr)
    requests = [_Address("www.cannonstudio.app"), _Address("other.example")]
    assert [vcr.before_record_request(request) for request in requests] == [None, requests[1]]


def test_another_server_of_this_machine_is_not_ours() -> None:
    """A call to another port than that of an open server is recorded."""
    vcr, server = SimpleNamespace(), SimpleNamespace(url="http://127.0.0.1:2266", journal=[])
    OtherPlugins({SESSION_ID: [server]}).pytest_recording_configure(vcr)  # type: ignore[list-item]
    requests = [_Address("127.0.0.1", 2266), _Address("127.0.0.1", 9000)]
    assert [vcr.before_record_request(request) for request in requests] == [None, requests[1]]


def _raise_in(package: str) -> None:
    """Raise as code of a package does."""
    code = compile("def refuse():\n    raise ConnectionError('refused')", package, "exec")
    scope: dict[str, Any] = {"__name__": f"{package}.core"}
    exec(code, scope)
    scope["refuse"]()


def _raise_translated() -> None:
    try:
        _raise_in("responses")
    except ConnectionError:
        raise RuntimeError("not available") from None


def _raise_group() -> None:
    try:
        _raise_in("responses")
    except ConnectionError as error:
        raise ExceptionGroup("both", [ValueError(), error]) from None


def _report(act: Any, plugins: OtherPlugins, fixtures: str = "cannon_mock") -> str:
    """The section of a report about a test that does one thing."""
    call = pytest.CallInfo.from_call(act, "call")
    report = SimpleNamespace(failed=call.excinfo is not None, sections=[])
    hook = plugins.pytest_runtest_makereport(_Item(fixtures), call)  # type: ignore[arg-type]
    next(hook)
    with contextlib.suppress(StopIteration):
        hook.send(SimpleNamespace(get_result=lambda: report))  # type: ignore[attr-defined]
    return "\n".join(text for _, text in report.sections)


@pytest.mark.parametrize("act", [lambda: _raise_in("responses"), _raise_translated, _raise_group])
def test_a_refused_call_has_advice(act: Any) -> None:
    """A failed test says what to set where the error, its context or a member of its group is of such a package."""
    assert f'    responses: responses.add_passthru("{VENDOR}")' in _report(act, _build_plugins(calls=1))


def test_a_swallowed_refusal_has_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed test whose mock got no call names the packages that may have refused it, where they are imported."""
    monkeypatch.setitem(sys.modules, "responses", None)
    assert "    responses: " in _report(lambda: pytest.fail("nothing"), _build_plugins())
    assert _report(lambda: pytest.fail("nothing"), _build_plugins(calls=1)) == ""


def test_a_server_that_cannot_start_has_advice() -> None:
    """Where no mock has started, only what forbids sockets has advice."""
    assert "    pytest_socket: --allow-hosts" in _report(lambda: _raise_in("pytest_socket"), OtherPlugins({}))
    assert _report(lambda: _raise_in("responses"), OtherPlugins({})) == ""


def test_other_tests_have_no_advice() -> None:
    """A test that passes, or asks for no mock, has no advice."""
    assert _report(lambda: None, _build_plugins()) == ""
    assert _report(lambda: _raise_in("responses"), _build_plugins(), fixtures="tmp_path") == ""
