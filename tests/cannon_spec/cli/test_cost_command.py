"""The command ``cannon-spec cost``, and ``cannon-spec validate --cost``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cannon_spec.cli.command import SQUARE, Command, list_findings, write_documents
from tests.support.payloads import DOCUMENTED, patched

ENHANCE = {"operation": "prompt.enhance.image", "input": {"prompt": "A fox"}}
MIXED = """\
a.jsonl:1: 81 credits: image.generate, model "gptimage2", resolution "4K"; known from: credits-price-scaled (assumed)
a.jsonl:2: not counted: it has errors: resolution "4K" is not accepted for GPT Image 2 when aspect_ratio is "1:1"
a.jsonl:3: 1 credit: prompt.enhance.image; known from: enhance-price (documented)
82 credits for 2 bodies, 41 on average
  documented   1 credit for 1 body: the vendor states it
  assumed      81 credits for 1 body: a guess, no page states it
  not counted  1 body: the service refuses what has errors; cannon-spec validate shows them
"""
TOTALS = MIXED[MIXED.index("82 credits") :]


def write_prices(**members: Any) -> str:
    """Write a price file with one price of image.generate."""
    entry = {"operation": "image.generate", "when": {"model": "gptimage2"}, "credits": 70}
    Path("prices.json").write_text(json.dumps({"prices": [entry], **members}))
    return "prices.json"


def test_each_body_and_the_totals(cannon: Command) -> None:
    """A line a body says what it costs, why and how that is known; the totals say how much is a guess."""
    file = write_documents("a.jsonl", DOCUMENTED, SQUARE, ENHANCE)
    assert cannon("cost", file) == (1, MIXED, "")
    assert cannon("cost", file, "--quiet") == (1, TOTALS, "")


def test_bodies_that_are_all_counted_are_ok(cannon: Command) -> None:
    """The exit status is 0, and a total of one kind still says of which; standard input is a file too."""
    status, out, _ = cannon("cost", "-", stdin=json.dumps(ENHANCE))
    assert (status, out.splitlines()[1:]) == (
        0,
        ["1 credit for 1 body, 1 on average", "  documented   1 credit for 1 body: the vendor states it"],
    )


def test_a_bare_input_has_a_cost(cannon: Command) -> None:
    """With --operation a file holds the input alone."""
    file = write_documents("a.json", ENHANCE["input"])
    assert cannon("cost", "--operation", "prompt.enhance.image", file)[1].startswith("a.json: 1 credit: prompt.enhance")


def test_bodies_of_each_format_have_a_cost(cannon: Command) -> None:
    """Folders, YAML and tables are read as validate reads them: each document has its place and its credits."""
    Path("bodies").mkdir()
    write_documents("bodies/a.jsonl", ENHANCE)
    Path("bodies/b.yaml").write_text("operation: image.generate\ninput: {prompt: A fox, model: seedream5}\n")
    Path("t.csv").write_text("model,prompt,resolution\nflux2,A fox,2K\nnanobanana,A cat,\n")
    results = [
        json.loads(cannon("cost", *arguments, "--format", "json")[1])["results"]
        for arguments in (("bodies",), ("--operation", "image.generate", "t.csv"))
    ]
    places = [(each["file"], each["line"], each["credits"]) for each in (*results[0], *results[1])]
    assert [(Path(file).name, line, credits) for file, line, credits in places] == [
        ("a.jsonl", 1, 1),
        ("b.yaml", None, 28),
        ("t.csv", 2, 122),
        ("t.csv", 3, 20),
    ]


def test_costs_as_json(cannon: Command) -> None:
    """Each result has file, line, operation, credits, price and why it is not counted; the summary has the totals."""
    status, out, _ = cannon("cost", write_documents("a.jsonl", ENHANCE, SQUARE), "--format", "json")
    result = json.loads(out)
    claim = result["results"][0].pop("price")
    assert (status, claim["claim"], claim["strength"]) == (1, "enhance-price", "documented")
    assert result == {
        "results": [
            {"file": "a.jsonl", "line": 1, "operation": "prompt.enhance.image", "credits": 1, "not_counted": None},
            {
                "file": "a.jsonl",
                "line": 2,
                "operation": "image.generate",
                "credits": None,
                "price": None,
                "not_counted": "errors",
            },
        ],
        "summary": {
            "credits": 1,
            "average": 1,
            "counted_bodies": 1,
            "uncounted_bodies": 1,
            "credits_by_strength": {"documented": 1},
        },
    }


def test_a_broken_line_is_not_counted_and_a_file_that_cannot_be_read_is_reported(cannon: Command) -> None:
    """A line that is no JSON is not counted, and says why; a file that is missing or no JSON has exit status 2."""
    file = write_documents("a.jsonl", ENHANCE, "{")
    (finding,) = list_findings(cannon("validate", file, "--format", "json")[1])
    problem = finding["message"]
    assert cannon("cost", file)[:2] == (
        1,
        "a.jsonl:1: 1 credit: prompt.enhance.image; known from: enhance-price (documented)\n"
        f"a.jsonl:2: not counted: it cannot be read: {problem}\n"
        "1 credit for 1 body, 1 on average\n"
        "  documented   1 credit for 1 body: the vendor states it\n"
        "  not counted  1 body: what cannot be read has no price; cannon-spec validate shows what to do\n",
    )
    status, out, err = cannon("cost", "none.json")
    assert (status, out) == (2, "0 credits for 0 bodies\n")
    assert "none.json: No such file or directory; check the path" in err
    assert cannon("cost", write_documents("b.json", "{"))[0] == 2


def test_a_price_file_replaces_guesses(cannon: Command) -> None:
    """The credits of the user's file count, with the place in the file; documented prices of other bodies stay."""
    file = write_documents("a.jsonl", DOCUMENTED, ENHANCE)
    status, out, err = cannon("cost", file, "--prices", write_prices(written_at="2999-01-01"))
    assert (status, err) == (0, "")
    assert out.startswith(
        'a.jsonl:1: 70 credits: image.generate, model "gptimage2", resolution "4K"; known from: prices.json, price 1\n'
    )
    assert "  user         70 credits for 1 body: your price file or overlay states it\n" in out


