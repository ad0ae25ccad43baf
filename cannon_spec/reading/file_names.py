"""The files that names on a command line stand for: files, folders and patterns (floor 2)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

_SEPARATOR = f"[{re.escape(os.sep)}/]"
_ANY_DEPTH = re.compile(rf"(?:^|(?<={_SEPARATOR}))\*\*(?:{_SEPARATOR}|$)")


Report = Callable[[OSError], object]
"""What takes the error of a folder that cannot be read; the others are gone through all the same."""


def expand_name(name: str, suffixes: Sequence[str], report: Report) -> Iterator[str]:
    """The files that a name stands for, in order.

    A folder stands for the files in it and in the folders below whose names have one of ``suffixes``, in any case of
    letters; names with a dot at the front are left out. A pattern (``*``, ``?``, ``[…]``, and ``**`` for folders of
    any depth, behind no symbolic link) stands for what it matches, a folder for its files again; one that does not end
    in a suffix, as ``*``, leaves files out as a folder does. Any other name stands for itself, whether there is such a
    file or not, and so does a link to a file that is gone. Nothing is yielded for a folder or a pattern without files.
    """
    if os.path.isdir(name):
        yield from _list_folder(name, tuple(suffixes), report)
    elif any(letter in name for letter in "*?[") and not os.path.lexists(name):
        yield from _match_pattern(name, tuple(suffixes), report)
    else:
        yield name


def _list_folder(folder: str, suffixes: tuple[str, ...], report: Report) -> Iterator[str]:
    for _, files in _walk(folder, report):
        for path in files:
            # What is there and no file, as a pipe, is left out.
            if path.lower().endswith(suffixes) and (os.path.isfile(path) or not os.path.exists(path)):
                yield path


def _walk(folder: str, report: Report) -> Iterator[tuple[str, list[str]]]:
    """A folder and each one below it, behind no link, with the paths of what else is in it; hidden names are left out.

    The one of the standard library goes no deeper than Python's stack, before 3.12.
    """
    folders = [folder]
    while folders:
        parent = folders.pop()
        try:
            with os.scandir(parent) as scan:
                entries = sorted((each for each in scan if not each.name.startswith(".")), key=lambda each: each.name)
        except OSError as error:
            report(error)
            continue
        yield parent, [each.path for each in entries if not each.is_dir()]
        folders += [each.path for each in reversed(entries) if each.is_dir(follow_symlinks=False)]


def _match_pattern(pattern: str, suffixes: tuple[str, ...], report: Report) -> Iterator[str]:
    """The files that a pattern matches, each once: ``**`` matches a folder and the files in it."""
    names: dict[str, None] = {}
    file_suffixes = "" if os.path.splitext(pattern)[1] else suffixes
    for match in sorted(set(_iter_matches(pattern, report))):
        if os.path.isdir(match):
            names.update(dict.fromkeys(_list_folder(match, suffixes, report)))
        elif match.lower().endswith(file_suffixes):
            names[match] = None
    yield from names


def _iter_matches(pattern: str, report: Report) -> Iterator[str]:
    """What a pattern matches: ``**`` follows no symbolic link, as links can form a loop; ``glob`` follows all."""
    from glob import escape, glob  # late: few runs have a pattern, the shell resolves it

    any_depth = _ANY_DEPTH.search(pattern)
    if any_depth is None:
        yield from glob(pattern)
        return
    before, after = pattern[: any_depth.start()], pattern[any_depth.end() :]
    if not after:
        yield from glob(before) if before else [os.curdir]
        return
    for top in glob(before) if before else [os.curdir + os.sep]:
        for parent, _ in _walk(top, report):
            inner = parent if before else parent.removeprefix(top)
            matches = _iter_matches(os.path.join(escape(inner), after), report)
            yield from (each for each in matches if not (os.path.islink(each) and os.path.isdir(each)))
