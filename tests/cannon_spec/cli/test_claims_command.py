"""The command ``cannon-spec claims``: the claims, and what a contract run observed."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cannon_spec.cli import claims as claims_command
from cannon_spec.contract.claim import STRENGTHS
from cannon_spec.output import claim_list
from cannon_spec.output.claim_uses import list_claim_uses
from tests.cannon_spec.cli.command import Command
from tests.support.payloads import CATALOG, FOLDER

TARGET = "https://www.cannonstudio.app"
WHEN = "2026-11-24T04:00:00Z"
MISMATCH = CATALOG.claims["idempotency-mismatch"]
OBSERVATION = {
    "claim": MISMATCH.id,
    "strength": MISMATCH.strength,
    "assumed": MISMATCH.text,
    "seen": "409: the key is taken",
    "test": "test_create.py::test_x",
}


@pytest.fixture
def claims(cannon: Command) -> Command:
    """The command ``cannon-spec claims``."""
    return partial(cannon, "claims")


def write_observations(*observations: Any, **changes: Any) -> str:
    """Write a file of observations; ``changes`` sets members of it, None leaves one out."""
    whole = {"format": 1, "target": TARGET, "observed_at": WHEN, "observations": list(observations), **changes}
    Path("observations.json").write_text(json.dumps({name: each for name, each in whole.items() if each is not None}))
    return "observations.json"


def test_all_claims_are_listed(claims: Command) -> None:
    """Each claim is listed, and the last line counts them."""
    status, out, err = claims()
    assert (status, err) == (0, "")
    assert out == claim_list.render_text(list_claim_uses(CATALOG), CATALOG.operations) + "\n"
    assert out.endswith(f"\n\n{len(CATALOG.claims)} claims\n")


def test_a_row_has_strength_kind_and_counts(claims: Command) -> None:
    """A row has strength, kind, and the numbers of rules and examples; the text is below it."""
    lines = claims()[1].splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith("status-ok "))
    assert lines[index].split()[:3] == ["status-ok", "documented", "rule"]
    assert CATALOG.claims["status-ok"].text.startswith(lines[index + 1].strip())


def test_the_claims_of_an_operation_are_listed(claims: Command) -> None:
    """The flag for an operation lists the claims that it uses; an unknown one gives exit status 2."""
    _, out, _ = claims("--operation", "Generate Image", "--format", "json")
    entries = json.loads(out)["claims"]
    assert entries
    assert all("image.generate" in each["operations"] for each in entries)
    assert claims("--operation", "tea")[0] == 2


def test_the_tests_of_a_run_are_counted(claims: Command) -> None:
    """With the report of a run each claim has the number of its contract tests."""
    tests = [{"id": "status-free", "tests": ["a", "b"]}]
    Path("report.json").write_text(json.dumps({"format": 1, "claims": tests}))
    entries = json.loads(claims("--report", "report.json", "--format", "json")[1])["claims"]
    assert {each["id"]: each["tests"] for each in entries if each["tests"]} == {"status-free": 2}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 1, "observations": []}',
        '{"format": 1, "claims": [7]}',
        '{"claims": []}',
        '{"format": true, "claims": []}',
        '{"format": 1, "claims": [{"id": "a", "tests": [], "more_tests": "x"}]}',
        '{"format": 1, "claims": [{"id": "a", "tests": [], "more_tests": null}]}',
    ],
)
def test_a_file_that_is_no_report(text: str, claims: Command) -> None:
    """A file that is no report gives exit status 2, and one line that says why."""
    Path("report.json").write_text(text)
    status, out, err = claims("--report", "report.json")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("cannon-spec: report.json: ")


@pytest.mark.parametrize("strength", [None, "documented", "observed", "user"])
@pytest.mark.parametrize("kind", [None, "gap", "behaviour"])
def test_flags_select_claims(strength: str | None, kind: str | None, claims: Command) -> None:
    """Strength and kind select claims, alone and together; an empty selection is no failure."""
    flags = [*(["--strength", strength] if strength else []), *(["--kind", kind] if kind else [])]
    expected_claims = [
        each for each in CATALOG.claims.values() if strength in (None, each.strength) and kind in (None, each.kind)
    ]
    status, out, _ = claims(*flags, "--format", "json")
    assert (status, [each["id"] for each in json.loads(out)["claims"]]) == (0, [each.id for each in expected_claims])
    assert claims(*flags)[1].endswith("1 claim\n" if len(expected_claims) == 1 else f"{len(expected_claims)} claims\n")


def test_claims_as_json_have_their_sources(claims: Command) -> None:
    """As JSON a claim has all its members, with its source, its operations and its counts."""
    entry = json.loads(claims("--format", "json")[1])["claims"][0]
    ledger = json.loads((FOLDER / "evidence.json").read_text())["claims"]["json-body"]
    members = {"id": "json-body", "breaks": [], "observed": [], **ledger}
    assert entry == {**members, "operations": [], "rules": 0, "examples": 0}


def test_strengths_and_kinds_are_those_of_the_meta_schema(claims: Command) -> None:
    """The choices of the flags are the values that the meta-schema allows."""
    allowed = json.dumps(json.loads((FOLDER / "meta.schema.json").read_text()))
    for choices in (STRENGTHS, claims_command.KINDS):
        assert json.dumps({"enum": list(choices)}) in allowed
    assert claims("--strength", "certain")[0] == claims("--kind", "x")[0] == 2


def test_claims_of_an_overlay_are_listed(claims: Command) -> None:
    """An overlay's claims are listed."""
    claim = {"text": "It was observed.", "strength": "observed", "kind": "behaviour", "source": "https://example.com"}
    Path("mine.json").write_text(json.dumps({"claims": {"observed-by-us": claim}}))
    assert "observed-by-us  observed" in claims("--overlay", "mine.json", "--strength", "observed")[1]


