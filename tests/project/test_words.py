"""The words of the three packages: names, sentences, comments and lengths."""

from __future__ import annotations

import ast
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import words
from tests.project.words import PACKAGES, ROOT

MOST_PARTICIPLES = {"cannon_spec": 0.085, "cannon_mock": 0.091, "cannon_contract": 0.132}
"""The largest share of bare participles among the names of a package."""

MEDIAN_LINES = 8
"""The largest median length of a package's functions."""

LEAST_COMMENTS = {
    "cannon_spec/strategies": 0.0,
    "contract_tests/cannon_contract/spending": 0.0015,
    "mock_server/cannon_mock/stores": 0.01,
}
"""The smallest share of lines with a comment, where the code is subtle."""

CLASSES_NAMED_TWICE = {
    *("Account", "Answer", "Balance", "Breach", "Broken", "Clock", "Exchange", "Layer", "Place", "Price", "Rule"),
    *("Run", "Task", "Transaction"),
}
"""Classes whose name is still to be changed."""

MODULES_NAMED_TWICE = {
    "__init__": "every folder has one",
    "__main__": "every package is a command",
    "errors": "exceptions of the library; replies of the mock that report an error",
    "deliveries": "one topic on two floors: values in model, records in stores",
    "tasks": "one topic on two floors: values in model, records in stores",
    "catalog": "values of the contract; the command of that name",
    "example": "the library; the command of that name",
    "validate": "the library; the command of that name",
    "plugin": "the pytest plugin of its package",
    "api": "routes of the mock; client of the contract tests",
}
"""Module names that two folders may share, each with the reason."""

SENTENCES = (
    "keeps its word",
    "pass by the mock",
    "pass by cannon_mock",
    "pass by `cannon_mock`",
    "one create goes well",
    "finds what fell due",
    "with a clock that stands",
    "that is not of its form",
    "reckon high",
    "is an overrun, and the last one",
    "a word that nobody knows",
    "may be taken for any",
    "answered with a word",
    "the third leaves",
    "what nobody has said",
    "rests on nobody's word",
    "by chance, printed at start",
    "no good api key",
    "what only an assumption is against",
    "the text is empty",
    "no value is legal here",
    "change what the condition names",
    "is no model, claim or rule",
)
"""Parts of sentences that nobody understands at first reading; plain ones stand in their place."""

TEXT_FILES = {".py", ".json", ".md", ".toml", ".yml", ".yaml", ".ini", ".cfg", ".txt", ".jinja", ".html", ".lua", ".js"}
PENDING_SENTENCES = set(SENTENCES)


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
    places: dict[str, list[str]] = defaultdict(list)
    for bound in words.list_classes():
        places[bound.name.lstrip("_")].append(str(bound))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert not twice.keys() - CLASSES_NAMED_TWICE, twice


def test_no_module_name_means_two_things() -> None:
    """No two modules of the three packages have one name, but those that the list gives a reason for."""
    places: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for file in words.list_files(package):
            places[file.stem].append(str(file.relative_to(ROOT)))
    assert {name for name, where in places.items() if len(where) > 1} == MODULES_NAMED_TWICE.keys(), places


def _texts() -> Iterator[tuple[Path, str]]:
    """Each text file of the repository, in small letters on one line, without the marks of comments and strings."""
    for file in ROOT.rglob("*"):
        parts = file.relative_to(ROOT).parts
        inside = not any(part.startswith(".") or part in ("dist", "site", "__pycache__") for part in parts[:-1])
        if inside and (file.suffix in TEXT_FILES or file.name == "Makefile") and file != Path(__file__):
            text = re.sub(r"[\"']?\s*\n\s*(#:?|f?[\"'])?\s*", " ", file.read_text(encoding="utf-8"))
            yield file, re.sub(r"\s+", " ", text).lower()


def test_sentences_are_plain() -> None:
    """None of the sentences that readers misunderstood stands anywhere in the repository."""
    found = [
        f"{file.relative_to(ROOT)}: {sentence}"
        for file, text in _texts()
        for sentence in SENTENCES
        if sentence in text and sentence not in PENDING_SENTENCES
    ]
    assert found == []


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
