"""The page of each operation, and the page that lists them (``make tables`` writes them)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from cannon_mock import Config, ManualClock, create_app
from cannon_spec import Catalog, Claim
from cannon_spec.contract.catalog import Operation, Rule, ServedModel
from cannon_spec.contract.wording import format_count, show_json
from cannon_spec.example import build_example
from cannon_spec.output import catalog_tables, fields, limits, media_tables
from cannon_spec.output.claim_uses import ClaimUse
from cannon_spec.output.services import list_notices
from cannon_spec.output.tables import Table, render_markdown
from docs.links import format_code, link_page, link_strengths, make_anchor, name_page

cite = partial(link_strengths, assumptions="../assumptions.md")

KEY = "cs_test_docs"
MOCK = "http://127.0.0.1:2266"


def render_operation(catalog: Catalog, operation: Operation, uses: Iterable[ClaimUse], pages: Container[str]) -> str:
    """The page of an operation that is covered: what it does, takes, makes and costs, and how that is known.

    ``pages`` are the addresses of the vendor's pages that have statements in the ledger.
    """
    sections = [
        f"# {operation.name}",
        _render_head(operation),
        *map(_render_warning, list_notices(operation)),
        _render_summary(catalog, operation),
        _render_trial(catalog, operation),
        _render_fields(catalog, operation),
        *_render_models(catalog, operation),
        _render_price(catalog, operation),
        _render_output(catalog, operation),
        _render_files(catalog, operation),
        _render_assumptions(catalog, operation, uses),
        _render_notes("## What is not judged", operation.notes),
        _render_more(operation, pages),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _render_head(operation: Operation) -> str:
    page = catalog_tables.find_page(operation)
    if page is None:
        return (
            f"The operation `{operation.id}`. No page of the vendor documents this identifier: {operation.claim.text}"
        )
    return f"The operation `{operation.id}`, as {link_page('the page of the vendor', page)} documents it."


def _render_warning(claim: Claim) -> str:
    return f"> **Each use is warned about:** {claim.text} ({cite([claim])}; `{claim.id}`)"


def _render_summary(catalog: Catalog, operation: Operation) -> str:
    kind, files = operation.kind, operation.files
    names = f": {', '.join(format_code(name) for name in files.values())}" if files else ""
    lines = [
        f"**Makes** {catalog_tables.KIND_NAMES.get(kind, kind)}{names}",
        f"**Costs** {_describe_price(catalog, operation)}",
        f"**Models** {_describe_models(operation)}",
        f"**Ready after** {_describe_pace(catalog, operation)}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _describe_price(catalog: Catalog, operation: Operation) -> str:
    price = operation.prices[0]
    if catalog_tables.describe_price(catalog, operation) == "dynamic":
        return "a dynamic price: see [price](#price)"
    return f"{limits.describe_cost(price)} ({cite([catalog.claims[price.claim]])})"


def _describe_models(operation: Operation) -> str:
    if not operation.models:
        return "none: the input names no model"
    default = operation.default_model
    names = "" if default is None else f"; `{default}` if the input names none"
    return f"[{len(operation.models)}](#models){names}"


def _describe_pace(catalog: Catalog, operation: Operation) -> str:
    pace = catalog.pace_of(operation)
    bounds = [sum(pace[name][index] for name in ("queued_ms", "processing_ms")) / 1000 for index in (0, 1)]
    return f"{bounds[0]:.0f} to {bounds[1]:.0f} seconds in the mock ({cite([catalog.claims[pace['claim']]])})"


def _render_trial(catalog: Catalog, operation: Operation) -> str:
    body, output = build_example(catalog, operation.id), run_example(catalog, operation)
    return _TRIAL.format(
        id=operation.id, key=KEY, mock=MOCK, request=_show_document(body), output=_show_document(output)
    )


def _show_document(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def run_example(catalog: Catalog, operation: Operation) -> Any:
    """The output of the mock for the example of an operation; what differs from run to run is an ellipsis."""
    clock, headers = ManualClock(), {"x-api-key": KEY}
    client = create_app(Config(), catalog=catalog, clock=clock).test_client()
    reply = client.post("/api/v1/requests", json=build_example(catalog, operation.id), headers=headers).get_json()
    clock.advance(hours=1)
    output = client.get(reply["urls"]["get"], headers=headers).get_json()["output"]
    text = re.sub(r"_[0-9a-f]{16}\b", "_…", json.dumps(output, ensure_ascii=False))
    return json.loads(text.replace("http://localhost", MOCK))


def _render_fields(catalog: Catalog, operation: Operation) -> str:
    rules = limits.list_rules(catalog, operation.input)
    required_names = {name for rule in rules if _is_required_always(rule) for name in _list_names(rule)}
    rows = [_tabulate_field(each, rules, required_names) for each in fields.list_fields(catalog, operation)]
    table = render_markdown([("field", "takes", "known from"), *rows])
    conditions = _render_conditions([rule for rule in rules if rule.condition or _is_on_input(rule)])
    defaults = _render_defaults(catalog, limits.list_general_defaults(operation))
    return "\n\n".join(filter(None, ["## Fields", _FIELDS, table, conditions, defaults]))


def _is_required_always(rule: Rule) -> bool:
    return rule.keyword == "required" and not rule.condition


def _list_names(rule: Rule) -> list[str]:
    return [f"{rule.field}.{name}" if rule.field else name for name in rule.value]


def _is_on_input(rule: Rule) -> bool:
    """Whether a rule judges the input as a whole, beside its type, its fields and those that it must have."""
    return not rule.field and rule.keyword not in ("type", "required", "additionalProperties")


def _tabulate_field(field: fields.InputField, rules: Iterable[Rule], required_names: set[str]) -> tuple[str, str, str]:
    own = [rule for rule in rules if rule.field == field.name and not rule.condition and rule.keyword != "required"]
    errors, warnings = _describe_limits(own, "error", "; "), _describe_limits(own, "warning", " and ")
    takes = [
        errors or "anything" if not warnings else "; ".join(filter(None, [errors, f"a warning unless {warnings}"]))
    ]
    takes += [str(field.node["description"]).rstrip(".")] if "description" in field.node else []
    takes += [f"For example {_show_code(value)}" for value in field.node.get("examples", ())[:1]]
    name = f"**{format_code(field.name)}**" if field.name in required_names else format_code(field.name)
    return name, ". ".join(takes), cite(rule.claim for rule in own)


def _describe_limits(rules: Iterable[Rule], severity: str, glue: str) -> str:
    return glue.join(dict.fromkeys(limits.describe_limit(rule) for rule in rules if rule.severity == severity))


def _show_code(value: Any) -> str:
    return format_code(show_json(value))


def _render_conditions(rules: list[Rule]) -> str:
    if not rules:
        return ""
    return f"Together with other fields:\n\n{render_markdown(_tabulate_limits(rules))}"


def _tabulate_limits(rules: Iterable[Rule]) -> Table:
    head, *rows = limits.tabulate_rules(rules, cite)
    return [head, *((row[0] if row[0] == "the input" else format_code(row[0]), *row[1:]) for row in rows)]


def _render_defaults(catalog: Catalog, defaults: Iterable[Mapping[str, Any]]) -> str:
    head, *rows = limits.tabulate_defaults(catalog, defaults, cite)
    if not rows:
        return ""
    table = [head, *((format_code(field), _format_default(value), *others) for field, value, *others in rows)]
    return f"If a field is left out:\n\n{render_markdown(table)}"


def _format_default(value: str) -> str:
    return value if value == limits.LARGEST else format_code(value)


def _render_models(catalog: Catalog, operation: Operation) -> list[str]:
    models = list(operation.models.values())
    if not models:
        return []
    head, *rows = catalog_tables.tabulate_services(catalog, operation)
    links = [(f"[{row[0]}](#{make_anchor(row[0])})", format_code(row[1]), *row[2:]) for row in rows]
    counts = Counter(note for model in models for note in model.notes)
    shared_notes = [note for note, count in counts.items() if count > 1]
    sections = [
        f"## Models\n\n{_MODELS}\n\n{render_markdown([head, *links])}",
        _render_shared_notes(shared_notes, models),
    ]
    return [*sections, *(_render_model(catalog, operation, each, shared_notes) for each in models)]


def _render_shared_notes(notes: Sequence[Claim], models: Sequence[ServedModel]) -> str:
    """The notes of several models, each with their names, unless all have it."""
    lines = []
    for note in notes:
        names = [model.name for model in models if note in model.notes]
        scope = "" if len(names) == len(models) else f"{', '.join(names)}: "
        lines.append(f"- {scope}{note.text} ({cite([note])})")
    return "\n".join(["Not judged, for several models:\n", *lines]) if lines else ""


def _render_model(catalog: Catalog, operation: Operation, model: ServedModel, shared_notes: Sequence[Claim]) -> str:
    maker = f"Made by {model.maker}. " if model.maker else ""
    rules = limits.list_rules(catalog, model.schema)
    sections = [
        f"### {model.name}",
        f"{maker}Its identifier is `{model.id}` ({cite([model.claim])}).",
        *map(_render_warning, list_notices(model)),
        render_markdown(_tabulate_limits(rules))
        if rules
        else "Nothing is known of its limits: every value is accepted.",
        _render_defaults(catalog, limits.list_model_defaults(operation, model.id)),
        _render_sizes(catalog, operation, model),
        _render_notes("Not judged:", [note for note in model.notes if note not in shared_notes]),
    ]
    return "\n\n".join(filter(None, sections))


def _render_sizes(catalog: Catalog, operation: Operation, model: ServedModel) -> str:
    table = media_tables.tabulate_sizes(catalog, operation, model.id, cite)
    return f"Its sizes:\n\n{render_markdown(table)}" if len(table) > 1 else ""


def _render_notes(title: str, claims: Iterable[Claim]) -> str:
    lines = [f"- {claim.text} ({cite([claim])})" for claim in claims]
    return "\n".join([f"{title}\n", *lines]) if lines else ""


def _render_price(catalog: Catalog, operation: Operation) -> str:
    table = limits.tabulate_prices(catalog, operation.prices, cite)
    text = _PRICE if len(operation.prices) > 1 else "The mock charges this for each request."
    return f"## Price\n\n{text}\n\n{render_markdown(table)}"


def _render_output(catalog: Catalog, operation: Operation) -> str:
    schema: Mapping[str, Any] = catalog.output_schema_of(operation)
    rules = limits.list_rules(catalog, operation.output)
    rows = [_tabulate_member(name, rules, operation) for name in schema.get("properties", {})]
    return f"## Output\n\n{_OUTPUT}\n\n{render_markdown([('member', 'is', 'known from'), *rows])}"


def _render_files(catalog: Catalog, operation: Operation) -> str:
    table = media_tables.tabulate_files(catalog, operation, cite)
    return f"## Files\n\n{_FILES}\n\n{render_markdown(table)}" if len(table) > 1 else ""


def _tabulate_member(name: str, rules: Iterable[Rule], operation: Operation) -> tuple[str, str, str]:
    own = [rule for rule in rules if rule.field == name and not rule.condition]
    words = "; ".join(dict.fromkeys(map(limits.describe_limit, own))) or "anything"
    condition = operation.conditional_outputs.get(name)
    suffix = f", only if the input has `{condition}`" if condition else ""
    return format_code(name), words + suffix, cite(rule.claim for rule in own)


def _render_assumptions(catalog: Catalog, operation: Operation, uses: Iterable[ClaimUse]) -> str:
    """What is assumed of the operation itself; the limits of its models have their strength in their own tables."""
    rules = {rule.claim for schema in (operation.input, operation.output) for rule in catalog.rules(str(schema))}
    models = {rule.claim for each in operation.models.values() for rule in limits.list_rules(catalog, each.schema)}
    models |= {each.claim for each in operation.models.values()}
    weak = [each for each in uses if each.claim.strength in ("reported", "assumed") and each.claim.kind != "gap"]
    lines = [
        f"- {each.claim.text} ({cite([each.claim])}; `{each.claim.id}`)"
        for each in weak
        if operation.id in each.operations and each.claim not in models - rules
    ]
    return "\n".join(["## What is assumed\n", f"{_ASSUMED}\n", *lines]) if lines else ""


def _render_more(operation: Operation, pages: Container[str]) -> str:
    page = catalog_tables.find_page(operation)
    more = _MORE.format(id=operation.id)
    if page is None or page not in pages:
        return more
    anchor = make_anchor(name_page(page))
    return f"{more}\n- [What the page of the vendor states](../ledger.md#{anchor}), and which claim holds it."


def render_index(catalog: Catalog) -> str:
    """The page that lists all operations."""
    head, *rows = catalog_tables.tabulate_operations(catalog, catalog.operations.values())
    links = [(_link_operation(catalog.operations[row[0]]), *row[2:]) for row in rows]
    meanings = "\n".join(f"- *{name}*: {meaning}" for name, meaning in catalog_tables.COVERAGE.items())
    counts = format_count(sum(each.is_covered for each in catalog.operations.values()), "operation")
    return (
        f"{_INDEX.format(counts=counts)}{render_markdown([(head[0], *head[2:]), *links])}\n\nCoverage:\n\n{meanings}\n"
    )


def _link_operation(operation: Operation) -> str:
    name = f"[{operation.name}]({operation.id}.md)" if operation.is_covered else operation.name
    return name if operation.name == operation.id else f"{name} {format_code(operation.id)}"


_TRIAL = """\
## Try it

