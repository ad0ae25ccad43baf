"""The pages on claims: what the vendor's pages state, and what is assumed (``make tables`` writes them)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from cannon_spec import Catalog, Claim
from cannon_spec.contract.wording import format_count
from cannon_spec.output.claim_list import group_by_operation
from cannon_spec.output.claim_uses import ClaimUse, find_mock_claims
from cannon_spec.output.tables import render_markdown
from docs.links import format_code, link_page, link_strengths, make_anchor, name_page

_RESTS = {
    "behaviour": "the mock behaves so",
    "rule": "the judge demands it",
    "gap": "nothing: no rule and no test holds it",
}
"""What rests on a claim, by its kind."""
_RESTS_IN_MOCK = "the mock fills it in so; no other server is held to it"
"""What rests on a claim of kind ``gap`` that the data on media and on replies names."""


def render_ledger(catalog: Catalog) -> str:
    """The page with every statement of the vendor's pages, and the claims that hold it or the reason for none."""
    pages: dict[str, list[Mapping[str, Any]]] = {}
    for statement in catalog.statements:
        pages.setdefault(statement["page"], []).append(statement)
    sections = [_render_page(catalog, page, statements) for page, statements in pages.items()]
    count = sum(1 for each in catalog.statements if each.get("claims"))
    numbers = _COUNTS.format(
        statements=len(catalog.statements), pages=len(pages), claims=count, others=len(catalog.statements) - count
    )
    return "\n\n".join([_LEDGER + numbers, *sections]) + "\n"


def _render_page(catalog: Catalog, page: str, statements: Iterable[Mapping[str, Any]]) -> str:
    rows = [(str(each["number"]), *_describe_statement(catalog, each)) for each in statements]
    address = f"{link_page('The page', page)} states:\n\n" if page.startswith("https://") else ""
    return f"## {name_page(page)}\n\n{address}{render_markdown([('no.', 'statement', 'held by'), *rows])}"


def _describe_statement(catalog: Catalog, statement: Mapping[str, Any]) -> tuple[str, str]:
    """What a statement says, and the claims that hold it; for one without a claim the reason."""
    claims = [catalog.claims[id_] for id_ in statement.get("claims", ())]
    text = statement.get("text") or " ".join(claim.text for claim in claims)
    ids = ", ".join(f"{format_code(claim.id)} ({claim.strength})" for claim in claims)
    return text, ids or f"no claim: {statement['reason']}"


def render_assumptions(catalog: Catalog, uses: Iterable[ClaimUse]) -> str:
    """The page of the claims that no page of the vendor's documents in words, by operation and strength."""
    mock_claims = find_mock_claims(catalog)
    weak = [each for each in uses if each.claim.strength not in ("documented", "user")]
    groups = group_by_operation(weak, catalog.operations)
    sections = [f"## {_name_group(name)}\n\n{_render_claims(group, mock_claims)}" for name, group in groups.items()]
    contents = "\n".join(_list_group(name, len(group)) for name, group in groups.items())
    return "\n\n".join([f"{_ASSUMPTIONS}These are {len(weak)} claims:\n\n{contents}", *sections]) + "\n"


def _list_group(name: str, number: int) -> str:
    title = _name_group(name)
    return f"- [{title}](#{make_anchor(title)}): {format_count(number, 'claim')}"


def render_verdicts(claims: Iterable[Claim]) -> str:
    """The page of what breaks each claim on behaviour, and of what is only observed of another server than our mock."""
    rows = [(format_code(each.id), each.text, _list(each.breaks), _list(each.observed)) for each in claims]
    return _VERDICTS + render_markdown([("claim", "text", "what breaks it", "what is only observed"), *rows]) + "\n"


def _list(differences: Iterable[str]) -> str:
    return "; ".join(differences)


def _name_group(name: str) -> str:
    return name[0].upper() + name[1:] if " " in name else name


def _render_claims(uses: Iterable[ClaimUse], mock_claims: Container[str]) -> str:
    rows = [
        (format_code(claim.id), claim.text, link_strengths([claim]), _describe_rest(claim, mock_claims))
        for claim in (each.claim for each in uses)
    ]
    return render_markdown([("claim", "text", "strength", "what rests on it"), *rows])


def _describe_rest(claim: Claim, mock_claims: Container[str]) -> str:
    return _RESTS_IN_MOCK if claim.kind == "gap" and claim.id in mock_claims else _RESTS[claim.kind]


_VERDICTS = """\
# What breaks a claim

Look up what the contract tests take for a broken claim, and what they only report. A claim is broken by what
contradicts words of the vendor's, or by a reply that lacks a key of a documented example or has another JSON type
there. Values of an example bind no server, and neither does an assumption of ours: what differs from them is observed.
Our own mock must keep every claim. `cannon-spec explain CLAIM` shows the same of one claim.

"""

_LEDGER = """\
# What the vendor's pages state

Look up how a page of the vendor's entered the contract. Each page was read statement by statement. A statement is held
by one or more claims, or has the reason why it needs none. Texts are in our own words.

`cannon-spec explain CLAIM` shows the rules that rest on a claim. `cannon-spec claims` lists the claims by operation and
strength.

"""

_COUNTS = "{statements} statements of {pages} sources: {claims} are held by claims, {others} have a reason."

_ASSUMPTIONS = """\
# What the mock assumes

Look up where the mock and the judge may differ from the live API. These are all claims of the contract that no
page of the vendor's documents in words. A running mock lists the assumptions among them at
`GET /__mock__/assumptions`. Each reply that rests on one names it in the header `x-mock-evidence`.

The strength says how much there is for a claim, and links to its source: `example` is shown by an example of the
vendor's, `upstream` and `reported` come from others, and `assumed` is our choice. See
[evidence and overlays](evidence.md).

"""
