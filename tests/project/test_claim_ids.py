"""Claim ids in code: each package names its own in one module, which is checked against the ledger at start."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cannon_spec import CatalogError, claim_ids
from cannon_spec.contract.checks import check_claim_ids
from tests.support.payloads import CATALOG
from tests.support.syntax import list_nodes, parse_file

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "cannon_spec": ROOT / "cannon_spec",
    "cannon_mock": ROOT / "mock_server" / "cannon_mock",
    "cannon_contract": ROOT / "contract_tests" / "cannon_contract",
}
"""Each package that names its claim ids in one module, ``claim_ids``, and its folder."""

HEADERS = {"webhook-signature"}
"""Headers of the vendor's that have the name of a claim."""

FILES = [file for folder in PACKAGES.values() for file in sorted(folder.rglob("*.py")) if file.name != "claim_ids.py"]


def _iter_texts(tree: ast.AST) -> Iterator[str]:
    """Each text of a syntax tree but those in marks of contract tests, which are checked when pytest collects them."""
    if isinstance(tree, ast.Call) and _is_mark_of_claims(tree.func):
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in ast.iter_child_nodes(tree):
        yield from _iter_texts(child)


def _is_mark_of_claims(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "claim" and ast.unparse(node) == "pytest.mark.claim"


@pytest.mark.parametrize("package", PACKAGES)
def test_claim_ids_stand_in_one_module_of_a_package(package: str) -> None:
    """No code but the module of claim ids has the id of a claim as a literal, or looks a claim up by one."""
    for file in (file for file in FILES if file.is_relative_to(PACKAGES[package])):
        lookups = [node for node in list_nodes(file) if isinstance(node, ast.Subscript) and _is_literal_lookup(node)]
        assert set(_iter_texts(parse_file(file))) & CATALOG.claims.keys() <= HEADERS, file
        assert [ast.unparse(node) for node in lookups] == [], file


def _is_literal_lookup(node: ast.Subscript) -> bool:
    return isinstance(node.slice, ast.Constant) and ast.unparse(node.value).endswith(".claims")


@pytest.mark.parametrize("package", PACKAGES)
def test_each_claim_id_has_a_use(package: str) -> None:
    """Each constant of the module of claim ids is used in the code of its package."""
    text = "\n".join(file.read_text() for file in FILES if file.is_relative_to(PACKAGES[package]))
    constants = [name for name in vars(importlib.import_module(f"{package}.claim_ids")) if name.isupper()]
    assert set(constants) - set(re.findall(r"\bclaim_ids\.(\w+)", text)) == set()


def test_a_constant_that_the_ledger_lacks_is_an_error() -> None:
    """The check passes for a module whose ids the ledger has, and names the constant and the claim that it lacks."""
    check_claim_ids(claim_ids, CATALOG.claims)
    module = ModuleType("somewhere.claim_ids")
    module.__dict__.update(GOOD="json-body", BAD="no-such-claim", other="not a constant")
    with pytest.raises(CatalogError, match=r"somewhere\.claim_ids\.BAD: names the claim no-such-claim"):
        check_claim_ids(module, CATALOG.claims)
    claims = {id_: claim for id_, claim in CATALOG.claims.items() if id_ != "poll-after"}
    with pytest.raises(CatalogError, match=r"cannon_spec\.claim_ids\.POLL_AFTER"):
        check_claim_ids(claim_ids, claims)
