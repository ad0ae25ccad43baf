"""The README and the pages: their listings do what they show, and every link leads somewhere."""

from __future__ import annotations

import gc
import os
import re
import shlex
import shutil
import sys
import warnings
from pathlib import Path

import pytest

from tests.support import listings
from tests.support.processes import environment
from tests.support.pytest_runs import run_pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
PAGES = {str(file.relative_to(ROOT)): file.read_text() for file in FILES}
FIRST_PAGES = ("README.md", "docs/pytest.md")
"""The pages that most people begin with: their listings run in make test too, and so does pytest in this process."""
WITH_EXTENDED = [name for name, text in PAGES.items() if "<!-- extended: " in text]

pytestmark = [
    pytest.mark.skipif(shutil.which(program) is None, reason=f"the listings call {program}")
    for program in ("bash", "curl", "file")
]


_PLUGINS = ("valkey", "anyio", "random_order", "pytest_cov")
"""Plugins of pytest that are installed for our own tests, and that no page is about: each run would import them."""


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = " ".join(f"-p no:{name}" for name in _PLUGINS)
    return environment(PATH=path, NO_COLOR="1", PYTEST_ADDOPTS=options)


def _run(page: str, folder: Path, *, extended: bool = False, shares_process: bool = False) -> None:
    """Run the listings of a page in order, in one shell; fail at the first that prints something else.

    ``shares_process`` runs pytest in this process.
    """
    with listings.shell(folder, _environment()) as shell:
        for block in listings.find_blocks(page):
            if block.mark == "not run" or (block.mark == "extended" and not extended):
                continue
            if block.title:
                (folder / block.title).write_text(block.text)
            for step in listings.find_steps(block.text) if block.language == "console" else ():
                program, *options = shlex.split(step.command, comments=True)
                is_here = shares_process and program == "pytest"
                actual_output = _run_pytest(folder, options) if is_here else shell.run(step)
                if not step.matches(actual_output):
                    message = f"$ {step.command}\nshown:\n{step.output}\nprinted:\n{actual_output}"
                    pytest.fail(message, pytrace=False)


def _run_pytest(folder: Path, options: list[str]) -> str:
    """What pytest prints in this process. The application on a page may leave sockets to the end of its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        output = run_pytest(folder, "-W", "ignore::ResourceWarning", *options)[1]
        gc.collect()
    return output


@pytest.mark.parametrize("name", FIRST_PAGES)
def test_listings_do_what_the_page_shows(name: str, tmp_path: Path) -> None:
    """Every command of a page, run in order in one shell, prints what stands below it; files are as listed."""
    _run(PAGES[name], tmp_path, shares_process=True)


@pytest.mark.extended
@pytest.mark.parametrize("name", PAGES)
def test_listings_do_so_in_processes_of_their_own(name: str, tmp_path: Path) -> None:
    """The commands of every page, those of each operation among them, do so where each is a process of its own."""
    _run(PAGES[name], tmp_path)


@pytest.mark.extended
@pytest.mark.parametrize("name", WITH_EXTENDED)
def test_long_listings_do_what_the_page_shows(name: str, tmp_path: Path) -> None:
    """The listings that take long do so too."""
    _run(PAGES[name], tmp_path, extended=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_listing_is_run_or_says_why_not(name: str) -> None:
    """A block of commands or Python is a console listing, a file with a title, or has the reason beside it."""
    for block in listings.find_blocks(PAGES[name]):
        is_run = block.language == "console" or bool(block.title)
        assert is_run or block.mark == "not run" or block.language not in listings.EXECUTABLE, block.text


def test_a_listing_that_prints_something_else_fails(tmp_path: Path) -> None:
    """The runner notices output that differs, and what stands for anything is only the ellipsis."""
    page = "```console\n$ echo one\ntwo\n```\n"
    with pytest.raises(pytest.fail.Exception, match="shown:\ntwo\n\nprinted:\none"):
        _run(page, tmp_path)
    _run(page.replace("two", "o…e"), tmp_path)


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_exists(name: str) -> None:
    """Each `make target` that a page names is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:^|`)make ([a-z-]+)", PAGES[name], re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
