"""The command ``cannon-spec catalog``."""

from __future__ import annotations

import json

import pytest

from cannon_spec import Operation
from cannon_spec.output import catalog_tables, tables
from tests.cannon_spec.cli.command import Command
from tests.support.payloads import CATALOG

OPERATIONS = list(CATALOG.operations.values())


def _render_services(operation: Operation) -> str:
    return tables.render_text(catalog_tables.tabulate_services(CATALOG, operation))


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_the_catalog_is_listed(format_: str, cannon: Command) -> None:
    """The command lists every operation, then each model of each; the text fits 110 columns."""
    status, out, err = cannon("catalog", "--format", format_)
    render = tables.render_text if format_ == "text" else tables.render_markdown
    assert (status, err) == (0, "")
    parts = [render(catalog_tables.tabulate_operations(CATALOG, OPERATIONS))]
    for operation in OPERATIONS:
        services = catalog_tables.tabulate_services(CATALOG, operation)
        parts += [f"{operation.id}:", render(services)] if operation.models else []
    assert out == "\n\n".join(parts) + "\n"
    assert format_ != "text" or max(map(len, out.splitlines())) <= 110


@pytest.mark.parametrize("name", ["image.generate", "Generate Image"])
def test_one_operation_is_listed(name: str, cannon: Command) -> None:
    """With an operation, by id or name, the lists have that one only; the text is the default format."""
    _, out, _ = cannon("catalog", name)
    operation = CATALOG.operations["image.generate"]
    assert out.startswith(tables.render_text(catalog_tables.tabulate_operations(CATALOG, [operation])) + "\n\n")
    assert out.endswith(f"\n\n{operation.id}:\n\n{_render_services(operation)}\n")
    assert out.count("\n\n") == 2


def test_an_operation_without_models_has_no_list_of_them(cannon: Command) -> None:
    """The second list is left out if it would be empty."""
    operation = next(each for each in OPERATIONS if not each.models)
    assert "\n\n" not in cannon("catalog", operation.id)[1]


def test_the_catalog_as_json(cannon: Command) -> None:
    """As JSON the command prints one document."""
    _, out, _ = cannon("catalog", "image.generate", "--format", "json")
    assert [each["id"] for each in json.loads(out)["operations"]] == ["image.generate"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("image.generat", "did you mean image.generate? "),
        ("image.upscale", "of this kind: image.generate, image.edit; "),
        ("tea", ""),
    ],
)
def test_an_unknown_operation_is_exit_status_2(name: str, advice: str, cannon: Command) -> None:
    """An unknown operation gives exit status 2, and the nearest one and where to look."""
    listing = "cannon-spec catalog lists the operations"
    assert cannon("catalog", name) == (2, "", f"cannon-spec: unknown operation {name}; {advice}{listing}\n")


def test_the_help_explains_each_coverage(cannon: Command) -> None:
    """The help says what each coverage means."""
    _, out, _ = cannon("catalog", "--help")
    for name, meaning in catalog_tables.COVERAGE.items():
        assert any(line.split(name)[0] == "  " and line.endswith(meaning) for line in out.splitlines() if name in line)