Print an example, judge it, and send it to the mock:

```console
$ cannon-spec example {id} > request.json
$ cannon-spec validate request.json
…1 judged, 1 ok, 0 errors, …
$ cannon-mock --progression immediate
cannon-mock ready on {mock}
webhooks are signed with whsec_…
$ curl -s {mock}/api/v1/requests -H "x-api-key: {key}" -d @request.json > accepted.json
$ curl -s {mock}/api/v1/requests/$(cut -d '"' -f 4 accepted.json) -H "x-api-key: {key}"
{{…"status":"succeeded"…}}
```

The example:

```json
{request}
```

The `output` of the mock for it:

```json
{output}
```"""

_FIELDS = """\
A field in bold is required. A value that is not as shown is an error, unless the table says warning. The last column
says how a limit is known, with a link to its source: see [strengths](../evidence.md#strengths)."""

_MODELS = """\
`id is` says how the identifier is known, `served` how it is known that the model serves this operation, and `limits`
how many limits are known, by strength. Limits of strength `upstream` are those of the provider behind a model; whether
the vendor applies them is not known."""

_PRICE = "The first row whose condition is met is what the mock charges."

_OUTPUT = "A request that has succeeded has these members in its `output`."

_FILES = """\
The files of the mock have the size and the duration that the input asks for, with what the service takes for fields
that are left out."""

_ASSUMED = "The mock and the judge rest on these, and the live API may differ."

_MORE = """\
## More

- `cannon-spec explain {id}` prints this with the id of each claim.
- `cannon-spec claims --operation {id}` lists all claims that it rests on."""

_INDEX = """\
# Operations

Look up an operation. The contract covers {counts}; each has a page with its fields, models, price and output.
`cannon-spec catalog` prints this table.

`credits` is the price of each request. `id is` says how the identifier is known: see
[strengths](../evidence.md#strengths).

"""
