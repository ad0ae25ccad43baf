"""The files that names on a command line stand for."""

from __future__ import annotations

import errno
import inspect
import os
import sys
from pathlib import Path

import pytest

from cannon_spec.reading.file_names import expand_name

SUFFIXES = (".json", ".json.gz")
FILES = ("b.json", "a.json", "z.JSON.gz", "notes.md", ".hidden.json", "sub/c.json", "sub/more/d.json", ".git/e.json")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of files, which is the current one's only."""
    for name in FILES:
        file = tmp_path / "all" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "all" / "folder.json").mkdir()
    monkeypatch.chdir(tmp_path)


def expand(name: str) -> list[str]:
    return [Path(each).as_posix() for each in expand_name(name, SUFFIXES, fail)]


def fail(error: OSError) -> None:
    """Raise the error of a folder that a test does not expect."""
    raise error


FOLDER = ["all/a.json", "all/b.json", "all/z.JSON.gz", "all/sub/c.json", "all/sub/more/d.json"]


@pytest.mark.parametrize("name", ["all", "all/", "./all"])
def test_a_folder_is_its_files(name: str) -> None:
    """K6: a folder stands for the files of known suffixes in it and below, sorted, without hidden ones."""
    assert expand(name) == FOLDER


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("all/*.json", ["all/a.json", "all/b.json"]),
        ("all/[ab].json", ["all/a.json", "all/b.json"]),
        ("all/?.json", ["all/a.json", "all/b.json"]),
        ("all/*.md", ["all/notes.md"]),
        ("all/**/*.json", ["all/a.json", "all/b.json", "all/sub/c.json", "all/sub/more/d.json"]),
        ("all/*", ["all/a.json", "all/b.json", "all/sub/c.json", "all/sub/more/d.json", "all/z.JSON.gz"]),
        ("all/su*", ["all/sub/c.json", "all/sub/more/d.json"]),
        ("all/**", FOLDER),
        ("all/*.yaml", []),
        ("no/*", []),
    ],
)
def test_a_pattern_is_what_it_matches(pattern: str, files: list[str]) -> None:
    """A quoted pattern stands for the files that it matches, each once, and a folder in it for its files."""
    assert expand(pattern) == files


@pytest.mark.parametrize("pattern", ["all/**/*.json", "all/**/*", "all/**", "**/[ab].json", "./**/[ab].json"])
def test_a_pattern_follows_no_link(pattern: str) -> None:
    """``**`` follows no symbolic link, as a folder does: where links loop, each file is matched once."""
    names = expand(pattern)
    Path("all/self").symlink_to(".")
    Path("all/up").symlink_to("../all")
    assert expand(pattern) == names
    assert {"all/a.json", "all/b.json"} <= set(names)


@pytest.mark.parametrize("name", ["-", "all/a.json", "missing.json", "all/notes.md"])
def test_any_other_name_is_itself(name: str) -> None:
    """A name that is neither a folder nor a pattern stands for itself, whether there is such a file or not."""
    assert expand(name) == [name]


def test_a_file_whose_name_looks_like_a_pattern_is_itself() -> None:
    """A file with a bracket in its name is that file."""
    Path("shot[1].json").touch()
    assert expand("shot[1].json") == ["shot[1].json"]


def test_a_folder_without_files_is_empty() -> None:
    """A folder without files of known suffixes stands for none."""
    assert expand("all/folder.json") == []


def test_a_folder_leaves_out_what_is_no_file() -> None:
    """A pipe, which would never end, and a link to one are no files of a folder."""
    Path("other").mkdir()
    os.mkfifo("other/pipe.json")
    Path("other/link.json").symlink_to("pipe.json")
    Path("other/good.json").touch()
    assert expand("other") == ["other/good.json"]


@pytest.mark.parametrize("name", ["all", "all/**", "all/**/*.json"])
def test_a_folder_that_cannot_be_read_is_reported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without the right to read it is reported, not left out silently; the files beside it are listed."""
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("more"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    errors: list[OSError] = []
    files = [Path(each).as_posix() for each in expand_name(name, (".json",), errors.append)]
    assert files == ["all/a.json", "all/b.json", "all/sub/c.json"]
    assert {Path(each.filename).as_posix() for each in errors} == {"all/sub/more"}


@pytest.mark.parametrize("name", ["all", "all/**", "all/**/*.json"])
def test_a_link_to_a_file_that_is_gone_stands_for_itself(name: str) -> None:
    """A dangling link in a folder is listed, so that its judge says that there is no such file."""
    Path("all/e.json").symlink_to("nowhere.json")
    assert "all/e.json" in expand(name)


def test_a_folder_may_be_deeper_than_the_stack() -> None:
    """Folders are gone through to any depth that a path can have, however few calls may be under way."""
    Path("d/" * 300).mkdir(parents=True)
    Path("d/" * 300, "a.json").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 200)
    try:
        assert len(list(expand_name("d", SUFFIXES, fail))) == 1
    finally:
        sys.setrecursionlimit(limit)
