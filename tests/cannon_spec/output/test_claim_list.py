"""The list of claims, and what rests on each."""

from __future__ import annotations

from dataclasses import replace

from cannon_spec import Catalog
from cannon_spec.contract.source import read_expectations
from cannon_spec.output import claim_list
from cannon_spec.output.claim_uses import ClaimUse, find_operation_claims, list_claim_uses, read_page_claims
from tests.support.additions import SOURCE
from tests.support.payloads import CATALOG

OPERATIONS = list(CATALOG.operations)
USES = {each.claim.id: each for each in list_claim_uses(CATALOG)}


def test_one_claim_is_counted_in_the_singular() -> None:
    """The count agrees with the noun, and an empty list is only counted."""
    use = USES["idempotency-mismatch"]
    assert claim_list.render_text([use], OPERATIONS).endswith("\n\n1 claim")
    assert claim_list.render_text([use, use], OPERATIONS).endswith("\n\n2 claims")
    assert claim_list.render_text([], OPERATIONS) == "0 claims"


def test_every_claim_is_listed_with_its_rules() -> None:
    """Each claim is listed once; the number of its rules is that of the keywords that name it."""
    assert list(USES) == list(CATALOG.claims)
    total = sum(1 for schema in CATALOG.schemas for _ in CATALOG.rules(schema))
    assert sum(each.rules for each in USES.values()) == total
    assert USES["gptimage2-square-below-4k"].rules == 1


def test_an_example_counts_once_for_each_claim_that_it_breaks() -> None:
    """The number of examples of a claim is that of the documents and changes that break a rule of it."""
    for id_ in ("gptimage2-square-below-4k", "create-envelope"):
        rules = {rule.id for schema in CATALOG.schemas for rule in CATALOG.rules(schema) if rule.claim.id == id_}
        assert USES[id_].examples == sum(1 for each in read_expectations() if each & rules) > 0


def test_an_operation_uses_the_claims_of_its_data(added_catalog: Catalog) -> None:
    """These are the claims of its id, rules, models, prices, pace, remarks and defaults, but none of others."""
    ids = find_operation_claims(added_catalog, added_catalog.operations["clip.generate"], {})
    expected = {"clip-operation", "clip-fields", "clip-models", "clip-price-4k", "clip-pace", "clip-limits"}
    expected |= {"clip-note", "clip-notice", "clip-default", "tenfold-shut", "tenfold-note", "tenfold-conditions"}
    assert expected <= ids
    assert [id_ for id_ in ids if id_.startswith(("caption", "gptimage2", "auth"))] == []


def test_an_operation_uses_the_claims_of_its_page() -> None:
    """The claims of the statements on the vendor's page of an operation are among its claims."""
    operation = CATALOG.operations["image.generate"]
    pages = {operation.claim.source: {"page-claim"}, SOURCE: {"other-claim"}}
    added_claims = find_operation_claims(CATALOG, operation, pages) - find_operation_claims(CATALOG, operation, {})
    assert added_claims == {"page-claim"}


def test_the_claims_of_a_page_are_those_of_its_statements(added_catalog: Catalog) -> None:
    """Each page of the ledger has the claims of its statements, and no others."""
    pages = read_page_claims(added_catalog)
    assert pages.keys() == {each["page"] for each in added_catalog.statements}
    assert pages[SOURCE] == {"clip-note"}


def test_claims_are_grouped_by_operation_and_strength() -> None:
    """Shared claims come first; a group goes from strong to weak; every claim is in one group."""
    uses = [
        replace(each, operations=tuple(OPERATIONS[:2])) if index % 9 == 7 else each
        for index, each in enumerate(USES.values())
    ]
    groups = claim_list.group_by_operation(uses, OPERATIONS)
    assert list(groups)[:2] == [claim_list.WHOLE_API, claim_list.SEVERAL_OPERATIONS]
    assert sorted(each.claim.id for group in groups.values() for each in group) == sorted(CATALOG.claims)
    for name, group in groups.items():
        ranks = [claim_list.rank_strength(each.claim) for each in group]
        assert ranks == sorted(ranks)
        assert name not in CATALOG.operations or all(each.operations == (name,) for each in group)


def test_tests_have_a_column_if_a_run_is_known() -> None:
    """With the counts of a run a claim has its contract tests too, 0 for one that has none."""
    uses = {each.claim.id: each for each in list_claim_uses(CATALOG, {"status-free": 3})}
    assert (uses["status-free"].tests, uses["status-ok"].tests) == (3, 0)
    columns = claim_list.render_text([uses["status-free"]], OPERATIONS).splitlines()[2:5:2]
    assert [line.split() for line in columns] == [
        ["claim", "strength", "kind", "rules", "examples", "tests"],
        ["status-free", "documented", "behaviour", "0", "0", "3"],
    ]
    assert "tests" not in claim_list.render_text([USES["status-free"]], OPERATIONS).splitlines()[2]


def test_lines_fit_a_terminal() -> None:
    """No line is wider than 110 letters, but for words that are longer; each text is whole."""
    uses: list[ClaimUse] = [*USES.values()]
    long_claim = replace(uses[0].claim, text="word " * 40 + "https://example.com/" + "a" * 120)
    text = claim_list.render_text([*uses, replace(uses[0], claim=long_claim)], OPERATIONS)
    assert [line for line in text.splitlines() if len(line) > 110] == ["    " + long_claim.text.split()[-1]]
    flat = " ".join(text.split())
    assert all(claim.text in flat for claim in CATALOG.claims.values())
