"""Links to the sources of claims, and to headings, on generated pages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cannon_spec import Claim


def format_code(text: str) -> str:
    """A text as code."""
    return f"`{text}`"


def link_page(text: str, page: str) -> str:
    """A link to a page of the vendor's."""
    return f"[{text}]({page})"


def link_strengths(claims: Iterable[Claim], assumptions: str = "") -> str:
    """The strengths of claims, each with a link to its source, and the ids of the claims as the tooltip.

    A source without an address becomes a link to the page of assumptions, which has the text of the claim; without the
    address of that page there is no link.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for claim in claims:
        address = claim.source if claim.source.startswith("https://") else assumptions
        names.setdefault((claim.strength, address), []).append(claim.id)
    return ", ".join(_link(*key, dict.fromkeys(ids)) for key, ids in names.items())


def _link(strength: str, address: str, ids: Iterable[str]) -> str:
    return f'[{strength}]({address} "{", ".join(ids)}")' if address else strength


def make_anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and MkDocs make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def name_page(page: str) -> str:
    """The heading of a page of the vendor's: the end of its path; a source without an address as it is."""
    if not page.startswith("https://"):
        return page.removeprefix("no public address: ")
    return "/".join(page.strip("/").split("/")[-2:])
