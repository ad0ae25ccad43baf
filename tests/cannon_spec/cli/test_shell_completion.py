"""``completion SHELL`` of each command: what the shells themselves make of its script."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cannon_contract.runner import command as contract_command
from cannon_mock import __main__ as mock_command
from cannon_spec.cli import main as judge_command
from tests.cannon_spec.cli.command import Command, write_documents
from tests.support.effort import PATIENCE_S
from tests.support.processes import environment

MAINS = {"cannon-spec": judge_command.main, "cannon-mock": mock_command.main, "cannon-contract": contract_command.main}
COMPLETIONS = {
    "cannon-spec vali": {"validate"},
    "cannon-spec validate --igno": {"--ignore"},
    "cannon-spec validate --format git": {"github", "gitlab"},
    "cannon-spec validate --operation image.": {"image.generate", "image.edit"},
    "cannon-spec validate --strict --ignore address-j": {"address-joined"},
    "cannon-spec validate --strict pay": {"payload.json"},
    "cannon-spec example image.generate --model gptim": {"gptimage2"},
    "cannon-spec explain gptim": {"gptimage2"},
    "cannon-spec check-traffic --vers": {"--version"},
    "cannon-spec completion f": {"fish"},
    "cannon-mock he": {"health"},
    "cannon-mock --progression ": {"time", "immediate"},
    "cannon-mock --scenario failed-t": {"failed-timeout"},
    "cannon-mock exec --mismatch-status 4": {"400", "409", "422"},
    "cannon-mock exec --keys pay": {"payload.json"},
    "cannon-mock health --wa": {"--wait"},
    "cannon-contract --target ": {"mock", "live"},
    "cannon-contract --plan pay": {"payload.json"},
    "cannon-contract --report pay": set(),
    "cannon-contract completion z": {"zsh"},
}
"""What each beginning of a command line may be completed to, in a folder with the file payload.json."""

_COMPLETE_IN_BASH = """
complete_line() {
    read -ra COMP_WORDS <<< "$1"
    [[ $1 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    "_shtab_${COMP_WORDS[0]//-/_}"
    echo "${COMPREPLY[*]}"
}
while IFS= read -r line; do complete_line "$line"; done
"""
_COMPLETE_IN_FISH = """
while read --local line
    echo (complete -C "$line" | string replace --regex '\\t.*' '')
end
"""
_COMPLETE_IN_ZSH = """
autoload -Uz compinit && compinit -u -D
eval "$(<{script})"
write_line() {{ zle complete-word; print -r -- "$BUFFER" >> lines.txt; BUFFER=; }}
zle -N write_line
bindkey '^I' write_line
"""


@pytest.fixture
def write_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Path]:
    """Writes what each command prints for a shell to one file, beside a payload; skips where there is no such shell."""
    monkeypatch.chdir(tmp_path)
    write_documents("payload.json", {})

    def write(shell: str) -> Path:
        if shutil.which(shell) is None:
            pytest.skip(f"there is no {shell} here")
        statuses = {main(["completion", shell]) for main in MAINS.values()}
        script = tmp_path / f"all.{shell}"
        script.write_text(capsys.readouterr().out, "utf-8")
        assert statuses == {0}
        return script

    return write


@pytest.mark.parametrize(
    ("shell", "flag", "code"),
    [
        ("bash", "--norc", _COMPLETE_IN_BASH),
        pytest.param("fish", "--no-config", _COMPLETE_IN_FISH, marks=pytest.mark.extended),
    ],
    ids=["bash", "fish"],
)
def test_a_shell_completes_what_a_command_takes(
    write_scripts: Callable[[str], Path], shell: str, flag: str, code: str
) -> None:
    """Commands, flags, choices, files and the names of the contract are completed, and nothing else."""
    script = write_scripts(shell).read_text("utf-8") + "\n" + code
    lines = "".join(f"{line}\n" for line in COMPLETIONS)
    run = subprocess.run(
        [shell, flag, "-c", script], input=lines, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    completions = dict(zip(COMPLETIONS, (set(line.split()) for line in run.stdout.splitlines()), strict=True))
    assert completions == COMPLETIONS


@pytest.mark.extended
def test_zsh_completes_what_is_typed(write_scripts: Callable[[str], Path], tmp_path: Path) -> None:
    """In an interactive zsh the key of completion ends each word that has one end only."""
    (tmp_path / ".zshrc").write_text(_COMPLETE_IN_ZSH.format(script=write_scripts("zsh")), "utf-8")
    lines = {line: words for line, words in COMPLETIONS.items() if len(words) == 1}
    type_to("zsh", "".join(f"{line}\t" for line in lines) + "exit\n", tmp_path)
    expected_lines = [f"{line[: line.rindex(' ')]} {word}" for line, (word,) in lines.items()]
    assert [line.rstrip() for line in (tmp_path / "lines.txt").read_text("utf-8").splitlines()] == expected_lines


def type_to(shell: str, keys: str, home: Path) -> None:
    """Type keys into a shell on a terminal, the last of which end it."""
    own_end, shell_end = pty.openpty()
    process = subprocess.Popen(
        [shell, "-i"],
        stdin=shell_end,
        stdout=shell_end,
        stderr=shell_end,
        env=environment(HOME=str(home), ZDOTDIR=str(home), TERM="dumb"),
        start_new_session=True,
    )
    os.close(shell_end)
    os.write(own_end, keys.encode())
    with open(own_end, "rb", buffering=0) as terminal, suppress(OSError):  # Linux ends a terminal with an error
        while terminal.read(4096):
            pass
    assert process.wait(PATIENCE_S) == 0


def test_a_name_of_an_overlay_is_not_run(cannon: Command) -> None:
    """A shell expands the words that it completes, so that a script has none with a sign that means something to it."""
    overlay = write_documents("overlay.json", {"models": {"newmodel": {}, "$(id)": {}, "two words": {}}})
    status, script, _ = cannon("completion", "bash", "--overlay", overlay)
    assert (status, "newmodel" in script, "$(id)" in script, "two words" in script) == (0, True, False, False)
