"""The command ``cannon-spec catalog``."""

from __future__ import annotations

from cannon_spec.output import tables
from tests.cannon_spec.cli.command import Command
from tests.support.payloads import CATALOG


def test_the_catalog_is_listed(cannon: Command) -> None:
    """The command lists every operation, and every model that serves a covered one."""
    status, out, err = cannon("catalog")
    assert (status, err) == (0, "")
    assert out.startswith(tables.render_text(tables.tabulate_operations(CATALOG)) + "\n")
    rows = [line.split() for line in out.splitlines()]
    served_models = {id_ for operation in CATALOG.operations.values() for id_ in operation.models}
    assert all(any(id_ in row for row in rows) for id_ in served_models)
    assert "Models of image.generate (cannon-spec explain MODEL shows more):" in out


def test_the_catalog_is_listed_as_markdown(cannon: Command) -> None:
    """As Markdown the tables also have what each model takes."""
    status, out, _ = cannon("catalog", "--format", "markdown")
    assert status == 0
    assert out.startswith(tables.render_markdown(tables.tabulate_operations(CATALOG)) + "\n")
    assert out.endswith("\n" + tables.render_markdown(tables.tabulate_models(CATALOG, "image.generate")) + "\n")
