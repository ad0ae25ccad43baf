"""The contract tests find what is wrong with a server that was written without them: each defect by its claim."""

from __future__ import annotations

import pytest

from tests.servers.defects.defect import Defect
from tests.servers.defects.runner import find_problem, read_findings, run_claim, run_whole
from tests.servers.defects.table import CLAUSES, DEFECTS, TOPICS

SAMPLE = [
    defect
    for topic, name in {
        "authentication": "no key is needed",
        "idempotency": "the idempotency key is ignored",
        "bodies": "a preview is cut",
        "objects": "no requestLog",
        "assets": "pictures are turned",
        "credits": "a request is charged twice",
        "webhooks": "a webhook is sent at the create",
    }.items()
    for defect in TOPICS[topic]
    if defect.name == name
]


@pytest.mark.parametrize("defect", SAMPLE, ids=lambda defect: defect.name)
def test_a_defect_of_each_topic_is_found(defect: Defect) -> None:
    """A run against a server with a defect names the claim in a sentence that a person needs, and ends with 1."""
    assert find_problem(defect, run_claim(defect)) == ""


@pytest.mark.extended
@pytest.mark.parametrize("defect", [each for each in DEFECTS if each not in SAMPLE], ids=lambda defect: defect.name)
def test_each_defect_is_found(defect: Defect) -> None:
    """Each defect is found by the tests of its claim, and a sentence says what was expected and what came."""
    assert find_problem(defect, run_claim(defect)) == ""


@pytest.mark.extended
@pytest.mark.parametrize("defect", SAMPLE, ids=lambda defect: defect.name)
def test_a_whole_run_names_no_other_claim(defect: Defect) -> None:
    """A run of all tests against a server with one defect names one claim as broken, or none for an observation."""
    broken_claims = [defect.claim] if defect.outcome == "broken" else []
    assert list(read_findings(run_whole(defect).stdout)) == broken_claims


def test_names_are_unique() -> None:
    """Each defect of a topic has a name of its own."""
    for topic in TOPICS.values():
        names = [each.name for each in topic]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("topic", CLAUSES)
def test_each_kind_has_a_defect(topic: str) -> None:
    """There are at least sixty defects, and of each kind there is one."""
    assert set(CLAUSES[topic]) <= {each.clause for each in TOPICS[topic]}
    assert len(DEFECTS) >= 60
