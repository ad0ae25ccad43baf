"""Operations and models are data: no name of one is in the code of the packages, but in docstrings and help texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import pytest

from cannon_spec import load_catalog
from tests.project.test_architecture import MODULES
from tests.support.syntax import list_nodes, parse_file

_HELP_ARGUMENTS = ("help", "epilog", "description")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _list_names() -> list[str]:
    """Identifiers and display names of all operations and models, long ones first."""
    catalog = load_catalog()
    entries = [*catalog.operations.values(), *catalog.models.values()]
    return sorted({name for each in entries for name in (each.id, each.name)}, key=len, reverse=True)


NAMES = _list_names()
_IN_TEXT = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, NAMES))})(?!\w)")
_IDENTIFIERS = {"_".join(re.findall(r"[a-z0-9]+", name.lower())): name for name in NAMES}
_IN_IDENTIFIER = re.compile(rf"(?:^|_)({'|'.join(sorted(_IDENTIFIERS, key=len, reverse=True))})(?:_|$)")


def find_names(tree: ast.Module, nodes: Sequence[ast.AST]) -> list[str]:
    """The names of operations and models in the literals and identifiers of a module, help texts left out."""
    help_texts = set(_find_help_texts(tree, nodes))
    texts = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    in_texts = [name for node in texts if node not in help_texts for name in _IN_TEXT.findall(node.value)]
    words = (_CAPITAL.sub("_", each).lower() for each in _iter_identifiers(nodes))
    return in_texts + [_IDENTIFIERS[match[1]] for word in words if (match := _IN_IDENTIFIER.search(word))]


def _find_help_texts(tree: ast.Module, nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The strings that stand alone, as docstrings do, and those that a parser of arguments shows as help."""
    for node in nodes:
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg in _HELP_ARGUMENTS:
            yield from ast.walk(node.value)
    shown_names = {node.id for node in _find_help_arguments(nodes) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(ast.unparse(each) in shown_names for each in node.targets):
            yield from ast.walk(node.value)


def _find_help_arguments(nodes: Sequence[ast.AST]) -> Iterator[ast.expr]:
    keywords = (node for node in nodes if isinstance(node, ast.keyword))
    return (each.value for each in keywords if each.arg in _HELP_ARGUMENTS)


def _iter_identifiers(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Each name that a module binds or reads."""
    for node in nodes:
        names = (getattr(node, part, None) for part in ("id", "attr", "arg", "name", "asname"))
        yield from (name for name in names if isinstance(name, str))


def test_no_module_names_an_operation_or_a_model() -> None:
    """What is known of an operation or a model is in the contract's files; docstrings and help texts may name one."""
    names = {module: find_names(parse_file(file), list_nodes(file)) for module, file in MODULES.items()}
    assert {module: each for module, each in names.items() if each} == {}


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ('x = "image.generate"', True),
        ('x = {"models/gptimage2": 1}', True),
        ('raise ValueError(f"use GPT Image 2, not {x}")', True),
        ("def judge_gptimage2(x): ...", True),
        ("class ImageGenerate: ...", True),
        ('x = "images.generated"', False),
        ('"""As image.generate does."""', False),
        ('add("--operation", help="an identifier, as image.generate")', False),
        ('EXAMPLES = """example image.generate"""\nParser(epilog=EXAMPLES)', False),
        ('EXAMPLES = """example image.generate"""', True),
    ],
)
def test_a_name_is_found_where_it_is_code(code: str, is_found: bool) -> None:
    """A name is found within literals and identifiers, and left alone in docstrings and help texts."""
    tree = ast.parse(code)
    assert bool(find_names(tree, list(ast.walk(tree)))) is is_found
