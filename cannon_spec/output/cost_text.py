"""What bodies cost, in words: a line a body, and the totals (floor 2)."""

from __future__ import annotations

from cannon_spec.contract.arithmetic import Number
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.pricing.body_cost import BodyCost
from cannon_spec.pricing.cost_totals import CostTotals
from cannon_spec.printable import escape_unprintable

_CERTAINTIES = {
    "documented": "the vendor states it",
    "example": "an example of the vendor's shows it",
    "observed": "the live API charged it",
    "upstream": "the provider of the model states it",
    "reported": "second hand",
    "assumed": "a guess, no page states it",
    "user": "your price file or overlay states it",
}
"""What each strength of a price means."""

_OBSTACLES = {
    "errors": "it has errors",
    "no-price": "no page states its price",
    "unreadable": "it cannot be read",
}
"""Why a body is not counted."""

_ADVICE = {
    "errors": "the service refuses what has errors; cannon-spec validate shows them",
    "no-price": "no page states a price; write it into a price file (--prices)",
    "unreadable": "what cannot be read has no price; cannon-spec validate shows what to do",
}
"""What bodies that are not counted have in common, and what to do."""


def format_cost(judged_document: JudgedDocument, cost: BodyCost, reason: str = "") -> str:
    """What one document costs, why, and how that is known, as one line; of one that is not counted also the reason."""
    place = escape_unprintable(judged_document.file)
    place = place if judged_document.line is None else f"{place}:{judged_document.line}"
    if cost.credits is None or cost.evidence is None:
        return f"{place}: not counted: {_OBSTACLES[cost.obstacle]}{escape_unprintable(reason)}\n"
    subject = escape_unprintable(", ".join(filter(None, (cost.operation, cost.basis))))
    evidence = cost.evidence
    source = f"{evidence.claim} ({evidence.strength})" if evidence.claim else evidence.source
    return f"{place}: {_format_credits(cost.credits)}: {subject}; known from: {escape_unprintable(source)}\n"


def format_totals(totals: CostTotals) -> str:
    """The credits of all documents, and of those by how their prices are known."""
    average = "" if totals.average is None else f", {_format_number(totals.average)} on average"
    rows = [
        (name, f"{_format_credits(credits)} for {_count_bodies(bodies)}: {_CERTAINTIES[name]}")
        for name, bodies, credits in totals.list_shares()
    ]
    rows += [
        ("not counted", f"{_count_bodies(number)}: {_ADVICE[obstacle]}")
        for obstacle, number in totals.obstacles.items()
    ]
    head = f"{_format_credits(totals.credits)} for {_count_bodies(totals.counted_bodies)}{average}"
    return "".join(f"{line}\n" for line in [head, *(f"  {name:<11}  {text}" for name, text in rows)])


def _format_credits(credits: Number) -> str:
    return f"{_format_number(credits)} credit{'' if credits == 1 else 's'}"


def _format_number(number: Number) -> str:
    """A number with its thousands apart: 12,345."""
    return f"{number:,}"


def _count_bodies(number: int) -> str:
    return f"{number:,} {'body' if number == 1 else 'bodies'}"
