"""What is known of an operation, and of a model as it serves operations (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cannon_spec.contract.catalog import Catalog, Model, Operation, ServedModel
from cannon_spec.contract.claim import Claim
from cannon_spec.output.catalog_tables import KIND_NAMES, describe_price, tabulate_services
from cannon_spec.output.limits import (
    list_general_defaults,
    list_model_defaults,
    list_model_prices,
    list_rules,
    list_sources,
    tabulate_defaults,
    tabulate_prices,
    tabulate_rules,
)
from cannon_spec.output.media_tables import tabulate_files, tabulate_sizes
from cannon_spec.output.tables import PLAIN_WIDTH, Table, fill, render_text


def explain_operation(catalog: Catalog, operation: Operation, width: int = PLAIN_WIDTH) -> str:
    """What an operation makes, takes and costs, and the models that serve it."""
    claim = operation.claim
    head = [
        f"{operation.id} ({operation.name})",
        f"  identifier  {claim.strength}, {claim.id}",
        f"  source      {claim.source}",
    ]
    if operation.input is None:
        return "\n".join([*head, "", "It exists, but no page documents its input: a request for it cannot be judged."])
    rules = list_rules(catalog, operation.input)
    sections = [
        "\n".join([*head, *_describe_products(catalog, operation, width)]),
        _list_claims("Warnings on each use:", list_notices(operation)),
        fill(f"Fields: {', '.join(catalog.input_schema_of(operation)['properties'])}", len("Fields: "), width),
        render_text(tabulate_rules(rules), width),
        _title("Models (cannon-spec explain MODEL shows their limits):", tabulate_services(catalog, operation), width),
        _title("Values of absent fields:", tabulate_defaults(catalog, list_general_defaults(operation)), width),
        _title("Costs (the first row that fits counts):", tabulate_prices(catalog, operation.prices), width),
        _title("Its files:", tabulate_files(catalog, operation), width),
        _list_claims("Not judged:", operation.notes),
    ]
    return "\n\n".join(filter(None, sections))


def _describe_products(catalog: Catalog, operation: Operation, width: int) -> list[str]:
    """The lines on media, price and output."""
    kind, files = operation.kind, operation.files
    names = f" ({', '.join(files.values())})" if files else ""
    output = ", ".join(catalog.output_schema_of(operation).get("properties", ()))
    return [
        f"  makes       {KIND_NAMES.get(kind, kind)}{names}",
        f"  credits     {describe_price(catalog, operation)}",
        fill(f"  output      {output}", len("  output      "), width),
    ]


def _title(title: str, table: Table, width: int) -> str:
    """A table under a title; empty if it has no rows."""
    return f"{title}\n\n{render_text(table, width)}" if len(table) > 1 else ""


def list_notices(subject: Operation | ServedModel) -> list[Claim]:
    """The claims that each use is warned about."""
    return [*([subject.shut_down] if subject.shut_down else []), *subject.notices]


def _list_claims(title: str, claims: Iterable[Claim]) -> str:
    """Claims with their texts under a title; empty if there are none."""
    lines = [f"  {each.id} ({each.strength}): {each.text}\n    {each.source}" for each in claims]
    return "\n".join([title, *lines]) if lines else ""


def explain_model(catalog: Catalog, model: Model, operations: Sequence[Operation], width: int = PLAIN_WIDTH) -> str:
    """The limits of a model for each of some operations that it serves, their sources, and what is not judged."""
    services = [(each, each.models[model.id]) for each in operations]
    names = ", ".join(f"{operation.id} ({each.service_claim.strength})" for operation, each in services)
    head = [
        f"{model.name} ({model.maker})" if model.maker else model.name,
        f"  identifier  {model.id} ({model.claim.strength}, {model.claim.id})",
        f"  serves      {names}",
    ]
    sections = ["\n".join(head)]
    for index, (operation, each) in enumerate(services):
        before = [other.id for other, service in services[:index] if service.schema == each.schema]
        sections += [f"For {operation.id}:", *_explain_service(catalog, operation, each, before, width)]
    return "\n\n".join(sections)


def _explain_service(
    catalog: Catalog, operation: Operation, model: ServedModel, before: Sequence[str], width: int
) -> list[str]:
    """The sections on a model and one operation; ``before`` are the operations with the same limits, shown already."""
    rules = list_rules(catalog, model.schema)
    if not rules:
        limits = ["Nothing is known of what it takes: every value is accepted."]
    elif before:
        limits = [f"It takes the same as for {before[0]}."]
    else:
        limits = [render_text(tabulate_rules(rules), width), "\n".join(["Sources:", *list_sources(rules)])]
    defaults = [*list_general_defaults(operation), *list_model_defaults(operation, model.id)]
    sections = [
        _list_claims("Warnings on each use:", list_notices(model)),
        *limits,
        _title("Values of absent fields:", tabulate_defaults(catalog, defaults), width),
        _title(
            "Costs (the first row that fits counts):",
            tabulate_prices(catalog, list_model_prices(operation, model.id)),
            width,
        ),
        _title("Sizes:", tabulate_sizes(catalog, operation, model.id), width),
        _list_claims("Not judged:", model.notes),
    ]
    return list(filter(None, sections))
