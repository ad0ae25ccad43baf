"""The rules that a value violates, found by the engine: what findings are made of (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.contract.engines import ViolationPaths
from cannon_spec.contract.keywords import KEYWORDS
from cannon_spec.contract.readings import Readings, find_readings
from cannon_spec.pointer import Path, follow

T = TypeVar("T")

_NO_READINGS = Readings()

MOST_ALIKE = 100
"""The most findings on values that violate one rule, or on names of one object; one more says how many are left."""

_FIELD_TYPE = re.compile(r"(envelope/create|operations/[^/]+/input)#/properties/([^/]+)/type")
"""The rules on the types of the fields that a user sends, each with its schema and field."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRule:
    """A rule as it counts in one set of schemas. Each is equal to itself alone, so that it can be part of a key.

    ``readings`` say what a value that violates it may mean. ``is_optional`` says that a user may leave the field out.
    """

    rule: Rule
    readings: Readings = _NO_READINGS
    is_optional: bool = False


class Hit(NamedTuple):
    """A rule that the value at ``place`` of the whole document violates.

    ``name`` is the property that is missing or unknown, or those that exclude each other; None for other keywords. The
    hit stands for ``number`` values or names: for more than one where there are too many to list.
    """

    place: Path
    judged_rule: JudgedRule
    name: str | None = None
    number: int = 1

    @property
    def rule(self) -> Rule:
        """The rule that is violated."""
        return self.judged_rule.rule

    @property
    def path(self) -> Path:
        """Where it is reported: an unknown property at itself, a missing one at its object."""
        return (*self.place, self.name or "") if self.rule.keyword == "additionalProperties" else self.place


class SchemaJudge:
    """Judges values by several schemas together; the arguments are those of ``Catalog.validator``.

    ``adapt_rule`` turns a rule of the schemas into the one that counts.
    """

    def __init__(
        self,
        catalog: Catalog,
        schemas: tuple[str, ...],
        envelope: str | None = None,
        adapt_rule: Callable[[Rule], Rule] | None = None,
    ) -> None:
        self._catalog, self._schemas, self._envelope, self._adapt_rule = catalog, schemas, envelope, adapt_rule
        self._judged_rules: dict[Path, JudgedRule] = {}
        self._list_violations = catalog.validator(schemas, envelope)

    def list_hits(self, root: Any, place: Path = ()) -> list[Hit]:
        """The rules that the value at ``place`` of ``root`` violates."""
        violations = self._list_violations(follow(root, place) if place else root)
        hits: list[Hit] = []
        for path, at, count in _bound_violations(violations) if violations else ():
            judged_rule = self._judged_rules.get(at)
            if judged_rule is None:
                judged_rule = self._judged_rules[at] = self._find_rule(at)
            hits += _list_hits_of(judged_rule, place + path, root, count)
        return hits

    def _find_rule(self, at: Path) -> JudgedRule:
        rule = self._catalog.violated_rule(at, self._schemas, self._envelope)
        readings = find_readings(self._catalog, self._schemas[0] if self._schemas else self._envelope or "", rule)
        is_optional = _is_optional(self._catalog, rule)
        return JudgedRule(self._adapt_rule(rule) if self._adapt_rule else rule, readings, is_optional)


def find_schema_judge(catalog: Catalog, schemas: tuple[str, ...]) -> SchemaJudge:
    """The judge by several schemas together, made when it is first asked for."""
    judge: SchemaJudge | None = catalog.judge_cache.get(schemas)
    if judge is None:
        judge = catalog.judge_cache[schemas] = SchemaJudge(catalog, schemas)
    return judge


def bound(items: Sequence[T]) -> Iterator[tuple[T, int]]:
    """The first MOST_ALIKE items, and one that stands for the others: each with the number that it stands for."""
    for item in items[:MOST_ALIKE]:
        yield item, 1
    if len(items) > MOST_ALIKE:
        yield items[MOST_ALIKE], len(items) - MOST_ALIKE


def _bound_violations(violations: Sequence[ViolationPaths]) -> Iterator[tuple[Path, Path, int]]:
    """The violations, with the number that each stands for; of those of one keyword the first ones by their paths."""
    if len(violations) <= MOST_ALIKE:
        for path, at in violations:
            yield path, at, 1
        return
    paths_by_keyword: dict[Path, list[Path]] = {}
    for path, at in violations:
        paths_by_keyword.setdefault(at, []).append(path)
    for at, paths in paths_by_keyword.items():
        for path, count in bound(sorted(paths)):
            yield path, at, count


def _list_hits_of(judged_rule: JudgedRule, place: Path, root: Any, count: int) -> list[Hit]:
    """The hits of one violation: one for each property that the rule is about, a single one for other keywords."""
    rule = judged_rule.rule
    list_names = KEYWORDS[rule.keyword].list_names
    if list_names is None:
        return [Hit(place, judged_rule, None, count)]
    value = follow(root, place)
    # "not required" also refuses what is no object, which the rule of its type reports already.
    names = list_names(rule.node, value) if isinstance(value, dict) else []
    if count > 1:
        return [Hit(place, judged_rule, name, count) for name in names[:1]]
    return [Hit(place, judged_rule, name, number) for name, number in bound(names)]


def _is_optional(catalog: Catalog, rule: Rule) -> bool:
    """Whether a rule is on the type of a field that a user may leave out."""
    match = _FIELD_TYPE.fullmatch(rule.id)
    return match is not None and match[2] not in catalog.schemas[match[1]].get("required", ())
