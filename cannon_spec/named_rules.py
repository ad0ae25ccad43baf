"""The rules that are no keyword of a schema, and their findings on operations and models (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterator

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Operation, ServedModel
from cannon_spec.contract.claim import Claim
from cannon_spec.finding import Finding
from cannon_spec.nearest import find_nearest

NOTICE = "notice"
"""The rule that warns of what matters for each request for an operation or model, as that it is disabled."""

SHUT_DOWN = "shut-down"
"""The rule that warns of what its maker has shut down."""

OPERATION_UNDOCUMENTED = "operation-undocumented"
"""The rule that warns of an operation whose input cannot be judged, though the operation exists."""

NAMED_RULES = {
    "json": "An error: the document is not JSON, or JSON that readers disagree on.",
    "operation-unknown": "An error: no page of the vendor shows an operation with this identifier.",
    OPERATION_UNDOCUMENTED: "A warning: the operation exists, but no page documents its input, so it is not judged.",
    "operation-assumed": "A warning: the operation's identifier is not documented; it is used as given.",
    "model-unknown": "No model with this identifier serves the operation: an error if its models are documented, else "
    "a warning.",
    "model-assumed": "A warning: the model's identifier is not documented; it is used as given.",
    NOTICE: "A warning: what is known of the operation or model matters for each request.",
    SHUT_DOWN: "A warning: the maker has shut down the model, or what the operation runs on.",
}
"""The rules that are not keywords of a schema, each with what it says."""

_ADVICE_ON_IDS = "if you know the right one, say so in an overlay file (--overlay)"


def find_undocumented(catalog: Catalog, name: str) -> Operation | None:
    """The operation that exists without a page on its input, by its id or display name in any case of letters."""
    word = name.casefold()
    operations = (each for each in catalog.operations.values() if not each.is_covered)
    return next((each for each in operations if word in (each.id.casefold(), each.name.casefold())), None)


def describe_operation_problem(catalog: Catalog, name: str) -> Finding:
    """The finding on an operation whose input cannot be judged.

    It is a warning where the operation exists but no page documents its input, and an error where no page names it.
    """
    path, covered_ids = "/operation", [each.id for each in catalog.operations.values() if each.is_covered]
    listing = f"covered: {wording.show_values(covered_ids)}"
    operation = find_undocumented(catalog, name)
    if operation is not None:
        names = operation.id if operation.id == operation.name else f"{operation.id} ({operation.name})"
        message = f"{names} exists, but no page documents its input"
        hint = f"its input was not judged; {listing}"
        return Finding(path, OPERATION_UNDOCUMENTED, "warning", message, hint, operation.claim.evidence)
    message = f"{wording.show_value(name)} is not the identifier of an operation on any page of the vendor"
    ids = {word: each.id for each in catalog.operations.values() for word in (each.name, each.id)}
    close = find_nearest(name, ids)
    hint = listing if close is None else f"did you mean {wording.show_value(ids[close])}?"
    evidence = catalog.claims[claim_ids.OPERATIONS_LISTED].evidence
    return Finding(path, "operation-unknown", "error", message, hint, evidence)


def describe_unknown_model(catalog: Catalog, operation: Operation, name: str, path: str) -> Finding:
    """The finding on a model that does not serve the operation, as grave as the claim on its models is."""
    ids = {word: model.id for model in operation.models.values() for word in (model.name, model.id)}
    close = find_nearest(name, ids)
    listing = f"known: {wording.show_values(operation.models)}; an overlay file can add one (--overlay)"
    hint = listing if close is None else f"did you mean {wording.show_value(ids[close])}? {listing}"
    message = f"{wording.show_value(name)} is not a model that serves {operation.id}"
    claim = catalog.claims[operation.data["models_claim"]]
    return Finding(path, "model-unknown", claim.severity, message, hint, claim.evidence)


def list_remarks(
    operation: Operation, model: ServedModel | None, operation_path: str, model_path: str
) -> list[Finding]:
    """The warnings that each request for an operation, with a model or without one, has.

    A claim of both the operation and the model gives one warning, on the operation.
    """
    remarks = list(_iter_remarks("operation", operation, operation_path))
    if model is not None:
        remarks += _iter_remarks("model", model, model_path)
    unique_remarks = {(each.rule, each.evidence): each for each in reversed(remarks)}
    return list(unique_remarks.values())


def _iter_remarks(kind: str, subject: Operation | ServedModel, path: str) -> Iterator[Finding]:
    if subject.claim.severity != "error":
        message = f"{wording.show_value(subject.id)} as the identifier of {subject.name}"
        message = f"{message} is {subject.claim.strength}, not documented"
        yield _warn(path, f"{kind}-assumed", message, _ADVICE_ON_IDS, subject.claim)
    for claim in subject.notices:
        yield _warn(path, NOTICE, claim.text, f"the request is judged as documented; see {claim.source}", claim)
    if subject.shut_down is not None:
        hint = f"use another {kind}; the request is judged as the vendor documents it, and may be refused or fail"
        yield _warn(path, SHUT_DOWN, subject.shut_down.text, hint, subject.shut_down)


def _warn(path: str, rule: str, message: str, hint: str, claim: Claim) -> Finding:
    return Finding(path, rule, "warning", message, hint, claim.evidence)