def test_old_prices_are_warned_of_and_a_bad_file_is_refused(cannon: Command) -> None:
    """Prices older than 30 days have a warning on standard error; a file that cannot be used has exit status 2."""
    file = write_documents("a.jsonl", DOCUMENTED)
    for command in (("cost",), ("validate", "--cost")):
        status, _, err = cannon(*command, file, "--prices", write_prices(written_at="2020-01-01"))
        assert status == 0
        assert "prices.json: prices older than 30 days: 1 of 1 (the oldest is of 2020-01-01)" in err
        assert cannon(*command, file, "--quiet", "--prices", "prices.json")[2] == ""
    status, out, err = cannon("cost", file, "--prices", write_prices(prices=[{"credits": -1}]))
    assert (status, out) == (2, "")
    assert "prices.json: price 1 of 1: credits is -1; write a number, 0 or more" in err


@pytest.mark.parametrize("strictness", [(), ("--strict",), ("--lenient",)])
def test_validate_says_the_cost_too(cannon: Command, strictness: tuple[str, ...]) -> None:
    """With --cost each document has its line after its findings, and the totals follow the counts; strict or not."""
    file = write_documents("a.jsonl", DOCUMENTED, SQUARE, ENHANCE)
    status, out, _ = cannon("validate", "--cost", *strictness, file)
    lines = re.sub(r"(?m)^  (?!documented|assumed|not counted).*\n|^a.*error at.*\n|^3 judged.*\n", "", out)
    assert (status, lines) == (1, re.sub(": resolution.*", "", MIXED))
    assert "3 judged, 2 ok, 1 error, 0 warnings\n82 credits" in out


def test_a_body_with_warnings_costs_the_same_under_strict(cannon: Command) -> None:
    """The service takes what is only a warning, so such a body is counted although --strict calls it an error."""
    file = write_documents("a.json", patched(DOCUMENTED, model="flux2"))
    status, out, _ = cannon("validate", "--cost", "--strict", file, "--format", "json")
    assert (status, json.loads(out)["results"][0]["credits"]) == (1, 71)


def test_validate_says_the_cost_in_json(cannon: Command) -> None:
    """Each result has credits and price, the summary has the totals; without the flag there is nothing of it."""
    file = write_documents("a.jsonl", ENHANCE, SQUARE)
    result = json.loads(cannon("validate", "--cost", file, "--format", "json")[1])
    assert [each["credits"] for each in result["results"]] == [1, None]
    assert result["results"][0]["price"]["strength"] == "documented"
    assert result["summary"]["credits_by_strength"] == {"documented": 1}
    assert "credits" not in cannon("validate", file, "--format", "json")[1]


def test_an_operation_without_a_price_is_not_counted(cannon: Command) -> None:
    """No page states what an undocumented operation costs: the exit status is 1 until a price file says it."""
    file = write_documents("a.json", {"operation": "three_d.model.generate", "input": {}})
    status, out, _ = cannon("cost", file)
    assert (status, out.splitlines()) == (
        1,
        [
            "a.json: not counted: no page states its price",
            "0 credits for 0 bodies",
            "  not counted  1 body: no page states a price; write it into a price file (--prices)",
        ],
    )
    assert json.loads(cannon("cost", file, "--format", "json")[1])["results"][0]["not_counted"] == "no-price"
    prices = write_prices(written_at="2999-01-01", prices=[{"operation": "three_d.model.generate", "credits": 40}])
    status, out, _ = cannon("cost", file, "--prices", prices)
    assert (status, out.splitlines()[0]) == (
        0,
        "a.json: 40 credits: three_d.model.generate; known from: prices.json, price 1",
    )
