"""The command of ``make fuzz``: all targets for some minutes, or one: ``python -m tests.fuzz NAME SECONDS``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

_TARGETS = ("judge", "recording", "admin")
_API_CASES, _ADMIN_CASES = 5000, 3000
_SECONDS = 120
_LONGEST = 4096


def main(arguments: list[str]) -> int:
    """Run what the arguments name; all of it without any. Returns 1 where something was found."""
    if len(arguments) > 1 and arguments[0] in _TARGETS:
        return _fuzz(arguments[0], int(arguments[1]))
    names = arguments or ["cases", *_TARGETS]
    return max(_make_cases() if name == "cases" else _run_alone(name, _SECONDS) for name in names)


def _make_cases() -> int:
    """Make the calls of Schemathesis, and print what came."""
    from tests.fuzz.schemathesis_cases import run_cases

    counts = run_cases(_API_CASES, _ADMIN_CASES)
    for name, each in counts.items():
        print(f"{name}: {each.cases} calls, {len(each.errors)} server errors, {dict(sorted(each.statuses.items()))}")
        print(*each.errors[:20], sep="\n")
    return int(any(each.errors for each in counts.values()))


def _run_alone(name: str, seconds: int) -> int:
    """Fuzz in a process of its own, since atheris ends the one that it is called in."""
    return subprocess.run([sys.executable, "-m", "tests.fuzz", name, str(seconds)], check=False).returncode and 1


def _fuzz(name: str, seconds: int) -> int:
    """Call a target with what atheris makes of its seeds; what it finds is in a file crash-*, here."""
    import atheris  # of the extra fuzz, which the tests do without

    with atheris.instrument_imports(include=["cannon_spec", "cannon_mock"]):
        from tests.fuzz.targets import TARGETS
    call, list_seeds = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(list_seeds()):
            (Path(folder) / str(number)).write_bytes(content)
        flags = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *flags, folder], call)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
