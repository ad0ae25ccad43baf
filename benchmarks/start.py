"""How long the commands take to start, beside Python and Flask themselves."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import payloads
from measure import interleaved
from process import script, seconds, seconds_to_ready
from table import Aim, Row, rendered

from cannon_spec import load_catalog

_ROUNDS = 11
_MAIN = "import sys; from cannon_spec.cli import main; sys.exit(main())"
_WITHOUT = f"import sys; sys.modules['jsonschema_rs'] = None; {_MAIN}"


def tables() -> Iterator[str]:
    """The tables of the judge's start and of the mock's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "good.json"
        file.write_text(json.dumps(payloads.good(load_catalog())[0]))
        judging = ("validate", str(file))
        commands = [
            ("cannon-spec validate", [script("cannon-spec"), *judging], Aim("at most", 7)),
            ("python -m cannon_spec.cli validate", [sys.executable, "-m", "cannon_spec.cli.main", *judging], None),
            ("python -c 'import cannon_spec'", [sys.executable, "-c", "import cannon_spec"], None),
            ("validate without jsonschema-rs", [sys.executable, "-c", _WITHOUT, *judging], None),
        ]
        yield rendered(
            "2. Cold start of the judge: one good file, start to end",
            "judge",
            "python -c pass",
            [_row(what, command, aim) for what, command, aim in commands],
        )
    mock, flask = script("cannon-mock"), seconds(sys.executable, "-c", "import flask")
    pair = interleaved("start of the mock", seconds_to_ready(mock, "--port", "0"), flask, rounds=_ROUNDS)
    yield rendered(
        "3. Start of the mock, to its first answer",
        "mock",
        "import flask",
        [Row("cannon-mock --port 0", pair, "ms", 1e3, Aim("under", 2))],
    )


def _row(what: str, command: list[str], aim: Aim | None) -> Row:
    bare = seconds(sys.executable, "-c", "pass")
    return Row(what, interleaved(f"start: {what}", seconds(*command), bare, rounds=_ROUNDS), "ms", 1e3, aim)
