"""The advice on a missing extra: where from to install it."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import installation

ROOT = Path(__file__).resolve().parents[2]
INDEX_NAME = re.compile(r"pip install[^\n#]*[\s'\"]cannon-spec(?![\w./\[-]| @ )|(?<![/\w])cannon-spec\[(?!\w+\] @ )")
"""An installation from the package index by our name, or our name with extras where no address follows."""


@pytest.fixture(autouse=True)
def _fresh_advice() -> None:
    installation.advise_extra.cache_clear()


def _install_from(monkeypatch: pytest.MonkeyPatch, origin: str | None) -> None:
    """Make the code look like an installed package whose installer recorded this."""

    class Distribution:
        def read_text(self, name: str) -> str | None:
            return origin if name == "direct_url.json" else None

    monkeypatch.setattr(installation, "_find_checkout", lambda: None)
    monkeypatch.setattr(metadata, "distribution", lambda _: Distribution())


def test_a_checkout_names_itself() -> None:
    """Code that runs from a checkout is to be installed from there, and stays what runs."""
    assert installation.advise_extra("mock") == f"install the extra mock: pip install --editable '{ROOT}[mock]'"


def test_a_file_or_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package that was installed from a folder or a wheel on this machine takes its extra from there."""
    wheel = tmp_path / "my wheels" / "cannon.whl"
    wheel.parent.mkdir()
    wheel.touch()
    _install_from(monkeypatch, json.dumps({"url": wheel.as_uri()}))
    assert installation.advise_extra("redis") == f"install the extra redis: pip install '{wheel}[redis]'"


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "/path/to/this/checkout[fast]"),
        ({"url": "file:///no/such/wheel.whl"}, "/path/to/this/checkout[fast]"),
        (
            {"url": "https://git.example/c.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}},
            "cannon-spec[fast] @ git+https://git.example/c.git@ab12",
        ),
        ({"url": "https://files.example/c.whl", "archive_info": {}}, "cannon-spec[fast] @ https://files.example/c.whl"),
    ],
)
def test_another_origin_is_named(origin: Any, requirement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository or an archive is named by its address; where the origin is not known, the checkout is asked for."""
    _install_from(monkeypatch, origin and json.dumps(origin))
    advice = installation.advise_extra("fast")
    assert advice == f"install the extra fast: pip install '{requirement}'"
    assert not INDEX_NAME.search(advice)


def test_without_a_distribution_the_checkout_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the packages that no installer made has no origin."""

    def fail(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(installation, "_find_checkout", lambda: None)
    monkeypatch.setattr(metadata, "distribution", fail)
    assert "'/path/to/this/checkout[mock]'" in installation.advise_extra("mock")


FOLDERS = ("cannon_spec", "mock_server", "contract_tests", "docs", "examples", "schemas", "tests", "benchmarks")
SUFFIXES = {".py", ".md", ".json", ".yml", ".toml", ".txt", ".html"}


def test_no_text_sends_a_user_to_the_package_index() -> None:
    """Our name on the package index is not ours: no message, page or example installs by it."""
    files = [*ROOT.glob("*.md"), ROOT / "Makefile", *(ROOT / ".ci").glob("*")]
    files += [file for name in FOLDERS for file in (ROOT / name).rglob("*") if file.suffix in SUFFIXES]
    texts = {file: file.read_text("utf-8") for file in files if file.is_file() and file != Path(__file__)}
    assert [str(file) for file, text in texts.items() if INDEX_NAME.search(text)] == []


@pytest.mark.parametrize(
    ("text", "is_bad"),
    [
        ("pip install cannon-spec", True),
        ("pip install 'cannon-spec[mock]'", True),
        ("uv add cannon-spec[mock]", True),
        ("pip install -U requests cannon-spec\n", True),
        ("pip install './cannon-spec[mock]'", False),
        ("pip install --editable '.[dev]'", False),
        ("pip install 'cannon-spec[mock] @ git+https://git.example/c.git'", False),
        ("cannon-spec validate", False),
    ],
)
def test_the_pattern_knows_the_package_index(text: str, is_bad: bool) -> None:
    """The pattern of the test above finds what it should, and no address."""
    assert bool(INDEX_NAME.search(text)) is is_bad
