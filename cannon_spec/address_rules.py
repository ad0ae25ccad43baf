"""The named rules on addresses: one in a string, and reachable by the service (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cannon_spec import claim_ids
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.nodes import ITEM, AddressField
from cannon_spec.contract.readings import split_addresses
from cannon_spec.contract.wording import add_others, join_path, show_value, show_values
from cannon_spec.finding import Finding
from cannon_spec.hits import bound
from cannon_spec.patch import build_replacement
from cannon_spec.pointer import Path, to_pointer
from cannon_spec.reachability import find_host, is_reachable, may_be_reached

ADDRESS_JOINED = "address-joined"
"""The rule that refuses several addresses in one string."""

ADDRESS_UNREACHABLE = "address-unreachable"
"""The rule that warns of an address that the service cannot reach from the internet."""

_JOINED = re.compile(r"https?://[^\s?:]*(?::[0-9]+[^\s?:]*)?[,;|]https?://", re.IGNORECASE)
"""Addresses joined: another one in the query or the path of an address may be a part of it, as of a proxy's."""


class AddressFields:
    """The fields of addresses in documents of one kind, by the object that has them, or the list that they are in."""

    def __init__(self, fields: Iterable[AddressField]) -> None:
        self._groups: dict[Path, dict[str | int, list[tuple[Path, str]]]] = {}
        for field in fields:
            length = field.path.index(ITEM) if ITEM in field.path else len(field.path)
            group = self._groups.setdefault(field.path[: length - 1], {})
            group.setdefault(field.path[length - 1], []).append((field.path[length:], field.claim))

    def may_have_findings(self, root: Any) -> bool:
        """Whether an address in a document may break a rule. That most do not is found out without their paths."""
        for path, fields in self._groups.items():
            members = _follow_objects(root, path)
            if isinstance(members, dict):
                for name in fields:
                    if name in members and _may_have_findings(members[name]):
                        return True
        return False

    def list_addresses(self, root: Any) -> Iterator[tuple[str, Path, str]]:
        """Each address in a document: the claim that the service must reach it, its path, and itself."""
        for path, fields in self._groups.items():
            members = _follow_objects(root, path)
            for name in fields if isinstance(members, dict) else ():
                for rest, claim in fields[name] if name in members else ():
                    for text_path, text in _list_texts(members[name], (*path, name), rest):
                        yield claim, text_path, text


def judge_addresses(catalog: Catalog, root: Any, fields: AddressFields) -> list[Finding]:
    """The findings on the addresses in the fields of a document."""
    if not fields.may_have_findings(root):
        return []
    joined: list[tuple[Path, str]] = []
    unreachable: dict[str, list[tuple[Path, str]]] = {}
    for claim, path, address in fields.list_addresses(root):
        host = find_host(address)
        if _JOINED.match(address):
            joined.append((path, address))
        elif host and not is_reachable(host):
            unreachable.setdefault(claim, []).append((path, host))
    findings = [_describe_joined(catalog, *place, count) for place, count in bound(joined)]
    for claim, places in unreachable.items():
        findings += [_describe_unreachable(catalog.claims[claim], *place, count) for place, count in bound(places)]
    return findings


def _follow_objects(value: Any, path: Path) -> Any:
    """The value at a path of names; None if there is none."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _may_have_findings(value: Any) -> bool:
    """Whether a text in a value has two addresses, or one that the service cannot reach."""
    if isinstance(value, str):
        return value.count("://") > 1 or not may_be_reached(value)
    if isinstance(value, (list, dict)):
        # A loop in place of a generator: this runs for every payload.
        for item in value.values() if isinstance(value, dict) else value:
            if _may_have_findings(item):
                return True
    return False


def _list_texts(value: Any, path: Path, rest: Path) -> list[tuple[Path, str]]:
    """Each text at the end of the path ``rest`` from a value, with its whole path. ``path`` is that of the value."""
    places: list[tuple[Path, Any]] = [(path, value)]
    for part in rest:
        if part == ITEM:
            lists = [(path, value) for path, value in places if isinstance(value, list)]
            places = [((*path, index), item) for path, items in lists for index, item in enumerate(items)]
        else:
            objects = [(path, value) for path, value in places if isinstance(value, dict)]
            places = [((*path, part), value[part]) for path, value in objects if part in value]
    return [(path, value) for path, value in places if isinstance(value, str)]


def _describe_joined(catalog: Catalog, path: Path, address: str, count: int) -> Finding:
    addresses, is_item = split_addresses(address), isinstance(path[-1], int)
    message = f"{_name_field(path)} {show_value(address)} has {_count(addresses)} addresses in one string"
    hint = f"send {show_values(addresses)}, each as an item of its own" if is_item else "send one address"
    fix = build_replacement(path, addresses) if is_item else None
    evidence = catalog.claims[claim_ids.ADDRESS_SINGLE].evidence
    return Finding(to_pointer(path), ADDRESS_JOINED, "error", add_others(message, count), hint, evidence, fix)


def _count(addresses: list[str]) -> str:
    return "two" if len(addresses) == 2 else str(len(addresses))


def _describe_unreachable(claim: Claim, path: Path, host: str, count: int) -> Finding:
    message = f"{_name_field(path)} has the host {show_value(host)}, which cannot be reached from the internet"
    hint = "send an address that the service can reach: of a public host, or of a tunnel to yours"
    message = add_others(message, count)
    return Finding(to_pointer(path), ADDRESS_UNREACHABLE, claim.severity, message, hint, claim.evidence)


def _name_field(path: Path) -> str:
    return join_path(path[1:] if path[0] == "input" else path)
