"""The words of the three packages: names, sentences, comments and lengths."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

from tests.project import words
from tests.project.words import PACKAGES, ROOT

MOST_PARTICIPLES = {"cannon_spec": 0.015, "cannon_mock": 0.015, "cannon_contract": 0.015}
"""The largest share of bare participles among the names of a package."""

MEDIAN_LINES = 8
"""The largest median length of a package's functions."""

LEAST_COMMENTS = {
    "cannon_spec/contract/prices.py": 0.015,
    "cannon_spec/strategies": 0.015,
    "contract_tests/cannon_contract/spending": 0.015,
    "mock_server/cannon_mock/stores": 0.015,
}
"""The smallest share of lines with a comment, where the code is subtle."""

MODULES_NAMED_TWICE = {
    "overlay": "what an overlay does to the contract, and the command that writes one",
    "__init__": "every folder has one",
    "__main__": "every package is a command",
    "errors": "exceptions of the library; replies of the mock that report an error",
    "deliveries": "one topic on two floors: values in model, records in stores",
    "tasks": "one topic on two floors: values in model, records in stores",
    "catalog": "values of the contract; the command of that name",
    "example": "the library; the command of that name",
    "validate": "the library; the command of that name",
    "claim_ids": "the claims that the code of each package names",
    "plugin": "the pytest plugin of its package",
    "api": "routes of the mock; client of the contract tests",
}
"""Module names that two folders may share, each with the reason."""


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_no_bare_participles(package: str) -> None:
    """A name says what it holds: few are a participle without its noun, as ``seen`` for a response."""
    names = [bound for file in words.list_files(package) for bound in words.list_bound_names(file)]
    participles = [str(bound) for bound in names if words.is_bare_participle(bound)]
    assert len(participles) / len(names) <= MOST_PARTICIPLES[package], "\n".join(participles)


@pytest.mark.parametrize(
    ("source", "participles"),
    [
        ("seen = 1", ["seen"]),
        ("_asked_for = READ_BACK = 1", ["_asked_for", "READ_BACK"]),
        ("class Broken:\n    kept: int", ["Broken", "kept"]),
        ("def read(needed): return lambda made: made", ["needed", "made"]),
        ("def f(*given, **wanted): self.held = 1", ["given", "wanted", "held"]),
        ("for said, (told, x) in y: pass", ["said", "told"]),
        ("with a as opened, b as (left, x): pass", ["opened", "left"]),
        ("[lost for lost in x]; {k: v for k, drawn in x}", ["lost", "drawn"]),
        ("try: pass\nexcept E as caught: pass", ["caught"]),
        ("import a as shared", ["shared"]),
        ("if (found := 1): read = 2", ["found", "read"]),
        ("match x:\n    case chosen: pass", ["chosen"]),
        ("@property\ndef read(self): pass", ["read"]),
        ("def read(): pass", []),
        ("known_models = seed = speed = created_at_ms = is_closed = red = 1", []),
        ("x.seen = print(seen, kept=1)", []),
    ],
)
def test_bare_participles_are_recognized(source: str, participles: list[str], tmp_path: Path) -> None:
    """Each way to bind a name counts, a use of one does not; a participle with its noun is no bare one."""
    file = tmp_path / "a.py"
    file.write_text(source)
    names = [bound.name for bound in words.list_bound_names(file) if words.is_bare_participle(bound)]
    assert sorted(names) == sorted(participles)


def test_a_name_counts_once_for_each_scope(tmp_path: Path) -> None:
    """A name that one function binds twice counts once, and one that two functions bind counts twice."""
    file = tmp_path / "a.py"
    file.write_text("def f():\n    x = 1\n    x = 2\ndef g():\n    x = 3\n")
    assert [bound.name for bound in words.list_bound_names(file)] == ["f", "x", "g", "x"]


def test_no_class_name_means_two_things() -> None:
    """No two classes of the three packages have one name, a leading underscore aside."""
    assert words.find_classes_named_twice() == {}


def test_no_module_name_means_two_things() -> None:
    """No two modules of the three packages have one name, but those that the list gives a reason for."""
    places = words.find_modules_named_twice()
    assert places.keys() == MODULES_NAMED_TWICE.keys(), places


def test_sentences_are_plain() -> None:
    """None of the sentences that readers misunderstood stands anywhere in the repository."""
    assert words.list_sentences() == []


@pytest.mark.parametrize("text", ["# Red and\n    # blue.", 'x = (\n  "red and "\n  f"blue"\n)', "RED  and\nblue"])
def test_sentences_are_found_across_lines(text: str, tmp_path: Path) -> None:
    """A sentence is found whatever its case, and where it goes on in the next line of a comment or a string."""
    file = tmp_path / "a.py"
    file.write_text(text)
    assert "red and blue" in words.flatten(file)


@pytest.mark.parametrize("place", LEAST_COMMENTS)
def test_subtle_code_says_why(place: str) -> None:
    """Where the code is subtle, a share of its lines has a comment."""
    path = ROOT / place
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    assert words.measure_comments(files) >= LEAST_COMMENTS[place]


def test_comments_are_counted(tmp_path: Path) -> None:
    """A comment beside code counts, one for a tool, a docstring or a blank line does not."""
    file = tmp_path / "a.py"
    file.write_text('"""# no."""\n\n# why\nx = 1  # because\ny = 2  # noqa: E501\nz = "# no"\n')
    assert words.measure_comments([file]) == 2 / 5


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short(package: str) -> None:
    """The median of the functions' lengths, docstrings left out, is small."""
    lengths = words.measure_functions(package)
    longest = sorted(lengths, key=lambda name: -lengths[name])[:20]
    assert statistics.median(lengths.values()) <= MEDIAN_LINES, "\n".join(longest)


def test_lengths_leave_docstrings_out() -> None:
    """The length of a function is that of its code."""
    (function,) = ast.parse('def f():\n    """One.\n\n    Two."""\n    return 1\n').body
    assert isinstance(function, ast.FunctionDef)
    assert words.measure_length(function) == 2
