"""The Dockerfile: what it runs is what there is, and it lets in what the package needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cannon_mock import Config, create_app
from cannon_mock.__main__ import main
from cannon_mock.serving import serve
from cannon_mock.variables import read_environment
from tests.container.build_files import (
    DOCKERFILE,
    read_arguments,
    read_health_command,
    read_image_variables,
    read_instructions,
    read_last_stage,
)
from tests.support.workflow_steps import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_hadolint_finds_nothing() -> None:
    """Hadolint, which runs ShellCheck too, finds nothing in the Dockerfile."""
    hadolint = Path(sys.executable).with_name("hadolint")
    run = subprocess.run([str(hadolint), "--no-color", str(DOCKERFILE)], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr


def test_it_runs_as_nobody_with_options_of_the_users() -> None:
    """The user is a number that is not root's, and what follows the name of the image are options of the mock."""
    stage = read_last_stage()
    assert stage["USER"] == "65532:65532"
    assert json.loads(stage["ENTRYPOINT"]) == ["cannon-mock"]
    assert "CMD" not in stage


def test_the_image_looks_where_its_mock_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables of the image a mock is reached from outside, and its health command finds it, also by port."""
    for name, value in read_image_variables().items():
        if name != "PATH":
            monkeypatch.setenv(name, value)
    config = read_environment()
    assert config == Config(host="0.0.0.0")
    assert read_last_stage()["EXPOSE"] == str(config.port)
    program, *arguments = read_health_command()
    assert program in PROJECT["project"]["scripts"]
    with serve.serve_in_background(create_app(config)) as url:
        monkeypatch.setenv("CANNON_MOCK_PORT", url.rpartition(":")[2])
        assert main(arguments) == 0
    assert main(arguments) == 1


def test_only_what_the_package_needs_is_let_in() -> None:
    """What .dockerignore lets in is what the wheel is built of, with its constraints; all else stays out."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    needed_files = {"pyproject.toml", "constraints.txt", PROJECT["project"]["readme"]}
    needed_files |= {
        *PROJECT["project"]["license-files"],
        *PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"],
    }
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == needed_files
    assert ("COPY", ". .") in read_instructions()


def test_its_arguments_are_what_a_user_would_want() -> None:
    """Both stages have one base, a slim image that our pipeline tries, and the extras are ours, without encoders."""
    arguments = read_arguments()
    assert [rest for word, rest in read_instructions() if word == "FROM"] == ["${BASE} AS build", "${BASE}"]
    image, _, version = arguments["BASE"].rpartition(":")
    assert image == "docker.io/library/python"
    assert version.endswith("-slim")
    assert f"Programming Language :: Python :: {version.removesuffix('-slim')}" in PROJECT["project"]["classifiers"]
    assert set(arguments["EXTRAS"].split(",")) <= PROJECT["project"]["optional-dependencies"].keys() - {"media"}
