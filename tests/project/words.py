"""Count the words of the packages: bare participles among names, names that occur twice, comments, lengths.

``python -m tests.project.words [PACKAGE...]`` lists every name of the packages that is a bare participle, every name of
a class or a module that occurs twice, and every sentence that is hard to read.
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.support.syntax import list_nodes, parse_file

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "cannon_spec": ROOT / "cannon_spec",
    "cannon_mock": ROOT / "mock_server" / "cannon_mock",
    "cannon_contract": ROOT / "contract_tests" / "cannon_contract",
}

IRREGULAR_PARTICIPLES = """
    agreed beaten become begun bent bitten blown born borne bought bred broken brought built burnt caught chosen
    clung crept dealt decreed done drawn driven drunk dug eaten fallen fed felt fled flown flung forbidden foreseen
    forgiven forgotten fought found freed frozen given gone gotten grown guaranteed hanged heard held hidden hung
    kept known laid lain leapt learnt led left lent lit lost made meant met mistaken overdrawn overridden
    overtaken paid proven rebuilt redone redrawn resold rewritten ridden risen rung said sawn seen sent sewn shaken
    shone shown shrunk shut slept slid slung smelt sold sought spelt spent spilt spoilt spoken sprung spun stolen
    stood strewn striven struck strung stuck stung sung sunk swept swollen sworn swung taken taught thrown told torn
    trodden unbroken undergone understood undertaken undone unknown unpaid unseen unsent unspent untaken untold
    unwritten upheld withdrawn withheld woken won worn woven written wrung
"""
IRREGULAR = frozenset(IRREGULAR_PARTICIPLES.split())
SAME_AS_VERB = {"read", "put"}
"""Participles that are also the verb: fine as the name of a function, not as that of a value."""

NO_PARTICIPLE = frozenset({"bed", "hundred", "kindred", "naked", "red", "sacred", "shed", "wicked"})
"""Words that end in ``ed`` and are none, beside those in ``eed`` (``seed``, ``speed``, ``need``)."""

PARTICLES = {
    *("about", "away", "back", "by", "down", "for", "from", "in", "into", "of", "off", "on", "out", "over", "through"),
    *("to", "under", "up", "with"),
}
"""Words that leave a participle before them bare: ``read_back``, ``asked_for``."""

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

TEXT_SUFFIXES = {
    *(
        ".py",
        ".json",
        ".md",
        ".toml",
        ".yml",
        ".yaml",
        ".ini",
        ".cfg",
        ".txt",
        ".jinja",
        ".html",
        ".css",
        ".js",
        ".lua",
    ),
}
FOREIGN_FOLDERS = {"dist", "site", "node_modules", "__pycache__"}


class BoundName(NamedTuple):
    """A name that a file binds: where, what it names, and the name as written."""

    file: Path
    line: int
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} {self.name} ({self.kind})"


class _Binder(ast.NodeVisitor):
    """Collect each name once for each scope that binds it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._scopes: list[str] = []
        self.names: dict[tuple[str, str], BoundName] = {}

    def _bind(self, node: ast.AST, kind: str, name: str, scope: str | None = None) -> None:
        place = ".".join(self._scopes) if scope is None else scope
        line: int = getattr(node, "lineno", 0)
        self.names.setdefault((place, name), BoundName(self._file, line, kind, name))

    def _enter(self, node: ast.AST, name: str) -> None:
        self._scopes.append(name)
        self.generic_visit(node)
        self._scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node, "class", node.name)
        self._enter(node, node.name)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node, "property" if _is_property(node) else "function", node.name)
        self._enter(node, node.name)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast looks for

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._enter(node, f"lambda{node.lineno}:{node.col_offset}")

    def visit_arg(self, node: ast.arg) -> None:
        self._bind(node, "parameter", node.arg)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node, "variable", node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self":
            self._bind(node, "attribute", node.attr, ".".join(self._scopes[:-1]))
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node, "variable", node.name)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        if node.asname:
            self._bind(node, "variable", node.asname)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._bind(node, "variable", node.name)
        self.generic_visit(node)


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(each) for each in node.decorator_list)


def list_files(package: str) -> list[Path]:
    """The Python files of a package."""
    return sorted(PACKAGES[package].rglob("*.py"))


