"""Files that people gave to the command, each with the line that they need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cannon_spec.cli.command import Command, list_findings, write_documents
from tests.support.payloads import DOCUMENTED


def test_a_list_in_a_file_is_one_error(cannon: Command) -> None:
    """P9: a .json file with a list of bodies is one error that names files with one body a line."""
    file = write_documents("a.json", [DOCUMENTED, DOCUMENTED])
    status, out, _ = cannon("validate", file, "--format", "json")
    (finding,) = list_findings(out)
    assert (status, finding["severity"], finding["path"]) == (1, "error", "")
    assert "each on a line of a .jsonl file" in finding["hint"]


def test_a_schema_reference_is_accepted_in_a_file(cannon: Command) -> None:
    """P17: $schema at the top of a file, which editors read, is no field of the body."""
    file = write_documents("a.json", {"$schema": "./create.schema.json", **DOCUMENTED})
    assert cannon("validate", file)[:2] == (0, "1 judged, 1 ok, 0 errors, 0 warnings\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_break_inside_a_string_has_its_place(form: str, cannon: Command) -> None:
    """P18: a raw line break inside a string is told with file, line and column, and how to write it."""
    text = '{"operation": "image.generate",\n "input": {"prompt": "one\ntwo"}}\n'
    Path("a.json").write_text(text, "utf-8")
    status, out, _ = cannon("validate", "a.json", "--format", form)
    assert status == 2
    column = text.splitlines()[1].index("one") + len("one") + 1
    if form == "text":
        assert out.startswith(f"a.json:2:{column}: ")
        assert "a line break inside a string" in out
        assert "write it as \\n" in out
    else:
        (finding,) = list_findings(out)
        assert (finding["line"], finding["column"]) == (2, column)
        assert "write it as \\n" in finding["hint"]


def test_a_key_given_twice_has_the_place_of_the_second(cannon: Command) -> None:
    """P19: a key that is given twice is an error with line and column of the second."""
    text = '{"operation": "image.generate",\n "input": {"prompt": "x",\n  "prompt": "y"}}\n'
    Path("a.json").write_text(text, "utf-8")
    status, out, _ = cannon("validate", "a.json")
    assert (status, out.partition(": ")[0]) == (2, "a.json:3:3")
    (finding,) = list_findings(cannon("validate", "a.json", "--format", "json")[1])
    assert (finding["line"], finding["column"]) == (3, 3)
    assert '"prompt"' in finding["message"]


def test_an_example_passes_its_own_strict_mode(cannon: Command) -> None:
    """P21: what cannon-spec example prints passes validate --strict, also for a model with an assumed identifier."""
    example = cannon("example", "image.generate", "--model", "flux2")[1]
    assert json.loads(example)["input"]["model"] == "flux2"
    status, out, _ = cannon("validate", "-", "--strict", stdin=example)
    assert (status, "1 judged, 1 ok, 0 errors" in out) == (0, True)


@pytest.mark.parametrize(
    ("field", "words"),
    [("reference_prompt_balance", ["image.generate"]), ("resolution", ["image.generate", "gptimage2", "seedance2"])],
)
def test_a_field_is_explained_across_models(field: str, words: list[str], cannon: Command) -> None:
    """P22: explain with the name of a field alone tells it across operations and models."""
    status, out, _ = cannon("explain", field)
    assert status == 0
    assert out.startswith(field)
    assert [word for word in words if word not in out] == []
