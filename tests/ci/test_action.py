"""The action: each of its steps, run from action.yml."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cannon_mock.model.keys import is_key
from tests.support.payloads import DOCUMENTED, patched
from tests.support.workflow_steps import ROOT, Runner, read_yaml

ACTION = read_yaml("action.yml")
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
COMMANDS = Path(sys.executable).parent
PYTHON = {"Set up Python": {"python-path": sys.executable, "python-version": "3"}}


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A job in which all is installed already: the environment of the tests is where the action would install."""
    workspace, temp = tmp_path / "work space", tmp_path / "temp"
    workspace.mkdir()
    home = temp / "cannon-spec"
    home.mkdir(parents=True)
    (home / "venv").symlink_to(COMMANDS.parent)
    defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
    runner = Runner(workspace, temp, {"inputs": defaults}, COMMANDS, {"Install": {}, **PYTHON})
    yield runner
    runner.end()


def _run(runner: Runner, **inputs: str) -> int:
    runner.values["inputs"] |= {name.replace("_", "-"): value for name, value in inputs.items()}
    return runner.run(STEPS)


def test_it_judges_files_and_shows_what_it_found(runner: Runner) -> None:
    """Files and folders of any name are judged, a line each; findings are annotations and a summary, and fail it."""
    name = "$(touch stolen) a;b*.json"
    (runner.workspace / name).write_text(json.dumps(patched(DOCUMENTED, prompt=1)))
    (runner.workspace / "more").mkdir()
    (runner.workspace / "more" / "good.json").write_text(json.dumps(DOCUMENTED))
    assert _run(runner, files=f"{name}\n\n  more\n") == 1
    assert "::error title=" in runner.output
    assert "1 error" in runner.summary.splitlines()[0]
    assert "in 2 documents" in runner.summary.splitlines()[0]
    assert not (runner.workspace / "stolen").exists()
    assert len(runner.values["steps"]["cache"]["outputs"]["hash"]) == 64
    assert runner.values["steps"]["inputs"]["outputs"] == {"extras": "fast,yaml"}


def test_the_key_of_its_cache_is_legal_and_its_own_for_each_choice_of_extras(runner: Runner) -> None:
    """A key of a cache may have no comma and 512 characters; with other extras, other packages are kept."""
    runner.values["runner"] = {"os": "Linux", "arch": "X64"}
    (step,) = (each for each in STEPS if each["name"] == "Cache what pip downloads")
    keys = set()
    for inputs in (
        {"mode": "validate", "files": "more"},
        {"mode": "mock", "files": "", "port": "0", "extras": "media"},
    ):
        _run(runner, **inputs)
        keys.add(runner.fill(step["with"]["key"]))
    assert len(keys) == 2
    assert not [key for key in keys if "," in key or len(key) > 512]


def _stub(runner: Runner, name: str, script: str) -> None:
    """Put a script in place of a command that the action has installed."""
    venv = runner.temp / "cannon-spec" / "venv"
    venv.unlink()
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / name).write_text(f"#!/bin/bash\n{script}\n")
    (venv / "bin" / name).chmod(0o755)


def test_it_passes_each_input_on(runner: Runner) -> None:
    """Each input reaches the judge: options are split at spaces and lines, and no name in them is expanded."""
    _stub(runner, "cannon-spec", 'echo "$CANNON_SPEC_FORMAT"; printf "<%s>" "$@"')
    inputs = {"format": "sarif", "strict": "true", "baseline": "a b.json", "options": "--ignore *\n --jobs=2"}
    assert _run(runner, files="x y\n-z", **inputs) == 0
    words = ("validate", "--ignore", "*", "--jobs=2", "--strict", "--baseline", "a b.json", "--", "x y", "-z")
    assert runner.output == "sarif\n" + "".join(f"<{each}>" for each in words)


BAD_KEYS = (
    "",
    "cs_",
    "sk_test",
    "cs_a b",
    "cs_a\n",
    "cs_a\nurl=http://other.example",
    "cs_a\r",
    "cs_é",
    "cs_" + "a" * 201,
)
BAD_KEY = "the input key is no key of the mock; write cs_ and 1 to 200 letters of a-z and A-Z, digits, _ or -"


