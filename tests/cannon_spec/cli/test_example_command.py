"""The command ``cannon-spec example``."""

from __future__ import annotations

import json

import pytest

from tests.cannon_spec.cli.command import Command
from tests.support.payloads import CATALOG


@pytest.mark.parametrize("model", [None, *CATALOG.operations["image.generate"].models])
def test_an_example_is_valid(model: str | None, cannon: Command) -> None:
    """P21: the body that the command prints passes --strict, whatever the model."""
    flags = () if model is None else ("--model", model)
    status, out, _ = cannon("example", "image.generate", *flags)
    assert status == 0
    assert json.loads(out)["input"]["model"] == (model or "gptimage2")
    assert cannon("validate", "-", "--strict", stdin=out)[0] == 0


def test_the_examples_of_each_operation_pass_strict(cannon: Command) -> None:
    """P21: `cannon-spec example OP --model M | cannon-spec validate - --strict` passes for each operation and model."""
    pairs = [(each, model) for each in CATALOG.operations.values() if each.is_covered for model in each.models or ("",)]
    for operation, model in pairs:
        flags = ("--model", model) if model else ()
        status, out, _ = cannon("validate", "-", "--strict", stdin=cannon("example", operation.id, *flags)[1])
        assert status == 0, (operation.id, model, out)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("three_d.model.generate",), "three_d.model.generate is not a covered operation"),
        (("image.generate", "--model", "tea"), "tea is not a model that serves image.generate"),
    ],
)
def test_an_unknown_name_has_no_example(argv: tuple[str, ...], words: str, cannon: Command) -> None:
    """An operation that is not covered, or a model that does not serve it, gives exit status 2."""
    status, out, err = cannon("example", *argv)
    assert (status, out) == (2, "")
    assert err.startswith(f"cannon-spec: {words}")
    assert err.count("\n") == 1
