"""A file has its old content or its new one, never a part, and stays where and what it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cannon_spec.cli.file_replacement import replace_content, write_content


def list_names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_the_content_is_replaced_and_the_mode_is_kept(tmp_path: Path) -> None:
    """The file has the new content and its old mode, and nothing else is left in its folder."""
    file = tmp_path / "a.json"
    file.write_bytes(b"old")
    file.chmod(0o640)
    replace_content(str(file), b"old", b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, list_names(tmp_path)) == (b"new", 0o640, ["a.json"])


def test_a_symbolic_link_still_leads_to_the_file(tmp_path: Path) -> None:
    """The file that a link leads to is replaced, not the link."""
    file, link = tmp_path / "a.json", tmp_path / "link.json"
    file.write_bytes(b"old")
    link.symlink_to(file)
    replace_content(str(link), b"old", b"new")
    assert (file.read_bytes(), link.is_symlink()) == (b"new", True)


def test_a_change_by_another_program_is_kept(tmp_path: Path) -> None:
    """A file that no longer has the content that was judged is not replaced."""
    file = tmp_path / "a.json"
    file.write_bytes(b"another")
    with pytest.raises(OSError, match="another program changed it"):
        replace_content(str(file), b"old", b"new")
    assert (file.read_bytes(), list_names(tmp_path)) == (b"another", ["a.json"])


def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    """A pipe is not replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        replace_content(str(pipe), b"", b"new")
    assert pipe.is_fifo()


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
def test_an_interrupted_replacement_leaves_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, problem: BaseException
) -> None:
    """Where a full disk or the user stops it, the file is as it was, and nothing is left beside it."""

    def fail(*_: object) -> None:
        raise problem

    file = tmp_path / "a.json"
    file.write_bytes(b"old")
    monkeypatch.setattr(owner, step, fail)
    with pytest.raises(type(problem)):
        replace_content(str(file), b"old", b"new")
    assert (file.read_bytes(), list_names(tmp_path)) == (b"old", ["a.json"])


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write-protected file stays, though its folder would take another one in its place."""
    file = tmp_path / "a.json"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write any file
    with pytest.raises(PermissionError):
        replace_content(str(file), b"old", b"new")
    assert file.read_bytes() == b"old"


def test_a_new_file_has_the_mode_of_new_files(tmp_path: Path) -> None:
    """A file that was not there has the mode that the user's mask leaves, and the mask stays."""
    for mask in (0o022, 0o077):
        old_mask = os.umask(mask)
        try:
            write_content(str(tmp_path / "a.json"), b"new")
            assert os.umask(mask) == mask
        finally:
            os.umask(old_mask)
        assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o666 & ~mask
        (tmp_path / "a.json").unlink()


def test_whatever_a_file_has_can_be_written_over(tmp_path: Path) -> None:
    """A file is written whatever it has, with its mode kept; what is no regular file is not."""
    file = tmp_path / "a.json"
    file.write_bytes(b"old")
    file.chmod(0o640)
    write_content(str(file), b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, list_names(tmp_path)) == (b"new", 0o640, ["a.json"])
    with pytest.raises(OSError, match="not a regular file"):
        write_content(str(tmp_path), b"new")


def test_a_new_file_that_cannot_be_finished_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a full disk stops it, there is no new file, and nothing beside it."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_content(str(tmp_path / "a.json"), b"new")
    assert list_names(tmp_path) == []
