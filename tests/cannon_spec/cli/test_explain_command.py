"""The command ``cannon-spec explain``."""

from __future__ import annotations

import pytest

from cannon_spec.output import explanations
from tests.cannon_spec.cli.command import Command
from tests.support.payloads import CATALOG


@pytest.mark.parametrize(
    "topic", ["gptimage2", "GPT Image 2", "gptimage2-auto-1k", "model-assumed", "envelope/create#/type"]
)
def test_a_topic_is_explained(topic: str, cannon: Command) -> None:
    """The command prints the explanation of a model, a claim or a rule."""
    assert cannon("explain", topic) == (0, explanations.explain_topic(CATALOG, topic) + "\n", "")


@pytest.mark.parametrize(
    ("topic", "words"),
    [("gptimage", "it is another model, which no operation here has; of its family: gptimage2; "), ("tea", "")],
)
def test_an_unknown_name_is_exit_status_2(topic: str, words: str, cannon: Command) -> None:
    """An unknown name gives exit status 2, and the nearest name and where to look."""
    listing = "cannon-spec catalog and cannon-spec claims list the names"
    assert cannon("explain", topic) == (2, "", f"cannon-spec: unknown name {topic}; {words}{listing}\n")


def test_an_operation_is_explained(cannon: Command) -> None:
    """An operation is explained with its fields; a claim is found as a header names it, too."""
    assert "Fields: prompt, model, aspect_ratio" in cannon("explain", "image.generate")[1]
    assert cannon("explain", "assumed:asset-open")[1].startswith("asset-open\n")


def test_a_name_of_several_words_needs_no_quotes(cannon: Command) -> None:
    """Words are joined: the name of a model, and a field behind its operation."""
    assert cannon("explain", "GPT", "Image", "2") == cannon("explain", "gptimage2")
    assert cannon("explain", "image.generate", "style") == cannon("explain", "image.generate.style")
