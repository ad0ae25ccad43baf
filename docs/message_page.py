"""The page of the messages of the judge: one example of each form, made by judging the table of mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from cannon_spec import Catalog, Finding, NotJSON, document, validate_request
from cannon_spec.example import build_example
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.output.fix_text import describe_fix
from cannon_spec.output.tables import render_markdown
from cannon_spec.pointer import follow, from_pointer
from cannon_spec.validate import report_unreadable
from docs.links import format_code
from tests.support.mistakes import Mistake, read_broken_texts, read_mistakes

GROUPS = {
    "structure": ("The body", "The fields are right, but not where the API looks for them."),
    "operation": ("The operation", "No operation, or not one that the contract covers."),
    "model": ("The model", "A model by another name, or one that does not serve the operation."),
    "name": ("The name of a field", "A field that is misspelt, or written in the style of another language."),
    "sister": ("Names of other services", "A field of another service for pictures, videos or sound."),
    "conflict": ("Fields that are missing or exclude each other", "Fields that need each other, or bar each other."),
    "type": ("The type of a value", "A number as text, one value for a list, a list for one value."),
    "text": ("Texts", "A text that is empty, or not of the form that is asked for."),
    "ratio": ("Aspect ratios", "A ratio is two numbers with a colon, or a word that some model lists."),
    "resolution": ("Resolutions", "Images, videos and upscales have names of their own for sizes."),
    "address": ("Addresses", "Files and webhooks are addresses that the vendor can reach."),
    "limit": (
        "Limits of a model",
        "Warnings where the provider behind a model says what it takes, errors where the vendor does.",
    ),
    "default": (
        "Limits without a model",
        "What the default model does not take is a warning.",
    ),
}
"""What went wrong, in the order of the page: the kind of the mistake, with the title of its part and a sentence."""

_LONGEST_TEXT = 40
_LONGEST_LIST = 3
_FORM_WORDS = 2


def render_messages(catalog: Catalog) -> str:
    """The page: for each kind of mistake one example of each form of message."""
    rows = read_mistakes()
    parts = [_render_group(catalog, kind, (row for row in rows if row.kind == kind)) for kind in GROUPS]
    ending = [_render_remarks(catalog), _render_rows_without_fix(rows), _render_aliases(catalog)]
    return "\n".join([_HEAD, _render_texts(catalog), *parts, *ending])


def _render_texts(catalog: Catalog) -> str:
    """One example of each problem of a text that cannot be read as JSON."""
    examples: dict[str, str] = {}
    for row in read_broken_texts():
        try:
            document.loads(row.text)
        except NotJSON as error:
            (finding,) = report_unreadable(catalog, error).findings
            examples.setdefault(
                error.problem, _render_finding(row.text, f"line {row.line}, column {row.column}", finding)
            )
    return "\n".join([_TEXTS, *examples.values()])


def _render_remarks(catalog: Catalog) -> str:
    """One example of each warning that no field of the input avoids."""
    examples: dict[str, str] = {}
    for operation in catalog.operations.values():
        for model in operation.models or (None,) if operation.is_covered else ():
            body = build_example(catalog, operation.id, model)
            for finding in validate_request(body, catalog=catalog).findings:
                named_input = {"model": model, "…": "…"} if model else {"…": "…"}
                examples.setdefault(finding.rule, render_example({**body, "input": named_input}, finding))
    return "\n".join([_REMARKS, *examples.values()])


def _render_rows_without_fix(rows: Iterable[Mistake]) -> str:
    """A table of the reasons why a mistake has no fix, with the mistakes."""
    slips: dict[str, list[str]] = {}
    for row in rows:
        if row.reason:
            slips.setdefault(row.reason, []).append(_describe_slip(row))
    cells = [(reason, ", ".join(dict.fromkeys(each))) for reason, each in sorted(slips.items())]
    return _WITHOUT_FIX + render_markdown([("why", "where"), *cells]) + "\n"


def _render_aliases(catalog: Catalog) -> str:
    """Tables of the names that other services have, with what they are here."""
    fields = [(each["names"], each["fields"], each.get("advice", "")) for each in catalog.aliases["fields"]]
    operations = [(each["names"], [each["operation"]], "") for each in catalog.aliases["operations"]]
    models = [(each["names"], [each["model"]], "") for each in catalog.aliases["models"]["names"]]
    tables = (render_markdown([_ALIAS_HEAD, *map(_tabulate_alias, rows)]) for rows in (fields, operations, models))
    return _ALIASES.format(*tables)


def _tabulate_alias(row: tuple[Iterable[str], Iterable[str], str]) -> tuple[str, str]:
    names, targets, advice = row
    codes = (", ".join(f"`{each}`" for each in words) for words in (names, targets))
    elsewhere, here = codes
    return elsewhere, "; ".join(filter(None, (here, advice)))


def _describe_slip(row: Mistake) -> str:
    """The field of a mistake and the value there, as code."""
    name = row.path.rpartition("/")[2] or "the document"
    try:
        value = follow(row.body, from_pointer(row.path))
    except LookupError:
        return format_code(f"{name} (absent)")
    return format_code(name if isinstance(value, (dict, list)) else f"{name}: {_write(_shorten(value))}")


def _render_group(catalog: Catalog, kind: str, rows: Iterable[Mistake]) -> str:
    title, sentence = GROUPS[kind]
    examples: dict[tuple[str, ...], str] = {}
    for row in rows:
        for finding in list_findings(catalog, row.body):
            examples.setdefault(_find_form(finding), render_example(row.body, finding))
    return "\n".join([f"## {title}\n", f"{sentence}\n", *examples.values()])


def list_findings(catalog: Catalog, body: Any) -> list[Finding]:
    """What is found on a body, without what each request for its operation and model has."""
    return [each for each in validate_request(body, catalog=catalog).findings if each.rule not in UNAVOIDABLE_RULES]


def _find_form(finding: Finding) -> tuple[str, ...]:
    """What findings of one form have in common: the rule, and the first words of their hint without what is quoted."""
    rule = finding.rule.rpartition("/")[2]
    condition = "when" if " when " in finding.message else ""
    return rule, condition, *re.sub(r"\"[^\"]*\"|\b\w*[\d_]\w*\b", "…", finding.hint).split()[:_FORM_WORDS]


def render_example(body: Any, finding: Finding) -> str:
    """A body, what is found on it, and the fix, as a listing."""
    return _render_finding(_write(_shorten(body)), finding.path or "the document", finding, body)


def _render_finding(text: str, place: str, finding: Finding, body: Any = None) -> str:
    lines = [text, "", f"{finding.severity} at {place}", f"  {finding.message}", f"  {finding.hint}"]
    lines += [f"  fix: {describe_fix(finding.fix, body)}"] if finding.fix is not None else []
    lines += [f"  rule: {finding.rule}"]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shorten(value: Any) -> Any:
    """A value with long texts and lists cut."""
    if isinstance(value, dict):
        return {name: _shorten(each) for name, each in value.items()}
    if isinstance(value, list):
        ending = ["…"] if len(value) > _LONGEST_LIST else []
        return [_shorten(each) for each in value[:_LONGEST_LIST]] + ending
    if isinstance(value, str) and len(value) > 2 * _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    return value


_HEAD = """\
# Messages

Look up what `cannon-spec validate` says, by what went wrong. Each example has the create body, the finding and,
where the right value is certain, the fix that `--fix` applies.

Each message says what is wrong, and the line below it what is legal or what to do. [Payloads](payloads.md) shows how
to run the command, and [results](results.md) its JSON.

"""

_WITHOUT_FIX = """\
## Mistakes without a fix

A fix is offered only where one value is certain. For these mistakes of the table of tests it is not:

"""

_TEXTS = """\
## A text that is not JSON

Nothing in the document can be judged before it can be read. Only its writer can mend it.
"""

_REMARKS = """\
## What no field avoids

Each request for the operation or model has this warning.
"""

_ALIAS_HEAD = ("elsewhere", "here")
_ALIASES = """\
## Names of other services and ours

These names are known from other services, in any case and with any punctuation. Of several fields the first that the
operation has, and that takes the value, is meant.

### Fields

{}

### Operations

{}

### Models

{}
"""
