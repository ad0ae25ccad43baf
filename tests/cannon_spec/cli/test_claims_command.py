"""The command that lists the ledger, and what a contract run saw otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec.cli import claims as claims_command
from cannon_spec.cli import main
from cannon_spec.output import claim_list
from tests.support.payloads import CATALOG, FOLDER

Run = Callable[..., tuple[int, str, str]]

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
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder of its own: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CANNON_SPEC_OVERLAY", raising=False)

    def run(*argv: str) -> tuple[int, str, str]:
        try:
            status = main.main(["claims", *argv])
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def written(*observations: Any, **changes: Any) -> str:
    """The name of a file of observations; members can be set, None leaves one out."""
    whole = {"format": 1, "target": TARGET, "observed_at": WHEN, "observations": list(observations), **changes}
    Path("seen.json").write_text(json.dumps({name: each for name, each in whole.items() if each is not None}))
    return "seen.json"


def test_the_whole_ledger_is_listed(claims: Run) -> None:
    """Each claim stands in a row of its own, in the order of the ledger, and they are counted."""
    status, out, err = claims()
    rows = [line.split()[0] for line in out.splitlines()[2:] if line and not line.startswith(" ")]
    assert (status, err) == (0, "")
    assert rows[:-1] == list(CATALOG.claims)
    assert out.endswith(f"\n\n{len(CATALOG.claims)} claims\n")


def test_a_row_has_strength_kind_and_text(claims: Run) -> None:
    """The text of a claim stands beside it, wrapped in its own column; no line is wider than a terminal's."""
    _, out, _ = claims()
    row = next(line for line in out.splitlines() if line.startswith("status-free "))
    assert row.split(None, 3)[:3] == ["status-free", "documented", "behaviour"]
    assert CATALOG.claims["status-free"].text.startswith(row.split(None, 3)[3])
    assert max(map(len, out.splitlines())) <= 110


@pytest.mark.parametrize("strength", [None, "documented", "observed", "user"])
@pytest.mark.parametrize("kind", [None, "gap", "behaviour"])
def test_claims_are_chosen(strength: str | None, kind: str | None, claims: Run) -> None:
    """Strength and kind choose, alone and together; none is no failure."""
    flags = [*(["--strength", strength] if strength else []), *(["--kind", kind] if kind else [])]
    wanted = [
        each for each in CATALOG.claims.values() if strength in (None, each.strength) and kind in (None, each.kind)
    ]
    status, out, _ = claims(*flags, "--format", "json")
    assert (status, [each["id"] for each in json.loads(out)["claims"]]) == (0, [each.id for each in wanted])
    assert claims(*flags)[1].endswith("1 claim\n" if len(wanted) == 1 else f"{len(wanted)} claims\n")


def test_claims_as_json_have_their_sources(claims: Run) -> None:
    """As JSON a claim has all its members."""
    _, out, _ = claims("--format", "json")
    entries = json.loads(out)["claims"]
    assert entries[0] == {
        "id": "json-body",
        **json.loads((FOLDER / "evidence.json").read_text())["claims"]["json-body"],
    }


def test_strengths_and_kinds_are_those_of_the_ledger(claims: Run) -> None:
    """What the flags take is what the meta-schema allows."""
    allowed = json.dumps(json.loads((FOLDER / "meta.schema.json").read_text()))
    for choices in (claims_command.STRENGTHS, claims_command.KINDS):
        assert json.dumps({"enum": list(choices)}) in allowed
    assert claims("--strength", "certain")[0] == claims("--kind", "x")[0] == 2


def test_an_overlay_is_a_source(claims: Run) -> None:
    """An overlay's claims are listed."""
    claim = {"text": "It was seen.", "strength": "observed", "kind": "behaviour", "source": "https://example.com"}
    Path("mine.json").write_text(json.dumps({"claims": {"seen-by-us": claim}}))
    assert "seen-by-us  observed" in claims("--overlay", "mine.json", "--strength", "observed")[1]


def test_drift_is_shown(claims: Run) -> None:
    """What was assumed and what was seen stand beneath each other, and that there is drift is no failure."""
    status, out, err = claims("--observations", written(OBSERVATION))
    assert (status, err) == (0, "")
    assert out == (
        f"1 observation at {TARGET} on {WHEN}\n"
        "\n"
        "idempotency-mismatch (assumed)\n"
        f"  assumed  {MISMATCH.text}\n"
        "  observed 409: the key is taken\n"
        "  test     test_create.py::test_x\n"
    )