@cache
def list_bound_names(file: Path) -> list[BoundName]:
    """Each name that a file assigns or declares, once for each scope.

    They are functions, classes, parameters, attributes of ``self``, fields, and the targets of assignments, loops,
    ``with`` and comprehensions.
    """
    binder = _Binder(file)
    binder.visit(parse_file(file))
    return list(binder.names.values())


def is_bare_participle(bound: BoundName) -> bool:
    """Whether a name is a participle without its noun: ``seen``, ``_known``, ``read_back``; not ``known_models``."""
    first, *rest = _split(bound.name) or [""]
    return _is_participle(first, bound.kind) and all(word in PARTICLES for word in rest)


def _is_participle(word: str, kind: str) -> bool:
    if word in SAME_AS_VERB:
        return kind != "function"
    is_regular = len(word) > 3 and word.endswith("ed") and not word.endswith("eed") and word not in NO_PARTICIPLE
    return is_regular or word in IRREGULAR


def _split(name: str) -> list[str]:
    """The words of a name in small letters, whether it is written with underscores or with capitals."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in words.lower().split("_") if word]


def find_classes_named_twice() -> dict[str, list[str]]:
    """The places of each class name that two classes of the three packages have, a leading underscore aside."""
    names = (bound for package in PACKAGES for file in list_files(package) for bound in list_bound_names(file))
    return _find_repeats((bound.name.lstrip("_"), str(bound)) for bound in names if bound.kind == "class")


def find_modules_named_twice() -> dict[str, list[str]]:
    """The places of each module name that two modules of the three packages have."""
    files = (file for package in PACKAGES for file in list_files(package))
    return _find_repeats((file.stem, str(file.relative_to(ROOT))) for file in files)


def _find_repeats(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in pairs:
        places[name].append(place)
    return {name: where for name, where in places.items() if len(where) > 1}


def list_sentences() -> list[str]:
    """Each place in the repository where one of SENTENCES stands, as ``FILE: SENTENCE``."""
    return [
        f"{file.relative_to(ROOT)}: {sentence}"
        for file in _list_texts()
        for text in [flatten(file)]
        for sentence in SENTENCES
        if sentence in text
    ]


def _list_texts() -> Iterator[Path]:
    """Each text file of the repository but this one."""
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [each for each in subfolders if not each.startswith(".") and each not in FOREIGN_FOLDERS]
        for file in (Path(folder, name) for name in names):
            if (file.suffix in TEXT_SUFFIXES or file.name == "Makefile") and file != Path(__file__):
                yield file


def flatten(file: Path) -> str:
    """The text of a file in lower case and on one line, without the marks of comments and strings at line ends."""
    text = re.sub(r"[\"']?\s*\n\s*(#:?|f?[\"'])?\s*", " ", file.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", text).lower()


def measure_functions(package: str) -> dict[str, int]:
    """The lines of each function, its docstring left out, by its place."""
    lengths: dict[str, int] = {}
    for file in list_files(package):
        for node in list_nodes(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"] = measure_length(node)
    return lengths


def measure_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without those of its docstring."""
    first = node.body[0]
    docstring = first if ast.get_docstring(node, clean=False) is not None else None
    docstring_lines = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring_lines


def measure_comments(files: Iterable[Path]) -> float:
    """The share of lines that are not blank which hold a comment; one for a tool, as ``noqa``, is none."""
    texts = [file.read_text() for file in files]
    lines = sum(1 for text in texts for line in text.splitlines() if line.strip())
    return sum(1 for text in texts for _ in _list_comments(text)) / max(lines, 1)


def _list_comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"#+\s*(noqa|type:|pragma|fmt:|!)", token.string):
            yield token.string


def main(packages: Iterable[str]) -> None:
    """Print what there is to rename in packages, and to reword anywhere."""
    for package in packages:
        names = [bound for file in list_files(package) for bound in list_bound_names(file)]
        participles = [bound for bound in names if is_bare_participle(bound)]
        share = len(participles) / len(names)
        print(*participles, f"{package}: {len(participles)} of {len(names)} names ({share:.2%})\n", sep="\n")
    for name, places in {**find_classes_named_twice(), **find_modules_named_twice()}.items():
        print(f"twice: {name}: {', '.join(places)}")
    print(*list_sentences(), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:] or PACKAGES)
