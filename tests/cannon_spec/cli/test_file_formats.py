"""The files that ``cannon-spec validate`` reads: folders, patterns, and each format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cannon_spec.cli.command import Command
from tests.support.payloads import DOCUMENTED

YAML = "operation: image.generate\ninput:\n  prompt: x\n  model: gptimage2\n  aspect_ratio: 1:1\n  resolution: 4K\n"
TABLE = "operation,prompt,model,aspect_ratio,resolution\nimage.generate,x,gptimage2,1:1,4K\n"
BODY = {"prompt": "x", "model": "gptimage2", "aspect_ratio": "1:1", "resolution": "4K"}
JSON = json.dumps({"operation": "image.generate", "input": BODY}, indent=1)
LINE = json.dumps(json.loads(JSON))

FILES: dict[str, tuple[str | bytes, list[tuple[int | None, int | None, str]]]] = {
    "a.json": (JSON, [(7, 17, "/input/resolution")]),
    "b.JSONL": (
        json.dumps(DOCUMENTED) + "\n" + LINE + "\n",
        [(2, LINE.index('"4K"') + 1, "/input/resolution")],
    ),
    "c.yaml": (YAML, [(6, 15, "/input/resolution")]),
    "d.csv": (TABLE, [(2, 32, "/input/resolution")]),
    "e.tsv": (TABLE.replace(",", "\t"), [(2, 32, "/input/resolution")]),
    "f.jsonl.gz": (gzip.compress(LINE.encode()), [(1, LINE.index('"4K"') + 1, "/input/resolution")]),
    "sub/broken.csv": (TABLE + 'image.generate,"x\n', [(2, 32, "/input/resolution"), (3, 16, "")]),
    "sub/broken.json": ('{"operation": "image.generate",\n "input": {\'a\': 1}}', [(2, 12, "")]),
    "sub/broken.jsonl": ('{"operation": \n' + json.dumps(DOCUMENTED), [(1, 15, "")]),
    "sub/broken.yaml": (YAML + "---\na: 1\na: 2\n", [(6, 15, "/input/resolution"), (9, 1, "")]),
    "sub/cut.jsonl.gz": (gzip.compress(b"{}")[:12], [(None, None, "")]),
    "sub/empty.json": ("", [(1, 1, "")]),
    "sub/.hidden/a.json": ("{", []),
    "sub/notes.md": ("{", []),
}
"""Each file of a folder, with line, column and path of the findings on it."""


@pytest.fixture
def folder() -> str:
    for name, (content, _) in FILES.items():
        file = Path("payloads", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return "payloads"


def list_places(out: str) -> dict[str, list[tuple[int | None, int | None, str]]]:
    """Line, column and path of each finding by its file, from the JSON that the command wrote."""
    places: dict[str, list[Any]] = {}
    for result in json.loads(out)["results"]:
        findings = [(each["line"], each["column"], each["path"]) for each in result["findings"]]
        places.setdefault(Path(result["file"]).relative_to("payloads").as_posix(), []).extend(findings)
    return places


def test_a_folder_of_all_formats_is_judged_in_one_run(cannon: Command, folder: str) -> None:
    """K6, K7, K8: a folder of good and broken files is one run; each finding has file, line and column."""
    expected_places = {name: places for name, (_, places) in FILES.items() if places}
    status, out, err = cannon("validate", folder, "--format", "json")
    assert (status, err) == (2, "")
    assert list_places(out) == expected_places
    _, out, _ = cannon("validate", folder)
    for name, places in expected_places.items():
        for line, column, path in places:
            position = "" if line is None else f":{line}:{column}"
            assert f"\n{Path(folder, name)}{position}: error at {path or 'the document'}\n" in "\n" + out


def test_a_quoted_pattern_is_resolved(cannon: Command, folder: str) -> None:
    """K6: a pattern that the shell did not resolve names the files that it matches."""
    status, out, _ = cannon("validate", f"{folder}/**/*.yaml", "--format", "json")
    assert status == 1
    assert list(list_places(out)) == ["c.yaml", "sub/broken.yaml"]


@pytest.mark.parametrize("name", ["nothing", "nothing/*.json"])
def test_a_folder_or_pattern_without_files_could_not_be_judged(name: str, cannon: Command) -> None:
    """K6: a folder without files to judge, or a pattern that matches none, is told with the suffixes; exit status 2."""
    Path("nothing").mkdir()
    status, out, err = cannon("validate", name, "--format", "json")
    assert status == 2
    assert err.startswith(f"cannon-spec: {name}: no file to judge; names end in .json, .jsonl, .ndjson, .yaml, .yml,")
    assert [each["file"] for each in json.loads(out)["results"]] == [name]


@pytest.mark.parametrize(("format", "text", "column"), [("yaml", YAML, 15), ("csv", TABLE, 32), ("json", JSON, 17)])
def test_standard_input_may_have_any_format(format: str, text: str, column: int, cannon: Command) -> None:
    """--input says what standard input holds, and what a file of another suffix holds."""
    Path("a.txt").write_text(text)
    for name, file in (("-", "<stdin>"), ("a.txt", "a.txt")):
        status, out, _ = cannon("validate", name, "--input", format, stdin=text)
        assert status == 1
        assert out.startswith(f"{file}:{len(text.splitlines()) - (format == 'json') * 2}:{column}: error at ")


def test_a_table_may_hold_bare_inputs(cannon: Command) -> None:
    """With --operation each column of a table is a field of the input, and paths start there."""
    Path("a.csv").write_text("prompt;model;aspect_ratio;resolution\nx;gptimage2;1:1;4K\n")
    status, out, err = cannon("validate", "a.csv", "--operation", "image.generate")
    assert (status, err) == (1, "")
    assert out.startswith("a.csv:2:17: error at /resolution\n")