def test_drift_as_json(claims: Run) -> None:
    """As JSON each observation has what the ledger says now beside its own members."""
    _, out, _ = claims("--observations", written(OBSERVATION, {**OBSERVATION, "assumed": "old"}), "--format", "json")
    ledgers = {"ledger": MISMATCH.text}
    assert json.loads(out) == {
        "target": TARGET,
        "observed_at": WHEN,
        "observations": [
            {**OBSERVATION, **ledgers, "ledger_changed": False},
            {**OBSERVATION, "assumed": "old", **ledgers, "ledger_changed": True},
        ],
    }


def test_a_ledger_that_has_changed_is_said(claims: Run) -> None:
    """Where the claim was reworded since, it says so, with what it says now."""
    _, out, _ = claims("--observations", written({**OBSERVATION, "assumed": "It is 400."}))
    assert "  assumed  It is 400.\n" in out
    assert f"  the claim has changed since the run: {MISMATCH.text}\n" in out


def test_no_drift_is_said(claims: Run) -> None:
    """An empty list is good news, with where and when."""
    status, out, _ = claims("--observations", written())
    assert (status, out.startswith("no observations: ")) == (0, True)
    assert out.endswith(f"at {TARGET} on {WHEN}\n")
    assert json.loads(claims("--observations", written(), "--format", "json")[1])["observations"] == []


def test_drift_is_chosen_too(claims: Run) -> None:
    """Strength and kind, as the ledger has them, choose among observations."""
    file = written(OBSERVATION, {**OBSERVATION, "claim": "poll-after-2000"})
    assert claims("--observations", file)[1].startswith("2 observations at")
    out = claims("--observations", file, "--strength", "assumed")[1]
    assert (out.count("\nidempotency-mismatch ("), out.count("poll-after-2000")) == (1, 0)
    assert claims("--observations", file, "--kind", "rule")[1].startswith("no observations: ")


def test_what_was_seen_cannot_move_the_cursor(claims: Run) -> None:
    """Whatever a server answered, each thing stays on its own line."""
    nasty = "a\x1b[31m\r\n\x9b b"
    file = written({**OBSERVATION, "seen": nasty, "test": nasty}, target=nasty, observed_at=nasty)
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
        ("[]", "is no file of observations; name the file that a contract run wrote"),
        ('{"claims": {}}', "is no file of observations"),
        (
            '{"format": 2, "observations": []}',
            "has format 2; this version reads format 1; read it with the version that wrote",
        ),
        ('{"observations": []}', "has format null; this version reads format 1"),
        ('{"format": 1, "observations": []}', "no target; name the file"),
        ('{"format": 1, "target": "x", "observations": []}', "no observed_at; name the file"),
        (
            '{"format": 1, "target": "x", "observed_at": "x", "observations": [7]}',
            "0: expected an object, got 7",
        ),
    ],
)
def test_what_is_no_file_of_observations(text: str | None, words: str, claims: Run) -> None:
    """Another file has exit status 2, and one line that says why."""
    name = "nowhere.json" if text is None else "seen.json"
    if text is not None:
        Path(name).write_text(text)
    status, out, err = claims("--observations", name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize("member", OBSERVATION)
def test_an_observation_is_whole(member: str, claims: Run) -> None:
    """A member that is missing or no text has exit status 2, with its place."""
    for value in (None, 7):
        problem = f"expected a string for {member}, got {json.dumps(value)}"
        status, _, err = claims("--observations", written(OBSERVATION, {**OBSERVATION, member: value}))
        assert status == 2
        assert err.startswith(f"cannon-spec: seen.json: observations/1: {problem}; ")


@pytest.mark.parametrize(
    ("id_", "advice"),
    [
        ("idempotency-mismach", "did you mean idempotency-mismatch?"),
        ("tea", "use the version and the overlay of the run"),
    ],
)
def test_a_claim_that_the_ledger_has_not(id_: str, advice: str, claims: Run) -> None:
    """An unknown claim is named, with the nearest one."""
    status, out, err = claims("--observations", written({**OBSERVATION, "claim": id_}))
    assert (status, out) == (2, "")
    assert err.startswith(f'cannon-spec: seen.json: observations/0: unknown claim "{id_}"; {advice}')


def test_help_has_examples(claims: Run) -> None:
    """Help tells by example."""
    status, out, _ = claims("--help")
    assert (status, "cannon-spec claims --observations observations.json" in out) == (0, True)


def test_a_list_of_one_is_counted_as_one() -> None:
    """The count agrees with the noun."""
    assert claim_list.render_text([MISMATCH]).endswith("\n\n1 claim")
    assert claim_list.render_text([]) == "0 claims"
