"""The rules that ``--ignore`` names (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import UnknownName
from cannon_spec.nearest import find_nearest
from cannon_spec.output.rule_texts import RULE_TEXTS

_SEPARATORS = ("/", "#")


def find_ignored_rules(texts: Iterable[str], catalog: Catalog) -> frozenset[str]:
    """The ids of the rules that texts name; a text may name several, separated by commas.

    A name is the id of a rule, or how ids begin. Where it ends with a whole part of an id, as ``models/flux2`` does, it
    stands for the rules of that part, and not for those of ``models/flux2pro``. Raises UnknownName for a name that no
    rule has.
    """
    rules = {*RULE_TEXTS, *_iter_schema_rules(catalog)}
    names = [name.strip() for text in texts for name in text.split(",")]
    return frozenset(rule for name in names for rule in _find_rules(name, rules))


def _iter_schema_rules(catalog: Catalog) -> Iterator[str]:
    for schema in catalog.schemas:
        yield from (rule.id for rule in catalog.rules(schema))


def _find_rules(name: str, rules: set[str]) -> set[str]:
    beginnings = {rule for rule in rules if name and rule.startswith(name)}
    if not beginnings:
        raise UnknownName(f"--ignore: {_describe_unknown(name, rules)}")
    return {rule for rule in beginnings if _ends_with_part(name, rule)} or beginnings


def _ends_with_part(name: str, rule: str) -> bool:
    return name == rule or name.endswith(_SEPARATORS) or rule.startswith(_SEPARATORS, len(name))


def _describe_unknown(name: str, rules: set[str]) -> str:
    if not name:
        return "a name is empty; write RULE, or RULE,RULE"
    close = find_nearest(name, sorted({part for rule in rules for part in (rule, rule.partition("#")[0])}))
    advice = f"did you mean {close}?" if close else "each finding names its rule"
    return f"no rule begins with {name}; {advice}"
