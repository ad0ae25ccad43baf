"""The rules that are no keyword of a schema, and their findings on operations and models (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cannon_spec import claim_ids
from cannon_spec.address_rules import ADDRESS_JOINED, ADDRESS_UNREACHABLE
from cannon_spec.contract import wording
from cannon_spec.contract.aliases import find_misspelt_model, find_model_alias, find_operation_alias, list_family
from cannon_spec.contract.catalog import Catalog, Operation, ServedModel
from cannon_spec.contract.claim import Claim
from cannon_spec.field_repair import FIELD_MISPLACED
from cannon_spec.finding import Finding, Patch
from cannon_spec.finding_cache import LONGEST_TEXT, find_or_build
from cannon_spec.nearest import find_nearest, fold

NOTICE = "notice"
"""The rule that warns of what matters for each request for an operation or model, as that it is disabled."""

SHUT_DOWN = "shut-down"
"""The rule that warns of what its maker has shut down."""

OPERATION_UNDOCUMENTED = "operation-undocumented"
"""The rule that warns of an operation whose input cannot be judged, though the operation exists."""

NAMED_RULES = {
    "json": "An error: the document cannot be read. It is not JSON (or YAML, or a table), or readers disagree on it.",
    "body-list": "An error: the document is a list of create bodies; a request takes one.",
    "body-wrapped": "An error: the create body, or its input, is within another object.",
    "json-in-string": "An error: the create body, or its input, is a string with JSON in it.",
    FIELD_MISPLACED: "An error: fields stand beside the input and belong into it, or the other way round.",
    "recording": "An error: the document is recorded traffic; cannon-spec check-traffic judges it.",
    "input-alone": "An error: the document is an input, without the create body around it.",
    ADDRESS_JOINED: "An error: a string has several addresses.",
    ADDRESS_UNREACHABLE: "A warning: the service cannot reach an address from the internet.",
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
    key = (OPERATION_UNDOCUMENTED, name) if len(name) <= LONGEST_TEXT else None
    return find_or_build(catalog, key, _build_operation_finding, catalog, name)


def _build_operation_finding(catalog: Catalog, name: str) -> Finding:
    path, covered_ids = "/operation", [each.id for each in catalog.operations.values() if each.is_covered]
    listing = f"covered: {wording.show_values(covered_ids)}"
    operation = find_undocumented(catalog, name)
    if operation is not None:
        names = operation.id if operation.id == operation.name else f"{operation.id} ({operation.name})"
        message = f"{names} exists, but no page documents its input"
        hint = f"its input was not judged; {listing}"
        return Finding(path, OPERATION_UNDOCUMENTED, "warning", message, hint, operation.claim.evidence)
    return _describe_unknown_operation(catalog, name, path, listing)


def _describe_unknown_operation(catalog: Catalog, name: str, path: str, listing: str) -> Finding:
    """The error for an operation that no page names, with the one that is meant, or those of the same kind."""
    exact, close, same_kind = _find_meant_operation(catalog, name)
    hint = listing
    if close is not None:
        hint = f"did you mean {wording.show_value(close)}? {listing}"
    elif same_kind:
        hint = f"of this kind: {wording.show_values(same_kind)}; {listing}"
    message = f"{wording.show_value(name)} is not the identifier of an operation on any page of the vendor"
    fix: Patch | None = None if exact is None else ({"op": "replace", "path": path, "value": exact},)
    evidence = catalog.claims[claim_ids.OPERATIONS_LISTED].evidence
    return Finding(path, "operation-unknown", "error", message, hint, evidence, fix)


def suggest_operation(catalog: Catalog, name: str, listing: str) -> str:
    """What to do about an unknown operation: the one that is meant, or those of the same kind, then the listing."""
    _, close, same_kind = _find_meant_operation(catalog, name)
    if close is not None:
        return f"did you mean {close}? {listing}"
    return f"of this kind: {', '.join(same_kind)}; {listing}" if same_kind else listing


def _find_meant_operation(catalog: Catalog, name: str) -> tuple[str | None, str | None, list[str]]:
    """The operation that is certainly meant, the one that is likely meant, and those of the same kind."""
    ids = {fold(word): each.id for each in catalog.operations.values() for word in (each.name, each.id)}
    kind = name.partition(".")[0].casefold()
    same_kind = [each.id for each in catalog.operations.values() if each.id.partition(".")[0] == kind]
    exact = ids.get(fold(name))
    close = exact or find_operation_alias(catalog.aliases, name) or find_nearest(name, same_kind or catalog.operations)
    return exact, close, same_kind


def describe_unknown_model(catalog: Catalog, operation: Operation, name: str, path: str) -> Finding:
    """The finding on a model that does not serve the operation, as grave as the claim on its models is.

    A model of another number or variant is another one, and no misspelling.
    """
    key = (operation.id, name, path) if len(name) <= LONGEST_TEXT else None
    return find_or_build(catalog, key, _build_model_finding, catalog, operation, name, path)


def _build_model_finding(catalog: Catalog, operation: Operation, name: str, path: str) -> Finding:
    ids = {word: model.id for model in operation.models.values() for word in (model.name, model.id)}
    word = fold(name.rpartition("/")[2])  # other services put the maker in front: black-forest-labs/flux-2-pro
    exact = next((id_ for each, id_ in ids.items() if fold(each) == word), None)
    close = exact or _find_meant_model(catalog, name, ids)
    family = list_family(catalog.aliases, name, operation.models)
    listing = f"known: {wording.show_values(operation.models)}; an overlay file can add one (--overlay)"
    message, hint = f"{wording.show_value(name)} is not a model that serves {operation.id}", listing
    if close is not None:
        hint = f"did you mean {wording.show_value(close)}? {listing}"
    elif family:
        message = f"{wording.show_value(name)} is another model, which does not serve {operation.id}"
        hint = f"of its family: {wording.show_values(family)}; {listing}"
    claim = catalog.claims[operation.data["models_claim"]]
    fix: Patch | None = None if exact is None else ({"op": "replace", "path": path, "value": exact},)
    return Finding(path, "model-unknown", claim.severity, message, hint, claim.evidence, fix)


def _find_meant_model(catalog: Catalog, name: str, ids: Mapping[str, str]) -> str | None:
    """The model that another service calls by that name, or whose identifier or name is misspelt."""
    alias = find_model_alias(catalog.aliases, name)
    if alias in ids.values():
        return alias
    close = find_misspelt_model(catalog.aliases, name, ids)
    return None if close is None else ids[close]


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
