"""The steps of an action or a workflow, run from its own YAML as a runner of GitHub runs them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What GitHub makes of `shell: bash`."""
_EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
_OUTPUT = re.compile(
    r"^(?:(?P<long_name>[\w-]+)<<(?P<mark>.+)\n(?P<long_value>(?:.*\n)*?)(?P=mark)"
    r"|(?P<name>[\w-]+)=(?P<value>.*))$",
    re.MULTILINE,
)
_CONDITION = re.compile(r"([\w.-]+) == '(.*)'")


def read_yaml(name: str) -> Any:
    """The value of a YAML file of the project."""
    return YAML(typ="safe", pure=True).load(ROOT / name)


@dataclass(slots=True)
class Runner:
    """A job: its workspace, its temporary folder, and the values that expressions name.

    ``values`` has the contexts, such as ``inputs``; the outputs of a step are added to ``steps``. ``commands`` is a
    folder whose programs come before all others. Steps that use an action, and ``replaced_steps``, are not run: their
    outputs are these, by the name of the step.
    """

    workspace: Path
    temp: Path
    values: dict[str, Any]
    commands: Path
    replaced_steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    output: str = ""
    summary: str = ""
    _groups: list[int] = field(default_factory=list)

    def run(self, steps: list[dict[str, Any]]) -> int:
        """Run steps in order until one fails; the last status is returned."""
        for step in steps:
            if self._is_left_out(step.get("if", "")):
                continue
            status, outputs = self._run_step(step)
            self.values.setdefault("steps", {})[step.get("id", "")] = {"outputs": outputs}
            if status:
                return status
        return 0

    def end(self) -> None:
        """End what steps have left running, as a runner does when a job ends."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _run_step(self, step: dict[str, Any]) -> tuple[int, Mapping[str, str]]:
        name = step.get("name", "")
        if "uses" in step or name in self.replaced_steps:
            return 0, self.replaced_steps.get(name, {})
        with tempfile.TemporaryDirectory() as folder:
            return self._run_script(step, Path(folder))

    def _run_script(self, step: dict[str, Any], folder: Path) -> tuple[int, Mapping[str, str]]:
        script, log, outputs, summary = (folder / name for name in ("script.sh", "log", "outputs", "summary"))
        script.write_text(step["run"])
        outputs.touch()
        summary.touch()
        variables = {name: self.fill(value) for name, value in step.get("env", {}).items()}
        variables |= {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary), **self._surroundings()}
        with log.open("wb") as file:  # no pipe, which what a step leaves running would hold open
            process = subprocess.Popen(
                (*_SHELL, str(script)),
                cwd=self.workspace,
                env=environment(**variables),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.append(process.pid)
            status = process.wait()
        self.output += log.read_text()
        self.summary += summary.read_text()
        return status, dict(_read_outputs(outputs.read_text()))

    def _surroundings(self) -> dict[str, str]:
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
        }

    def fill(self, value: Any) -> str:
        """A value with the expressions in it filled in."""
        return _EXPRESSION.sub(lambda match: str(self._find(match[1])), str(value))

    def _find(self, name: str) -> Any:
        value: Any = self.values
        for part in name.split("."):
            value = value[part]
        return value

    def _is_left_out(self, condition: str) -> bool:
        match = _CONDITION.fullmatch(condition)
        return match is not None and self._find(match[1]) != match[2]


def _read_outputs(text: str) -> Iterator[tuple[str, str]]:
    """The outputs in a file of GITHUB_OUTPUT: lines with =, or a text up to a line that is its mark."""
    for match in _OUTPUT.finditer(text):
        yield match["name"] or match["long_name"], match["value"] or match["long_value"] or ""
