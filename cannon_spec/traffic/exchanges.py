"""Judge recorded exchanges: each body by its schema, then all of them together (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cannon_spec import document, validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.pointer import Path, to_pointer
from cannon_spec.traffic import sequence
from cannon_spec.traffic.har import Kind, RecordedCall
from cannon_spec.traffic.sequence import ParsedCall

_REPLIES: dict[Kind, str] = {"create": "accepted", "poll": "request", "status": "status"}
_FIRST_ERROR = 400


def judge(
    catalog: Catalog, exchanges: Sequence[RecordedCall], strictness: Strictness = "normal"
) -> list[tuple[RecordedCall, Report]]:
    """Each exchange with what is wrong with it.

    A path is a JSON Pointer into the HAR as far as ``postData`` or ``content``, and goes on within the body:
    ``/log/entries/3/response/content/output/image_url``.
    """
    found: dict[int, list[Finding]] = {each.entry: [] for each in exchanges}
    seens = [_seen(catalog, each, found[each.entry]) for each in exchanges]
    for entry, finding in sequence.check_sequence(catalog, seens):
        found[entry].append(finding)
    return [(each, _report(found[each.entry], strictness)) for each in exchanges]


def _report(findings: list[Finding], strictness: Strictness) -> Report:
    ordered = sorted(findings, key=lambda each: (each.path, each.rule, each.message))
    return Report(tuple(ordered)).with_strictness(strictness)


def _seen(catalog: Catalog, exchange: RecordedCall, found: list[Finding]) -> ParsedCall:
    """The bodies as JSON; what the schemas have against them is put into ``found``."""
    sent = received = None
    if exchange.request_body is not None:
        sent, report = _sent(catalog, exchange.request_body)
        found += _moved(report, ("log", "entries", exchange.entry, "request", "postData"))
    if exchange.response_body is not None:
        kind = "error" if exchange.status >= _FIRST_ERROR else _REPLIES[exchange.kind]
        received, report = _received(catalog, exchange.response_body, kind)
        found += _moved(report, ("log", "entries", exchange.entry, "response", "content"))
    return ParsedCall(exchange, sent, received)


def _sent(catalog: Catalog, body: str | bytes) -> tuple[Any, Report]:
    try:
        value = document.loads(body)
    except NotJSON as error:
        return None, validate.report_unreadable(catalog, error)
    return value, validate.request(catalog, value)


def _received(catalog: Catalog, body: str | bytes, kind: str) -> tuple[Any, Report]:
    try:
        value = document.loads(body)
    except NotJSON as error:
        held = catalog.rule(f"envelope/{kind}", ("type",)).claim  # what says that there is an object
        hint = "the service sent this, or the recording cut it off"
        return None, Report((Finding(error.pointer, "json", held.severity, error.problem, hint, held.evidence),))
    return value, validate.response(catalog, kind, value)


def _moved(report: Report, path: Path) -> list[Finding]:
    """The findings with paths that start at the file instead of at the body."""
    return [replace(each, path=to_pointer(path) + each.path) for each in report.findings]