@pytest.mark.parametrize("key", ["cs_test_action", "cs_-", "cs__", "cs_" + "aZ9_-" * 40])
def test_it_takes_each_key_that_the_mock_takes(runner: Runner, key: str) -> None:
    """A key is refused by the form that the mock itself refuses, and by no other."""
    assert is_key(key)
    assert not any(map(is_key, BAD_KEYS))
    runner.values["inputs"] |= {"mode": "mock", "key": key}
    assert runner.run(STEPS[:1]) == 0


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "no files; name files or folders in the input files, one a line"),
        ({"files": " \n"}, "no files; name files or folders in the input files, one a line"),
        ({"mode": "Mock"}, "the input mode is neither validate nor mock"),
        ({"mode": "mock", "extras": "media]; x"}, "the input extras has names of extras, with commas between them"),
        (
            {"mode": "mock", "options": "--scenario 'a b'"},
            "the input options takes no quotes, as its words end at spaces; leave them out",
        ),
        (
            {"files": "x", "options": '--ignore "notice"'},
            "the input options takes no quotes, as its words end at spaces; leave them out",
        ),
        ({"mode": "mock", "strict": "yes"}, "the input strict is neither true nor false"),
        *(({"mode": "mock", "key": key}, BAD_KEY) for key in BAD_KEYS),
    ],
)
def test_it_refuses_a_wrong_input(runner: Runner, inputs: dict[str, str], message: str) -> None:
    """An input that cannot be meant ends the job before anything is installed, and says what is legal."""
    assert _run(runner, **inputs) == 2
    assert runner.output == f"::error::{message}\n"


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"options": "--ignore"}, "argument --ignore: expected one argument"),
        ({"format": "githup"}, "githup"),
        ({"files": "good.json\nnone.json"}, "none.json: No such file or directory"),
        ({"files": "open.json\ngood.json"}, "::error title=cannon-spec,file=open.json,line=2"),
    ],
)
def test_files_that_are_not_judged_have_an_annotation(runner: Runner, inputs: dict[str, str], line: str) -> None:
    """Where options are wrong, or a file cannot be read, an annotation says so, below the line with the reason."""
    (runner.workspace / "good.json").write_text(json.dumps(DOCUMENTED))
    (runner.workspace / "open.json").write_text("{\n")
    assert _run(runner, **{"files": "good.json", **inputs}) == 2
    *lines, last = runner.output.splitlines()
    assert line in "\n".join(lines)
    text = "a file could not be read, or an option is wrong; see the lines above"
    assert last == f"::error::cannon-spec ended with status 2: {text}"


@pytest.mark.parametrize("status", [3, 137])
def test_a_status_without_a_known_reason_has_an_annotation(runner: Runner, status: int) -> None:
    """Where the command ends by a fault of its own, or is killed, the annotation names no reason of the user's."""
    _stub(runner, "cannon-spec", f"exit {status}")
    assert _run(runner, files="x") == status
    assert runner.output == f"::error::cannon-spec ended with status {status}: see the lines above\n"


def test_it_starts_a_mock_that_the_next_steps_call(runner: Runner) -> None:
    """The mock answers at its output url for the output key when the step ends, with the settings of the options."""
    assert _run(runner, mode="mock", port="0", options="--speed 50\n--scenario success", key="cs_test_mine") == 0
    outputs = runner.values["steps"]["mock"]["outputs"]
    assert outputs.keys() == ACTION["outputs"].keys()
    reply = httpx.get(f"{outputs['url']}/api/v1/status", headers={"x-api-key": outputs["key"]}, trust_env=False)
    assert (reply.status_code, outputs["key"]) == (200, "cs_test_mine")
    assert "cannon-mock ready on" in Path(outputs["log"]).read_text()


def test_it_says_why_a_mock_did_not_start(runner: Runner) -> None:
    """Where the mock ends at once, so does the step, with what the mock wrote."""
    _stub(runner, "cannon-mock", 'echo "no scenario $4" >&2; exit 2')
    assert _run(runner, mode="mock", options="--scenario nowhere") == 1
    problem = "::error::the mock did not start, or is not ready; see what it wrote"
    assert runner.output == f"{problem}\nno scenario nowhere\n"
    assert runner.values["steps"]["mock"]["outputs"] == {}


def test_a_mock_that_is_not_ready_is_ended(runner: Runner) -> None:
    """Where the mock has started and does not become ready the step fails, and leaves none behind."""
    _stub(runner, "cannon-mock", f'[[ "$1" == health ]] && exit 1; exec "{COMMANDS}/cannon-mock" "$@"')
    assert _run(runner, mode="mock", port="0") == 1
    assert "::error::the mock did not start, or is not ready; see what it wrote" in runner.output
    url = re.search(r"cannon-mock ready on (http://\S+)", runner.output)
    assert url is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(url[1], trust_env=False)


@pytest.mark.parametrize("inputs", [{"strict": "true"}, {"baseline": "a.json"}, {"files": "payloads"}])
def test_inputs_of_the_other_mode_are_refused(runner: Runner, inputs: dict[str, str]) -> None:
    """What would be left out silently is refused: a mock judges no files, and its strictness is an option."""
    assert _run(runner, mode="mock", **inputs) == 2
    problem = "files, strict and baseline are for the mode validate; a strict mock has options: --strict"
    assert runner.output == f"::error::{problem}\n"


def test_an_unknown_extra_is_refused(runner: Runner) -> None:
    """Pip only warns of a misspelt extra, and the mock would serve samples in place of videos."""
    assert _run(runner, mode="mock", extras="medai") == 2
    assert "::error::the input extras has medai; there are all, " in runner.output


@pytest.mark.extended
@pytest.mark.parametrize(
    ("mode", "further", "extra"), [("validate", "", "jsonschema_rs"), ("mock", "", "flask"), ("mock", "media", "av")]
)
def test_it_installs_itself(runner: Runner, mode: str, further: str, extra: str) -> None:
    """The action installs what its mode needs from its own checkout, and works with that alone."""
    (runner.temp / "cannon-spec" / "venv").unlink()
    runner.replaced_steps = PYTHON
    (runner.workspace / "good.json").write_text(json.dumps(DOCUMENTED))
    files = {"files": "good.json"} if mode == "validate" else {}
    status = _run(runner, mode=mode, extras=further, port="0", **files)
    if "NewConnectionError" in runner.output or "NameResolutionError" in runner.output:
        pytest.skip("no package index can be reached")
    assert status == 0, runner.output
    (packages,) = (runner.temp / "cannon-spec" / "venv" / "lib").glob("python3*/site-packages")
    assert {"cannon_spec", extra} <= {each.name for each in packages.iterdir()}
    assert ROOT not in packages.parents
