"""Hits put into words: one finding for all rules that refuse one value (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.contract.keywords import Violation, describe_legal, describe_meaning, describe_violation
from cannon_spec.contract.readings import Context, Meaning, find_meaning
from cannon_spec.finding import Finding
from cannon_spec.finding_cache import LONGEST_TEXT, MOST_NAMES, find_or_build, identify_scalar
from cannon_spec.hits import Hit
from cannon_spec.patch import build_replacement
from cannon_spec.pointer import Path, follow, to_pointer


class _Cause(NamedTuple):
    """All that a finding says rests on: the hits of one value, the value, and the aspect ratio beside it."""

    hits: list[Hit]
    value: Any
    aspect_ratio: str | None


def describe_hits(catalog: Catalog, root: Any, hits: Sequence[Hit]) -> list[Finding]:
    """The findings on a document with those hits, one for each value or name that is wrong."""
    if len(hits) == 1:
        return [_describe_cause(catalog, root, [hits[0]])]
    causes: dict[tuple[Path, str | None], list[Hit]] = {}
    for hit in hits:
        causes.setdefault((hit.path, hit.name), []).append(hit)
    return [_describe_cause(catalog, root, group) for group in causes.values()]


def _describe_cause(catalog: Catalog, root: Any, group: list[Hit]) -> Finding:
    """The finding on one value or name, worded once for all documents with the same."""
    place, name = group[0].place, group[0].name
    value, ratio = root, None
    if place:
        parent = follow(root, place[:-1])
        value, ratio = parent[place[-1]], _find_ratio(parent)
    rules = [(hit.judged_rule, hit.number) for hit in group]
    facts = _list_facts(value, name)
    key = None if facts is None else (place, name, ratio, facts, *rules)
    return find_or_build(catalog, key, _build_finding, _Cause(group, value, ratio))


def _find_ratio(parent: Any) -> str | None:
    """The aspect ratio among the fields of an object, where it is a text that could be one."""
    ratio = parent.get("aspect_ratio") if isinstance(parent, dict) else None
    return ratio if isinstance(ratio, str) and len(ratio) <= LONGEST_TEXT else None


def _list_facts(value: Any, name: str | None) -> Hashable:
    """What a finding says of a value: all of a short scalar, the length of a list, the names of an object.

    Of a list of one also the item, which may be meant by itself. None where a finding may say more: of a long text, and
    of an object that may be an item. A finding on a property says nothing of the values of its object.
    """
    if isinstance(value, dict):
        return tuple(value) if name is not None and len(value) <= MOST_NAMES else None
    if isinstance(value, list):
        if len(value) != 1:
            return list, len(value)
        item_facts = identify_scalar(value[0])
        return None if item_facts is None else (list, 1, item_facts)
    return identify_scalar(value)


def _build_finding(cause: _Cause) -> Finding:
    """One finding for all rules that refuse one value. The first by precedence gives the message, all give the hint."""
    group = sorted(cause.hits, key=lambda hit: hit.rule.precedence)
    hit, rule = group[0], group[0].rule
    violation = Violation(rule.keyword, rule.node, cause.value, name_field(hit.place, rule), rule.title, hit.name or "")
    meaning = _find_meaning(group, cause)
    message = describe_violation(violation, _find_condition(rule), meaning.problem)
    return Finding(
        path=to_pointer(hit.path),
        rule=rule.id,
        severity=rule.severity,
        message=wording.add_others(message, max(each.number for each in group)),
        hint=_describe_hint(violation, group, meaning),
        evidence=rule.evidence,
        fix=build_replacement(hit.place, meaning.values) if meaning.is_certain else None,
    )


def _find_condition(rule: Rule) -> str:
    """The condition of a rule in words; empty where it names only the field that the rule judges."""
    return rule.condition if set(rule.condition_fields) - {rule.field} else ""


def _find_meaning(group: list[Hit], cause: _Cause) -> Meaning:
    """What the value that all rules of the group refuse was meant to be."""
    hit = group[0]
    if hit.name is not None or not hit.place:
        return Meaning()
    all_readings = (each.judged_rule.readings for each in group)
    readings = next((each for each in all_readings if each.entries), hit.judged_rule.readings)
    nodes, is_item = [each.rule.node for each in group], isinstance(hit.place[-1], int)
    return find_meaning(cause.value, Context(nodes, _list_legal(group), readings, cause.aspect_ratio, is_item))


def _describe_hint(violation: Violation, group: list[Hit], meaning: Meaning) -> str:
    """What would be legal: by the narrowest rule of the group, which is named where the message has another."""
    rule, legal, narrowest = group[0].rule, _list_legal(group), _find_narrowest(group)
    if legal is None and (meaning.values or (meaning.advice and rule.keyword == "pattern")):
        return describe_meaning(violation, meaning.values, meaning.advice)
    condition_fields = (name for each_hit in group for name in each_hit.rule.condition_fields)
    narrowing_fields = dict.fromkeys(name for name in condition_fields if name != rule.field)
    hint = describe_legal(violation._replace(node=narrowest.node), legal, narrowing_fields, meaning.values)
    if meaning.values and meaning.advice:
        return f"{hint}; {meaning.advice}"
    if violation.value is None and group[0].judged_rule.is_optional:
        return f"{hint}; or leave it out"
    if narrowest.value == rule.value:
        return hint
    condition = f" when {narrowest.condition}" if narrowest.condition else ""
    return f"{hint}, the limit of {narrowest.title}{condition}"


def name_field(place: Path, rule: Rule) -> str:
    """The field at ``place`` as a reader names it, seen from the schema of the rule: ``shots[1].duration``."""
    names, start = rule.field.count(".") + 1 if rule.field else 0, len(place)
    while names and start:
        start -= 1
        names -= isinstance(place[start], str)
    return wording.join_path(place[start:])


def _list_legal(group: list[Hit]) -> list[Any] | None:
    """The values that every ``enum`` of the group allows, in the order of the first; None where there is no enum."""
    legal: list[Any] | None = None
    for hit in group:
        if hit.rule.keyword == "enum":
            legal = hit.rule.value if legal is None else [value for value in legal if value in hit.rule.value]
    return legal


def _find_narrowest(group: list[Hit]) -> Rule:
    """The rule whose bound is the narrowest of those with the keyword of the first."""
    rule = group[0].rule
    narrowest = max if "min" in rule.keyword.lower() else min if "max" in rule.keyword.lower() else None
    if len(group) == 1 or narrowest is None:
        return rule
    rules = [hit.rule for hit in group if hit.rule.keyword == rule.keyword]
    return narrowest(rules, key=lambda each: float(each.value))
