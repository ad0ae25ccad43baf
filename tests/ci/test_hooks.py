"""The hooks of pre-commit: each command of .pre-commit-hooks.yaml, on the files that its patterns choose."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.payloads import DOCUMENTED, patched
from tests.support.processes import environment
from tests.support.workflow_steps import ROOT, read_yaml

COMMANDS = Path(sys.executable).parent
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in read_yaml(".pre-commit-hooks.yaml")}
PAYLOADS, CONFIG = "cannon-validate", "cannon-validate-config"
FILES: dict[str, str | None] = {
    "cannon.json": PAYLOADS,
    "payloads/cannon-night.jsonl": PAYLOADS,
    "cannon_a.ndjson": PAYLOADS,
    "a b/cannon a.yaml": PAYLOADS,
    "cannon.yml": PAYLOADS,
    "cannon.csv": PAYLOADS,
    "cannon.tsv": PAYLOADS,
    "cannonconfig.json": PAYLOADS,
    "cannon_x.config.json": CONFIG,
    "mock/cannon.slow.config.json": CONFIG,
    "cannon.png": None,
    "cannon.json.bak": None,
    "my-cannon.json": None,
    "cannon/body.json": None,
    "body.json": None,
    "x.config.json": None,
}
"""The one hook that takes each file; None: no hook does."""
CONFIGS = {
    "good": {"scenarios": {"slow": {"outcome": "failed", "message": "Too busy"}}},
    "bad": {"scenarios": {"a": 1}},
}
BODIES = {"good": DOCUMENTED, "bad": patched(DOCUMENTED, prompt=1)}


def _takes(hook: dict[str, Any], name: str) -> bool:
    """Whether pre-commit gives a file to a hook: it searches both patterns, and an empty one excludes nothing."""
    return bool(re.search(hook["files"], name)) and not re.search(hook.get("exclude", "^$"), name)


def _run(hook: dict[str, Any], folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: its command, its arguments, then the files, in the folder of the repository."""
    program, *words = shlex.split(hook["entry"])
    command = [str(COMMANDS / program), *words, *hook.get("args", []), *names]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)


def _write_files(folder: Path, kind: str) -> None:
    """Write each file of FILES that a hook takes: a body or a configuration, good or bad, in the format of its name."""
    body = BODIES[kind]
    prompt = "" if kind == "bad" else "A red bicycle"
    table = f"operation,prompt\nimage.generate,{prompt}\n"
    for name, hook in FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        text = json.dumps(CONFIGS[kind] if hook == CONFIG else body)
        if file.suffix in (".csv", ".tsv"):
            text = table.replace(",", "\t") if file.suffix == ".tsv" else table
        file.write_text(text if hook else "not JSON")


@pytest.mark.parametrize(("name", "id_"), FILES.items())
def test_a_file_goes_to_one_hook_or_none(name: str, id_: str | None) -> None:
    """A name in the form of payloads goes to the hook of payloads alone, one of a configuration to its own alone."""
    assert [each for each, hook in HOOKS.items() if _takes(hook, name)] == ([id_] if id_ else [])


@pytest.mark.parametrize("name", [name for name, id_ in FILES.items() if id_])
def test_a_hook_passes_a_good_file_and_fails_a_bad_one(name: str, tmp_path: Path) -> None:
    """The hook that takes a file ends with 0 where it is good, and with 1 and its name where it is bad."""
    hook = HOOKS[FILES[name] or ""]
    for kind, status in (("good", 0), ("bad", 1)):
        _write_files(tmp_path, kind)
        run = _run(hook, tmp_path, name)
        assert (run.returncode, name in run.stdout + run.stderr) == (status, status == 1), run.stdout + run.stderr


@pytest.mark.parametrize("id_", HOOKS)
def test_a_hook_takes_all_its_files_at_once(id_: str, tmp_path: Path) -> None:
    """One run of a hook takes all files that it is given, and one bad file among good ones fails it."""
    names = [name for name, each in FILES.items() if each == id_]
    _write_files(tmp_path, "good")
    assert _run(HOOKS[id_], tmp_path, *names).returncode == 0
    bad = CONFIGS["bad"] if id_ == CONFIG else BODIES["bad"]
    (tmp_path / names[0]).write_text(json.dumps(bad))
    run = _run(HOOKS[id_], tmp_path, *names)
    assert (run.returncode, names[0] in run.stdout + run.stderr) == (1, True), run.stdout + run.stderr


def test_hooks_install_extras_that_there_are() -> None:
    """What a hook installs beside the project are extras of it; the hook of payloads reads YAML with them."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for hook in HOOKS.values():
        for requirement in hook.get("additional_dependencies", []):
            match = re.fullmatch(r"\.\[([a-z,]+)\]", requirement)
            assert match, requirement
            assert set(match[1].split(",")) <= extras.keys()
    assert "yaml" in str(HOOKS[PAYLOADS]["additional_dependencies"])


@pytest.mark.extended
def test_pre_commit_runs_the_hooks(tmp_path: Path) -> None:
    """Pre-commit installs both hooks from this checkout, gives each its files, and fails where one is bad."""
    if not (ROOT / ".git").exists():
        pytest.skip("pre-commit takes hooks from a checkout, and this is none")
    folder = tmp_path / "repository"
    folder.mkdir()
    bare = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
    surroundings = {**bare, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PATH": f"{COMMANDS}:{bare['PATH']}"}
    surroundings["PIP_CONSTRAINT"] = str(ROOT / "constraints.txt")

    def call(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True)

    assert call("git", "init", "--quiet").returncode == 0
    for kind, status, words in (("good", 0, "Passed"), ("bad", 1, "Failed")):
        _write_files(folder, kind)
        assert call("git", "add", ".").returncode == 0
        run = call("pre-commit", "try-repo", str(ROOT), "--all-files", "--verbose", "--color=never")
        if re.search("NewConnectionError|NameResolutionError|No matching distribution found for hatchling", run.stdout):
            pytest.skip("no package index can be reached")
        assert (run.returncode, run.stdout.count(words)) == (status, len(HOOKS)), run.stdout + run.stderr
