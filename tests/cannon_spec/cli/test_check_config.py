"""The command ``cannon-spec check-config``."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from cannon_spec.cli.check_config import KINDS
from tests.cannon_spec.cli.command import SQUARE, Command, write_documents

PRICE = {"operation": "image.generate", "credits": 3}
FILES: dict[str, tuple[Any, Any, str]] = {
    "scenarios": (
        {"scenarios": {"mine": {}}},
        {"scenarios": {"mine": {"outcom": "failed"}}},
        "unknown word outcom; did you mean outcome?",
    ),
    "keys": ({"keys": {"cs_a": {}}}, {"keys": {"sk_a": {}}}, "use names of the form ^cs_"),
    "prices": ({"prices": [PRICE]}, {"prices": [{**PRICE, "operation": "image.genrate"}]}, "price 1 of 1"),
    "baseline": ({"format": 1, "findings": []}, {"format": 2, "findings": []}, "has format 2"),
    "overlay": ({"models": {"dalle4": {}}}, {"modles": {}}, "unknown part modles; did you mean models?"),
}
"""A file of each kind that can be used, one that cannot, and a part of what is said of it."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_checked_as_what_it_is(cannon: Command, kind: str) -> None:
    """A file of each kind is told by its content, or by the flag; one that cannot be used is named with the reason."""
    good_value, bad_value, problem = FILES[kind]
    good, bad = write_documents("good.json", good_value), write_documents("bad.json", bad_value)
    for flags in ((), ("--kind", kind)):
        assert cannon("check-config", good, *flags) == (0, "", "")
        status, out, err = cannon("check-config", good, bad, *flags)
        assert (status, out) == (1, "")
        assert err.startswith("cannon-spec: bad.json: ")
        assert problem in err


def test_all_faults_of_a_file_are_told(cannon: Command) -> None:
    """Each fault of a file has a line, and where a word or a value is near a legal one, that is named."""
    scenarios = {"one": {"pce": {}}, "two": {"outcome": "failled"}, "three": {}}
    status, _, err = cannon("check-config", write_documents("bad.json", {"scenarios": scenarios}))
    lines = [line.partition("? use ")[0] for line in err.splitlines()]
    assert (status, sorted(lines)) == (
        1,
        [
            "cannon-spec: bad.json: scenarios/one: unknown word pce; did you mean pace",
            'cannon-spec: bad.json: scenarios/two/outcome: "failled" is not a legal value; did you mean failed',
        ],
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"keys": ["cs_a"]}, "bad.json: keys: an array of 1 item has the wrong type; use a value of the type object"),
        ({"scenarios": []}, "bad.json: scenarios: [] has the wrong type; use a value of the type object"),
        ({"prices": {}}, 'bad.json: no list of prices; it has the form {"prices": ['),
        ({"findings": {}}, "bad.json: not a file of findings; "),
    ],
)
def test_a_file_is_told_by_its_name_alone(cannon: Command, value: dict[str, Any], problem: str) -> None:
    """A file whose one name has a value of a wrong type is refused as a file of its kind, not as an overlay."""
    status, _, err = cannon("check-config", write_documents("bad.json", value))
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith(f"cannon-spec: {problem}")


@pytest.mark.parametrize("key", ["cs-live-SECRET", "CS_LIVE_SECRET", "sk_SECRET", "cs_live_a!SECRET"])
def test_a_misspelt_key_is_not_shown(cannon: Command, key: str) -> None:
    """What stands where a key does is secret, also where it has not the form of one."""
    status, _, err = cannon("check-config", write_documents("bad.json", {"keys": {key: "x"}}))
    assert status == 1
    assert "SECRET" not in err
    assert "has the wrong type; use a value of the type object" in err


def test_a_file_of_no_kind_is_said_to_be_read_as_an_overlay(cannon: Command) -> None:
    """Where nothing in a file tells its kind, a line says as what it was checked; with the flag it needs none."""
    bad = write_documents("bad.json", {"key": {}})
    note = "cannon-spec: bad.json: taken for an overlay of the contract, "
    assert cannon("check-config", bad)[2].splitlines()[1].startswith(note)
    assert note not in cannon("check-config", bad, "--kind", "overlay")[2]


def test_an_overlay_may_have_scenarios(cannon: Command) -> None:
    """An overlay that changes the part of scenarios is no file of scenarios."""
    overlay = write_documents("overlay.json", {"scenarios": {"scenarios": {"mine": {}}}})
    assert cannon("check-config", overlay)[0] == 0


def test_a_payload_is_told_from_an_overlay(cannon: Command) -> None:
    """A create body is no file of settings; the line names the command that judges it."""
    body = write_documents("body.json", SQUARE)
    line = "cannon-spec: body.json: this is a create body; cannon-spec validate judges it\n"
    assert cannon("check-config", body) == (1, "", line)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_is_read_once(cannon: Command, kind: str) -> None:
    """A file that is a pipe, as of a shell's <(…), is checked as any other."""
    os.mkfifo("pipe")
    for value, expected_status in zip(FILES[kind], (0, 1), strict=False):
        writing = threading.Thread(target=Path("pipe").write_text, args=(json.dumps(value), "utf-8"), daemon=True)
        writing.start()
        assert cannon("check-config", "pipe")[0] == expected_status
        writing.join()


def test_what_cannot_be_read_is_said(cannon: Command) -> None:
    """A file that is not there or is no JSON gives status 2, another one 1, and the others are checked too."""
    texts = {"text.json": "{", "list.json": "[]", "body.json": json.dumps(SQUARE)}
    for name, text in texts.items():
        Path(name).write_text(text, "utf-8")
    status, _, err = cannon("check-config", "none.json", *texts)
    assert status == 2
    assert err.splitlines()[0] == "cannon-spec: none.json: No such file or directory; check the path"
    assert [line.split(": ")[1] for line in err.splitlines()[1:]] == list(texts)
    assert cannon("check-config", "list.json", "body.json")[0] == 1
    assert cannon("check-config", "body.json", "text.json")[0] == 2
