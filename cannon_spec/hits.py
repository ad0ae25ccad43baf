"""The rules that a value violates, found by the engine: what findings are made of (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from cannon_spec.contract.cache import CacheName
from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.contract.engines import ViolationPaths
from cannon_spec.contract.keywords import KEYWORDS, Keyword
from cannon_spec.contract.readings import Readings, find_readings
from cannon_spec.finding import MOST_ALIKE
from cannon_spec.pointer import Path, follow

T = TypeVar("T")

_NO_READINGS = Readings()

_FIELD_TYPE = re.compile(r"(envelope/create|operations/[^/]+/input)#/properties/([^/]+)/type")
"""The rules on the types of the fields that a user sends, each with its schema and field."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRule:
    """A rule as it counts in one set of schemas. Each is equal to itself alone, so that it can be part of a key.

    ``readings`` say what a value that violates it may mean. ``is_optional`` says that a user may leave the field out,
    ``is_on_unknown_fields`` that it refuses the fields that an object may not have.
    """

    rule: Rule
    readings: Readings = _NO_READINGS
    is_optional: bool = False
    keyword: Keyword = field(init=False)
    is_on_unknown_fields: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyword", KEYWORDS[self.rule.keyword])
        object.__setattr__(self, "is_on_unknown_fields", self.rule.keyword == "additionalProperties")


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
        return (*self.place, self.name or "") if self.judged_rule.is_on_unknown_fields else self.place


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
        if not violations:
            return []
        hits: list[Hit] = []
        for path, at, number in _bound_violations(violations):
            judged_rule = self._judged_rules.get(at)
            if judged_rule is None:
                judged_rule = self._judged_rules[at] = self._find_rule(at)
            if judged_rule.keyword.list_names is None:
                hits.append(Hit(place + path, judged_rule, None, number))
            else:
                hits += _list_named_hits(judged_rule, place + path, root, number)
        return hits if len(hits) <= MOST_ALIKE else _bound_hits(hits)

    def _find_rule(self, at: Path) -> JudgedRule:
        rule = self._catalog.violated_rule(at, self._schemas, self._envelope)
        readings = find_readings(self._catalog, self._schemas[0] if self._schemas else self._envelope or "", rule)
        is_optional = _is_optional(self._catalog, rule)
        return JudgedRule(self._adapt_rule(rule) if self._adapt_rule else rule, readings, is_optional)


_JUDGES: CacheName[tuple[str, ...], SchemaJudge] = CacheName()
"""The judges by their schemas."""


def find_schema_judge(catalog: Catalog, schemas: tuple[str, ...]) -> SchemaJudge:
    """The judge by several schemas together, made when it is first asked for."""
    judges = catalog.caches[_JUDGES]
    judge = judges.get(schemas)
    if judge is None:
        judge = judges[schemas] = SchemaJudge(catalog, schemas)
    return judge


def bound(items: Sequence[T]) -> Iterator[tuple[T, int]]:
    """The first MOST_ALIKE items, and one that stands for the others: each with the number that it stands for."""
    for item in items[:MOST_ALIKE]:
        yield item, 1
    if len(items) > MOST_ALIKE:
        yield items[MOST_ALIKE], len(items) - MOST_ALIKE


def _bound_violations(violations: Sequence[ViolationPaths]) -> list[tuple[Path, Path, int]]:
    """Few violations and the number that each stands for: of those of one keyword the first ones by their paths."""
    if len(violations) <= MOST_ALIKE:
        return [(path, at, 1) for path, at in violations]
    paths_by_keyword: dict[Path, list[Path]] = {}
    for path, at in violations:
        paths_by_keyword.setdefault(at, []).append(path)
    return [(path, at, number) for at, paths in paths_by_keyword.items() for path, number in bound(sorted(paths))]


def _bound_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Few hits of each rule: many objects may have many names each."""
    groups: dict[JudgedRule, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.judged_rule, []).append(hit)
    bounded_hits: list[Hit] = []
    for group in groups.values():
        rest = group[MOST_ALIKE:]
        bounded_hits += group[:MOST_ALIKE]
        bounded_hits += [each._replace(number=sum(other.number for other in rest)) for each in rest[:1]]
    return bounded_hits


def _list_named_hits(judged_rule: JudgedRule, place: Path, root: Any, number: int) -> list[Hit]:
    """The hits of a violation of a rule on properties: one for each property that it is about."""
    value, list_names = follow(root, place), judged_rule.keyword.list_names
    # "not required" also refuses what is no object, which the rule of its type reports already.
    names = list_names(judged_rule.rule.node, value) if list_names and isinstance(value, dict) else []
    if number > 1:
        return [Hit(place, judged_rule, name, number) for name in names[:1]]
    return [Hit(place, judged_rule, name, name_number) for name, name_number in bound(names)]


def _is_optional(catalog: Catalog, rule: Rule) -> bool:
    """Whether a rule is on the type of a field that a user may leave out."""
    match = _FIELD_TYPE.fullmatch(rule.id)
    return match is not None and match[2] not in catalog.schemas[match[1]].get("required", ())
