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
from cannon_spec.contract.wording import join_path, show_value, show_values
from cannon_spec.finding import Finding
from cannon_spec.patch import build_replacement
from cannon_spec.pointer import Path, to_pointer
from cannon_spec.reachability import find_host, is_reachable

ADDRESS_JOINED = "address-joined"
"""The rule that refuses several addresses in one string."""

ADDRESS_UNREACHABLE = "address-unreachable"
"""The rule that warns of an address that the service cannot reach from the internet."""

_JOINED = re.compile(r"https?://[^\s?:]*(?::[0-9]+[^\s?:]*)?[,;|]https?://", re.IGNORECASE)
"""Addresses joined: another one in the query or the path of an address may be a part of it, as of a proxy's."""


def judge_addresses(catalog: Catalog, root: Any, fields: Iterable[AddressField]) -> Iterator[Finding]:
    """The findings on the addresses in the fields of a document."""
    for field in fields:
        for path, address in _iter_texts(root, field.path):
            host = find_host(address)
            if _JOINED.match(address):
                yield _describe_joined(catalog, path, address)
            elif host and not is_reachable(host):
                yield _describe_unreachable(catalog.claims[field.claim], path, host)


def _iter_texts(value: Any, field: Path, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each text in a field, with its path."""
    if not field:
        if isinstance(value, str):
            yield path, value
    elif field[0] == ITEM:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _iter_texts(item, field[1:], (*path, index))
    elif isinstance(value, dict) and field[0] in value:
        yield from _iter_texts(value[field[0]], field[1:], (*path, field[0]))


def _describe_joined(catalog: Catalog, path: Path, address: str) -> Finding:
    addresses, is_item = split_addresses(address), isinstance(path[-1], int)
    message = f"{_name_field(path)} {show_value(address)} has {_count(addresses)} addresses in one string"
    hint = f"send {show_values(addresses)}, each as an item of its own" if is_item else "send one address"
    fix = build_replacement(path, addresses) if is_item else None
    evidence = catalog.claims[claim_ids.ADDRESS_SINGLE].evidence
    return Finding(to_pointer(path), ADDRESS_JOINED, "error", message, hint, evidence, fix)


def _count(addresses: list[str]) -> str:
    return "two" if len(addresses) == 2 else str(len(addresses))


def _describe_unreachable(claim: Claim, path: Path, host: str) -> Finding:
    message = f"{_name_field(path)} has the host {show_value(host)}, which cannot be reached from the internet"
    hint = "send an address that the service can reach: of a public host, or of a tunnel to yours"
    return Finding(to_pointer(path), ADDRESS_UNREACHABLE, claim.severity, message, hint, claim.evidence)


def _name_field(path: Path) -> str:
    return join_path(path[1:] if path[0] == "input" else path)
