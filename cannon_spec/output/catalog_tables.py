"""Operations and the models that serve them, as tables and as JSON: what is known of each, and how (floor 2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation, ServedModel
from cannon_spec.contract.claim import STRENGTHS, Claim
from cannon_spec.contract.wording import format_count
from cannon_spec.output.limits import is_fixed_price, list_rules
from cannon_spec.output.price_summary import build_prices, summarize_model_prices, summarize_prices
from cannon_spec.output.tables import Table

KIND_NAMES = {"image": "an image", "video": "a video", "audio": "audio", "text": "a text", "scene": "a 3D scene"}
"""What an operation makes, by the kind of its media."""

COVERAGE = {
    "covered": "its input can be judged, and the mock runs it",
    "inferred": "the same, but its id is not documented",
    "exists, not documented": "no page documents its input",
}


def describe_coverage(operation: Operation) -> str:
    """How far the contract knows an operation: one of COVERAGE."""
    if not operation.is_covered:
        return "exists, not documented"
    return "covered" if operation.claim.severity == "error" else "inferred"


def find_page(operation: Operation) -> str | None:
    """The address of the vendor's page on an operation, which documents its id; None if there is none."""
    claim = operation.claim
    return claim.source if claim.severity == "error" and claim.source.startswith("https://") else None


def describe_price(catalog: Catalog, operation: Operation) -> str:
    """The credits of each request if they are known, else ``dynamic``; empty if the operation is not covered.

    Where no page of the vendor's calls a price dynamic, a single one counts, with the strength of its claim.
    """
    if not operation.prices:
        return ""
    credits, strength = operation.prices[0].credits, catalog.claims[operation.prices[0].claim].strength
    if is_fixed_price(catalog, operation):
        return f"{credits:g}"
    is_single = len(operation.prices) == 1 and operation.prices[0].per is None
    return f"{credits:g} ({strength})" if is_single and find_page(operation) is None else "dynamic"


def _describe_credits(catalog: Catalog, operation: Operation) -> str:
    """The price, and for an operation without models also the range of a dynamic one: no table of models has it."""
    price = describe_price(catalog, operation)
    is_dynamic = price == "dynamic" and not operation.models
    return f"{price}, {summarize_prices(catalog, operation.prices)}" if is_dynamic else price


def tabulate_operations(catalog: Catalog, operations: Iterable[Operation]) -> Table:
    """What each operation makes, its price, how its id is known, and whether it is covered."""
    rows = [
        (
            each.id,
            each.name,
            each.kind,
            _describe_credits(catalog, each),
            str(len(each.models)) if each.is_covered else "",
            each.claim.strength,
            describe_coverage(each),
        )
        for each in operations
    ]
    return [("operation", "name", "makes", "credits", "models", "id is", "coverage"), *rows]


def tabulate_services(catalog: Catalog, operation: Operation) -> Table:
    """Each model of an operation: its identifier, how that and the service are known, its prices and its limits."""
    rows = [_tabulate_service(catalog, operation, each) for each in operation.models.values()]
    return [("model", "identifier", "id is", "served", "credits", "limits", "remarks"), *rows]


def _tabulate_service(catalog: Catalog, operation: Operation, model: ServedModel) -> Sequence[str]:
    claims = [rule.claim for rule in list_rules(catalog, model.schema)]
    names = model.name, model.id, model.claim.strength, model.service_claim.strength
    credits = summarize_model_prices(catalog, operation, model.id)
    return *names, credits, _count_strengths(claims) or "none", _describe_remarks(model)


def _count_strengths(claims: Iterable[Claim]) -> str:
    """How many claims there are of each strength, from strong to weak: ``2 documented, 5 upstream``."""
    counts = Counter(claim.strength for claim in claims)
    return ", ".join(f"{counts[each]} {each}" for each in STRENGTHS if counts[each])


def _describe_remarks(model: ServedModel) -> str:
    """Whether a model is shut down, and how many notices and notes it has."""
    numbers = (("notice", len(model.notices)), ("note", len(model.notes)))
    remarks = [format_count(number, noun) for noun, number in numbers if number]
    return ", ".join((["shut down"] if model.shut_down else []) + remarks)


def render_json(catalog: Catalog, operations: Iterable[Operation]) -> str:
    """Render the operations with their models and the claims on each."""
    return json.dumps({"operations": [_build_operation(catalog, each) for each in operations]}, indent=2)


def _build_operation(catalog: Catalog, operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "name": operation.name,
        "coverage": describe_coverage(operation),
        "kind": operation.kind or None,
        "credits": describe_price(catalog, operation) or None,
        "prices": build_prices(catalog, operation),
        **_build_claims(operation),
        "default_model": operation.default_model,
        "models": [_build_model(catalog, each) for each in operation.models.values()],
    }


def _build_model(catalog: Catalog, model: ServedModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "maker": model.maker,
        **_build_claims(model),
        "served": _build_claim(model.service_claim),
        "limits": len(list_rules(catalog, model.schema)),
    }


def _build_claims(subject: Operation | ServedModel) -> dict[str, Any]:
    return {
        "claim": _build_claim(subject.claim),
        "shut_down": subject.shut_down and subject.shut_down.id,
        "notices": [claim.id for claim in subject.notices],
        "notes": [claim.id for claim in subject.notes],
    }


def _build_claim(claim: Claim) -> dict[str, str]:
    return {"id": claim.id, "strength": claim.strength, "source": claim.source}
