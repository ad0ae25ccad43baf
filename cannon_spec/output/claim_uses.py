"""Where the claims of the contract are used: by which operations, by which rules, and in how many tests (floor 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.media_properties import find_duration_rule
from cannon_spec.contract.media_types import find_extension
from cannon_spec.contract.source import read_expectations
from cannon_spec.output.catalog_tables import find_page


@dataclass(frozen=True, slots=True)
class ClaimUse:
    """A claim, the operations that use it, and what rests on it.

    ``rules`` counts the keywords of schemas, ``examples`` the example documents, and changes of them, that break one of
    these rules; each of them is a test. ``tests`` counts the contract tests of a run; None if no run is known.
    """

    claim: Claim
    operations: tuple[str, ...]
    rules: int
    examples: int
    tests: int | None


def list_claim_uses(catalog: Catalog, tests: Mapping[str, int] | None = None) -> list[ClaimUse]:
    """Every claim with its uses, in the order of the ledger. ``tests`` has the number of contract tests by claim."""
    pages = read_page_claims(catalog)
    operations = {each.id: find_operation_claims(catalog, each, pages) for each in catalog.operations.values()}
    rules = {rule.id: rule.claim.id for schema in catalog.schemas for rule in catalog.rules(schema)}
    rule_counts, example_counts = Counter(rules.values()), _count_examples(rules)
    return [
        ClaimUse(
            claim,
            tuple(name for name, ids in operations.items() if claim.id in ids),
            rule_counts[claim.id],
            example_counts[claim.id],
            None if tests is None else tests.get(claim.id, 0),
        )
        for claim in catalog.claims.values()
    ]


def _count_examples(claims_by_rule: Mapping[str, str]) -> Counter[str]:
    """How many example documents and changes break at least one rule of each claim."""
    counts: Counter[str] = Counter()
    for broken_rules in read_expectations():
        counts.update({claims_by_rule[rule] for rule in broken_rules if rule in claims_by_rule})
    return counts


def read_page_claims(catalog: Catalog) -> dict[str, set[str]]:
    """The claims that hold the statements of each page, by its address."""
    pages: dict[str, set[str]] = {}
    for statement in catalog.statements:
        pages.setdefault(statement["page"], set()).update(statement.get("claims", ()))
    return pages


def find_operation_claims(catalog: Catalog, operation: Operation, pages: Mapping[str, set[str]]) -> set[str]:
    """The claims that an operation uses: those of its data, of its rules, of its models, and of the vendor's page.

    ``pages`` has the claims of each page, as read_page_claims reads them.
    """
    schemas = {operation.input, operation.output, *(model.schema for model in operation.models.values())} - {None}
    ids = {rule.claim.id for schema in schemas for rule in catalog.rules(str(schema))}
    ids |= {operation.claim.id, *(model.claim.id for model in operation.models.values())}
    ids |= pages.get(find_page(operation) or "", set())
    return ids | {text for text in _iter_texts(_list_data(catalog, operation)) if text in catalog.claims}


def find_mock_claims(catalog: Catalog) -> set[str]:
    """The claims by which the mock fills in files and outputs: those in the data on media and on replies."""
    operations = [each for each in catalog.operations.values() if each.is_covered]
    replies = [(each.replies["claims"], each.replies.get("default_claims", {})) for each in operations]
    data = [catalog.media, *(each.data["media"] for each in operations), *(each for pair in replies for each in pair)]
    return {text for text in _iter_texts(data) if text in catalog.claims}


def _list_data(catalog: Catalog, operation: Operation) -> list[Any]:
    """The data of an operation: its own file, its pace, and the types, the size and the duration of its files."""
    if not operation.is_covered:
        return []
    tables: Mapping[str, Any] = catalog.media[operation.size_tables] if operation.size_tables else {}
    models = tables.get("models", {})
    return [
        operation.data,
        catalog.pace_of(operation),
        {name: value for name, value in tables.items() if name != "models"},
        [models[model] for model in operation.models if model in models],
        find_duration_rule(catalog, operation),
        [operation.file_types[find_extension(each)] for each in operation.files.values()],
    ]


def _iter_texts(value: Any) -> Iterator[str]:
    """Every text within a value of JSON; the names of members are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _iter_texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _iter_texts(each)
