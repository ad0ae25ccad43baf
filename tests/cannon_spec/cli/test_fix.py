"""``cannon-spec validate --fix``: which files it changes, how, and what it says of it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.cannon_spec.cli.command import Command
from tests.support.effort import examples
from tests.support.patches import layouts, slips

WRAPPED = """\
{
  "request": {
    "operation": "image.generate",
    "input": {
      "prompt": "caf\\u00e9",
      "aspectRatio": "16:9"
    }
  }
}
"""
UNWRAPPED = """\
{
  "operation": "image.generate",
  "input": {
    "prompt": "caf\\u00e9",
    "aspect_ratio": "16:9"
  }
}
"""
FIELD_RULE = "operations/image.generate/input#/additionalProperties"
GOOD = '{"operation": "image.generate", "input": {"prompt": "x"}}'
MISSPELT = '{"operation": "image.generate", "input": {"prompt": "x", "aspectRatio": "1:1"}}'
WITHOUT_FIX = '{"operation": "image.generate", "input": {"prompt": ""}}'


def write(name: str, text: str) -> str:
    Path(name).write_bytes(text.encode())
    return name


def read(name: str) -> str:
    return Path(name).read_bytes().decode()


def test_a_file_is_fixed_and_each_fix_is_reported(cannon: Command) -> None:
    """Each finding that was fixed is reported on one line, with its place in the file as it was."""
    file = write("a.json", WRAPPED)
    assert cannon("validate", "--fix", file) == (
        0,
        "a.json:2:14: fixed: /request -> the document (body-wrapped)\n"
        f"a.json:6:22: fixed: /input/aspectRatio -> /input/aspect_ratio ({FIELD_RULE})\n"
        "1 judged, 1 ok, 0 errors, 0 warnings, 2 fixed\n",
        "",
    )
    assert read(file) == UNWRAPPED


def test_what_is_left_decides_the_exit_status(cannon: Command) -> None:
    """What has no fix is reported with its place in the fixed file, and the exit status is that of what is left."""
    file = write("a.json", WRAPPED.replace("caf\\u00e9", ""))
    status, out, err = cannon("validate", "--fix", file, "--format", "json")
    (result,) = json.loads(out)["results"]
    assert (status, err, read(file)) == (1, "", UNWRAPPED.replace("caf\\u00e9", ""))
    assert [(each["path"], each["line"], each["column"]) for each in result["findings"]] == [("/input/prompt", 4, 15)]
    assert [(each["path"], each["line"], each["column"]) for each in result["fixed"]] == [
        ("/request", 2, 14),
        ("/input/aspectRatio", 6, 22),
    ]
    assert json.loads(out)["summary"] == {"judged": 1, "ok": 0, "errors": 1, "warnings": 0, "fixed": 2}


def test_without_the_flag_each_possible_fix_is_told(cannon: Command) -> None:
    """Without --fix no file changes; a finding with a fix has a line on it, and the last line counts them."""
    file = write("a.jsonl", f"{MISSPELT}\n{WITHOUT_FIX}\n")
    _, out, _ = cannon("validate", file)
    assert [line for line in out.splitlines() if "fix" in line] == [
        "  fix: /input/aspectRatio -> /input/aspect_ratio",
        "1 finding can be fixed with --fix",
    ]
    assert read(file) == f"{MISSPELT}\n{WITHOUT_FIX}\n"


@pytest.mark.parametrize(
    ("name", "text", "fixed_text"),
    [
        ("a.json", "\ufeff" + MISSPELT, "\ufeff" + MISSPELT.replace("aspectRatio", "aspect_ratio")),
        ("a.json", WRAPPED.replace("\n", "\r\n"), UNWRAPPED.replace("\n", "\r\n")),
        ("a.txt", MISSPELT, MISSPELT.replace("aspectRatio", "aspect_ratio")),
        (
            "a.jsonl",
            f"\n{GOOD}\r\n{MISSPELT}\r\n  {MISSPELT}\n{{\n{WITHOUT_FIX}",
            f"\n{GOOD}\r\n{MISSPELT}\r\n  {MISSPELT}\n{{\n{WITHOUT_FIX}".replace("aspectRatio", "aspect_ratio"),
        ),
    ],
    ids=["byte order mark", "CRLF", "no suffix that says a format", "lines"],
)
def test_the_rest_of_a_file_stays_as_it_is(name: str, text: str, fixed_text: str, cannon: Command) -> None:
    """Byte order mark, line ends, blank lines, broken lines and the end of the file stay as they are."""
    file = write(name, text)
    cannon("validate", "--fix", file)
    assert read(file) == fixed_text


@pytest.mark.parametrize(
    ("name", "text", "fixed_text"),
    [
        (
            "a.yaml",
            "# mine\nrequest:\n  operation: image.generate\n  input: {prompt: x, aspectRatio: 1:1} # yes\n",
            "# mine\noperation: image.generate\ninput: {prompt: x, aspect_ratio: 1:1} # yes\n",
        ),
        (
            "a.csv",
            'operation,prompt,aspectRatio\nimage.generate,"a, b",1:1\nimage.generate,c,\n',
            'operation,prompt,aspect_ratio\nimage.generate,"a, b",1:1\nimage.generate,c,\n',
        ),
        ("a.tsv", "operation\tPrompt\nimage.generate\tx", "operation\tprompt\nimage.generate\tx"),
    ],
    ids=["yaml", "csv", "tsv"],
)
def test_other_formats_are_fixed_in_place(name: str, text: str, fixed_text: str, cannon: Command) -> None:
    """A file of YAML keeps its comments, and a table its quotes: only what was wrong is changed."""
    file = write(name, text)
    assert cannon("validate", "--fix", file)[0] == 0
    assert read(file) == fixed_text


def test_a_compressed_file_is_fixed(cannon: Command) -> None:
    """A compressed file is unpacked, fixed, and compressed again."""
    Path("a.jsonl.gz").write_bytes(gzip.compress(MISSPELT.encode()))
    assert cannon("validate", "--fix", "a.jsonl.gz")[0] == 0
    assert gzip.decompress(Path("a.jsonl.gz").read_bytes()).decode() == MISSPELT.replace("aspectRatio", "aspect_ratio")


def test_the_diff_of_a_compressed_file_is_that_of_its_text(cannon: Command) -> None:
    """A diff shows the text of a compressed file, which stays as it is."""
    content = gzip.compress(f"{MISSPELT}\n".encode())
    Path("a.jsonl.gz").write_bytes(content)
    _, out, _ = cannon("validate", "--diff", "a.jsonl.gz")
    fixed_text = MISSPELT.replace("aspectRatio", "aspect_ratio")
    assert out == f"--- a.jsonl.gz\n+++ a.jsonl.gz\n@@ -1 +1 @@\n-{MISSPELT}\n+{fixed_text}\n"
    assert Path("a.jsonl.gz").read_bytes() == content


def test_the_files_of_a_folder_are_fixed(cannon: Command) -> None:
    """For a folder each file in it is fixed by itself."""
    Path("bodies").mkdir()
    write("bodies/a.json", MISSPELT)
    write("bodies/b.yaml", "operation: image.generate\ninput: {prompt: x, aspectRatio: 1:1}\n")
    write("bodies/c.json", GOOD)
    assert cannon("validate", "--fix", "bodies")[1].endswith("3 judged, 3 ok, 0 errors, 0 warnings, 2 fixed\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "operation: &o Image.Generate\ninput: {prompt: *o}\n"),
        ("a.yaml", "- operation: image.generate\n  input: {prompt: x}\n"),
        ("a.yaml", "operation: image.generate\ninput: {prompt: x, aspectRatio: 1:1}\n---\na: {\n"),
    ],
    ids=["aliases", "a list around it", "a broken document behind it"],
)
def test_what_cannot_be_changed_in_place_is_reported(name: str, text: str, cannon: Command) -> None:
    """Where the text of a file cannot be changed safely it stays, and a finding still has the line on its fix."""
    file = write(name, text)
    status, out, err = cannon("validate", "--fix", file)
    assert (status, read(file)) == (cannon("validate", file)[0], text)
    place = "a.yaml:1" if "---" in text else "a.yaml"
    assert err.startswith(f"cannon-spec: {place}: not fixed: its text cannot be changed in place; change it by hand\n")
    assert "\n  fix: " in out


def test_one_text_that_cannot_be_changed_keeps_no_other_from_its_fix(cannon: Command) -> None:
    """Of many documents in a file, those whose text can be changed are, and the line of each other one is named."""
    good, aliased = (
        "operation: image.generate\ninput: {prompt: x, aspectRatio: 1:1}\n",
        "operation: &o Image.Generate\n",
    )
    text = "---\n".join([good, good, aliased + "input: {prompt: *o}\n", good])
    file = write("a.yaml", text)
    _, out, err = cannon("validate", "--fix", file)
    assert read(file) == text.replace("aspectRatio", "aspect_ratio")
    assert err == "cannon-spec: a.yaml:7: not fixed: its text cannot be changed in place; change it by hand\n"
    assert "3 fixed" in out


@pytest.mark.parametrize("text", [GOOD, WITHOUT_FIX, '{"a": 1', "", "\xff"])
def test_a_file_without_fixes_is_not_written(text: str, cannon: Command) -> None:
    """A file for which no finding has a fix is not written at all."""
    file = write("a.json", text)
    os.utime(file, (1, 1))
    plain, fixed = cannon("validate", file), cannon("validate", "--fix", file)
    assert (read(file), Path(file).stat().st_mtime) == (text, 1)
    assert fixed[0] == plain[0]


def test_the_name_of_the_schema_stays(cannon: Command) -> None:
    """The member $schema, which is not judged, is not lost when a body beside it is unwrapped."""
    body = json.loads(WRAPPED)
    file = write("a.json", json.dumps({"$schema": "./create.schema.json", **body}))
    assert cannon("validate", "--fix", file)[0] == 0
    assert json.loads(read(file)) == {**json.loads(UNWRAPPED), "$schema": "./create.schema.json"}


def test_standard_input_is_written_fixed_to_standard_output(cannon: Command) -> None:
    """With - the fixed document goes to standard output, and the findings to standard error."""
    status, out, err = cannon("validate", "--fix", "-", stdin=WRAPPED)
    assert (status, out) == (0, UNWRAPPED)
    assert err.splitlines()[0] == "<stdin>:2:14: fixed: /request -> the document (body-wrapped)"


@pytest.mark.parametrize("text", [GOOD, WITHOUT_FIX, '{"a": 1'])
def test_standard_input_without_fixes_passes_through(text: str, cannon: Command) -> None:
    """Whatever is wrong with standard input, nothing of it is lost."""
    assert cannon("validate", "--fix", "-", stdin=text)[1] == text


def test_a_diff_shows_the_changes_and_writes_no_file(cannon: Command) -> None:
    """With --diff the changes are shown, the files stay, and the findings are those of the files as they are."""
    file = write("a.json", MISSPELT)
    status, out, err = cannon("validate", "--diff", file)
    assert (status, read(file)) == (1, MISSPELT)
    assert out.splitlines() == [
        "--- a.json",
        "+++ a.json",
        "@@ -1 +1 @@",
        f"-{MISSPELT}",
        "\\ No newline at end of file",
        "+" + MISSPELT.replace("aspectRatio", "aspect_ratio"),
        "\\ No newline at end of file",
    ]
    assert "1 judged, 0 ok, 1 error, 0 warnings\n1 finding can be fixed with --fix\n" in err


def test_a_file_that_cannot_be_written_is_reported(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written stays as it is: a sentence, exit status 2, and its findings, none of them fixed."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = write("a.json", MISSPELT)
    monkeypatch.setattr(os, "fsync", fail)
    status, out, err = cannon("validate", "--fix", file)
    assert (status, read(file)) == (2, MISSPELT)
    assert err == "cannon-spec: a.json: not fixed: No space left on device; the file is as it was\n"
    assert out.endswith("1 judged, 0 ok, 1 error, 0 warnings, 0 fixed\n")


@settings(examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slips.flatmap(layouts))
def test_a_fixed_file_has_no_fixes_left(cannon: Command, text: str) -> None:
    """Whatever a body has: when its file is fixed, what is on disk has the findings that were reported, and no fix."""
    file = write("a.json", text)
    _, out, _ = cannon("validate", "--fix", file, "--format", "json")
    (result,), fixed_text = json.loads(out)["results"], read(file)
    assert (fixed_text == text) == (not result["fixed"])
    _, out, _ = cannon("validate", "--fix", file, "--format", "json")
    assert (json.loads(out)["results"], read(file)) == ([{**result, "fixed": []}], fixed_text)