def test_an_observation_is_listed(claims: Command) -> None:
    """An observation has the text of the claim, what was observed and the test; the exit status is 0."""
    status, out, err = claims("--observations", write_observations(OBSERVATION))
    assert (status, err) == (0, "")
    assert out == (
        f"1 observation at {TARGET} on {WHEN}\n"
        "\n"
        "idempotency-mismatch (assumed)\n"
        f"  assumed   {MISMATCH.text}\n"
        "  observed  409: the key is taken\n"
        "  test      test_create.py::test_x\n"
    )


def test_observations_as_json(claims: Command) -> None:
    """As JSON an observation has its own members, and the present text of the claim."""
    file = write_observations(OBSERVATION, {**OBSERVATION, "assumed": "old"})
    _, out, _ = claims("--observations", file, "--format", "json")
    ledger = {"ledger": MISMATCH.text}
    assert json.loads(out) == {
        "target": TARGET,
        "observed_at": WHEN,
        "observations": [
            {**OBSERVATION, **ledger, "ledger_changed": False},
            {**OBSERVATION, "assumed": "old", **ledger, "ledger_changed": True},
        ],
    }


def test_a_claim_reworded_since_the_run_is_reported(claims: Command) -> None:
    """If the text of the claim has changed since the run, the list says so with the present text."""
    _, out, _ = claims("--observations", write_observations({**OBSERVATION, "assumed": "It is 400."}))
    assert "  assumed   It is 400.\n" in out
    assert f"  the claim has changed since the run: {MISMATCH.text}\n" in out


def test_no_observations(claims: Command) -> None:
    """A file without observations is reported as such, with target and time."""
    status, out, _ = claims("--observations", write_observations())
    assert (status, out.startswith("no observations: ")) == (0, True)
    assert out.endswith(f"at {TARGET} on {WHEN}\n")
    assert json.loads(claims("--observations", write_observations(), "--format", "json")[1])["observations"] == []


def test_flags_select_observations(claims: Command) -> None:
    """Strength and kind of the claims select observations."""
    file = write_observations(OBSERVATION, {**OBSERVATION, "claim": "poll-after-2000"})
    assert claims("--observations", file)[1].startswith("2 observations at")
    out = claims("--observations", file, "--strength", "assumed")[1]
    assert (out.count("\nidempotency-mismatch ("), out.count("poll-after-2000")) == (1, 0)
    assert claims("--observations", file, "--kind", "rule")[1].startswith("no observations: ")


def test_observations_cannot_move_the_cursor(claims: Command) -> None:
    """Control characters in a file of observations are escaped, and each member stays on its line."""
    nasty = "a\x1b[31m\r\n\x9b b"
    file = write_observations({**OBSERVATION, "seen": nasty, "test": nasty}, target=nasty, observed_at=nasty)
    out = claims("--observations", file)[1]
    assert not any(letter in out for letter in "\x1b\x9b\r")
    assert len(out.splitlines()) == 6
    assert "a\\u001b[31m\\r\\n\\u009b b" in out
    assert json.loads(claims("--observations", file, "--format", "json")[1])["target"] == nasty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "nowhere.json: No such file or directory; check the path"),
        ("{", "not JSON"),
        ("[]", "not a file of observations; name the observations.json that cannon-contract --report DIR wrote"),
        ('{"claims": {}}', "not a file of observations"),
        (
            '{"format": 2, "observations": []}',
            "has format 2; this version reads format 1; read it with the version that wrote",
        ),
        ('{"observations": []}', "has format null; this version reads format 1"),
        ('{"format": 1, "observations": []}', "no target; name the observations.json"),
        ('{"format": 1, "target": "x", "observations": []}', "no observed_at; name the observations.json"),
        (
            '{"format": 1, "target": "x", "observed_at": "x", "observations": [7]}',
            "0: expected an object, got 7",
        ),
    ],
)
def test_a_file_that_holds_no_observations(text: str | None, words: str, claims: Command) -> None:
    """A file that is no file of observations gives exit status 2, and one line that says why."""
    name = "nowhere.json" if text is None else "observations.json"
    if text is not None:
        Path(name).write_text(text)
    status, out, err = claims("--observations", name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize("member", OBSERVATION)
def test_an_observation_has_all_members(member: str, claims: Command) -> None:
    """A member that is not a string gives exit status 2, and a line with its place."""
    for value in (None, 7):
        problem = f"expected a string for {member}, got {json.dumps(value)}"
        status, _, err = claims("--observations", write_observations(OBSERVATION, {**OBSERVATION, member: value}))
        assert status == 2
        assert err.startswith(f"cannon-spec: observations.json: observations/1: {problem}; ")


@pytest.mark.parametrize(
    ("id_", "advice"),
    [
        ("idempotency-mismach", "did you mean idempotency-mismatch?"),
        ("tea", "use the version and the overlay of the run"),
    ],
)
def test_an_unknown_claim_is_reported(id_: str, advice: str, claims: Command) -> None:
    """An observation on an unknown claim gives exit status 2, and the nearest claim or what to do."""
    status, out, err = claims("--observations", write_observations({**OBSERVATION, "claim": id_}))
    assert (status, out) == (2, "")
    assert err.startswith(f'cannon-spec: observations.json: observations/0: unknown claim "{id_}"; {advice}')
