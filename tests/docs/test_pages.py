"""The README and the pages: generated parts are current, links lead somewhere, and the site builds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest

from cannon_mock import create_app
from cannon_spec import load_catalog
from docs import generate
from tests.project.test_architecture import FLOORS, MODULES
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "schemas/README.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("examples/**/*.md")),
]
OF_OTHER_PLUGINS = {"--allow-hosts", "--allowed-hosts", "--block-network", "--disable-socket"}
OF_GITHUB = {"--body", "--title", "--label", "--force", "--state", "--json", "--jq"}
OF_PRE_COMMIT = {"--install-hooks"}
OF_DOCKER = {
    *("--add-host", "--build", "--build-arg", "--cap-drop", "--env", "--file", "--init", "--no-healthcheck"),
    *("--publish", "--read-only", "--rm", "--security-opt", "--tag", "--volume"),
}
NOT_OURS = {"--set", "--help", "CANNON_MOCK_PROT", *OF_OTHER_PLUGINS, *OF_GITHUB, *OF_PRE_COMMIT, *OF_DOCKER}
"""A flag of mitmdump, one that every command has, a variable misspelled on purpose, and options of others' commands."""

ADDRESSES = create_app().url_map.bind("mock")

LINK = re.compile(r"\]\((?!https?://)([^)\s#]*)(?:#([^)\s]+))?\)")


def _text(page: Path) -> str:
    """A page, with the file that it includes in place of the inclusion; listings are left out."""
    text = re.sub(r'--8<-- "(.+?)"', lambda match: (ROOT / match[1]).read_text(), page.read_text())
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves(page: Path) -> None:
    """A link within the project names a file that exists, and a heading of it."""
    for target, anchor in LINK.findall(_text(page)):
        file = page.parent / target if target else page
        assert file.exists(), f"{target}: no such file"
        assert not anchor or anchor in _anchors(file), f"{target}#{anchor}: no such heading"


def test_generated_pages_are_current() -> None:
    """Writing the generated pages again changes nothing."""
    pages = generate.write_pages().items()
    stale = [name for name, text in pages if text != _read(generate.DOCS / name)]
    assert stale == [], "run make tables"
    written_files = {(generate.DOCS / name).resolve() for name, _ in pages}
    assert set(generate.list_generated_files()) <= written_files, "run make tables"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_flag_and_variable_exists(page: Path) -> None:
    """A flag or variable that a page names is on the page of settings, or one of the jobs for GitLab."""
    settings = (generate.DOCS / "settings.md").read_text() + (ROOT / "ci" / "cannon.gitlab-ci.yml").read_text()
    names = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+|CANNON_[A-Z0-9_]*[A-Z0-9](?!\w)", page.read_text())) - NOT_OURS
    assert [name for name in sorted(names) if not re.search(rf"{name}\b(?!-)", settings)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_admin_address_exists(page: Path) -> None:
    """An address under /__mock__/ that a page names is one that the mock has."""
    addresses = set(re.findall(r"/__mock__/[\w/]+", page.read_text()))
    assert [each for each in sorted(addresses) if not ADDRESSES.allowed_methods(each)] == []


def test_every_route_is_described() -> None:
    """The page of replies names each address of the mock."""
    page = (generate.DOCS / "answers.md").read_text()
    rules = (rule.rule for rule in ADDRESSES.map.iter_rules() if not rule.rule.startswith("/assets"))
    last_parts = {re.sub(r"/<[^>]+>", "", rule).rpartition("/")[2] for rule in rules}
    assert [part for part in sorted(last_parts) if part not in page] == []


def test_every_name_to_upgrade_to_exists() -> None:
    """Each name that the page on upgrades gives as new can be imported."""
    rows = re.findall(r"^\| .* \| `(cannon_.+)` \|$", (generate.DOCS / "upgrading.md").read_text(), re.MULTILINE)
    assert rows
    for name in rows:
        assert resolve_name(name) is not None


def test_the_floors_of_contributors_are_those_that_a_test_holds() -> None:
    """The guide names every folder of the packages, in an order in which none imports from a later one."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    lines = re.findall(r"^\d\. `(cannon_\w+)`: (.*)$", text, re.MULTILINE)
    folders = [f"{package}.{folder}" for package, names in lines for folder in re.findall(r"`(\w+)/`", names)]
    floors = {name: number for number, names in enumerate(FLOORS) for name in names}
    packages = {name for name in floors if "." in name and MODULES.get(name, ROOT).name == "__init__.py"}
    assert set(folders) == packages
    assert [floors[each] for each in folders] == sorted(floors[each] for each in folders)


def test_every_page_is_in_the_navigation() -> None:
    """A reader finds each page from the start page's navigation."""
    navigation = (ROOT / "mkdocs.yml").read_text()
    names = [page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md")]
    assert [name for name in names if f": {name}\n" not in navigation] == []


def test_the_readme_is_one_page() -> None:
    """The README has at most 200 lines and 1,600 words."""
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 200
    assert len(text.split()) <= 1600


@pytest.mark.extended
def test_the_site_builds_strictly(tmp_path: Path) -> None:
    """MkDocs builds the pages without a warning."""
    pytest.importorskip("mkdocs", reason="make docs installs it")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "site" / "live-runs" / "index.html").is_file()


def test_the_demo_ends_with_a_picture(tmp_path: Path) -> None:
    """`make demo` judges a request, runs it through a mock and writes its picture, whatever the mock's speed."""
    command = [sys.executable, str(ROOT / "examples" / "demo.py")]
    variables = environment(CANNON_MOCK_SPEED="1000")
    run = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_the_numbers_of_the_contract_are_those_of_the_catalog(name: str) -> None:
    """README and start page say how many operations are covered, and how many models serve them."""
    covered = [each for each in load_catalog().operations.values() if each.is_covered]
    models = {model for each in covered for model in each.models}
    assert f"covers {len(covered)} operations with {len(models)} models" in " ".join((ROOT / name).read_text().split())
