"""Syntax trees of the files of the packages. The tests of a process share them: nobody changes one."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def parse_file(file: Path) -> ast.Module:
    """The syntax tree of a file of Python."""
    return ast.parse(file.read_text())


@cache
def list_nodes(file: Path) -> tuple[ast.AST, ...]:
    """Every node of the syntax tree of a file."""
    return tuple(ast.walk(parse_file(file)))
