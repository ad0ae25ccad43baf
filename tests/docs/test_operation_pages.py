"""The generated pages of operations, of statements and of assumptions, with made-up operations."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import MappingProxyType

import pytest

from cannon_spec import Catalog, validate_request
from cannon_spec.output.claim_uses import list_claim_uses
from docs import generate, ledger_pages, links
from tests.support.additions import SOURCE, load_with_remarks
from tests.support.payloads import CATALOG

FIELDS = '[documented](../assumptions.md "clip-fields") |'
"""The last cell of a row that rests on the claim on the fields of the made-up operation."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with the made-up operations, and remarks on them; of the shipped ones one is left."""
    catalog = load_with_remarks(tmp_path_factory.mktemp("added") / "schemas")
    names = ("image.generate", "clip.generate", "caption.write", "three_d.model.generate")
    return replace(catalog, operations=MappingProxyType({name: catalog.operations[name] for name in names}))


@pytest.fixture(scope="module")
def pages(catalog: Catalog) -> dict[str, str]:
    """The generated pages by their file names."""
    return generate.write_pages(catalog)


def test_every_covered_operation_has_a_page(catalog: Catalog, pages: dict[str, str]) -> None:
    """Each operation that is covered has a page, which the index links and the navigation has; no other has one."""
    covered = [f"operations/{each.id}.md" for each in catalog.operations.values() if each.is_covered]
    assert [name for name in pages if name.startswith("operations/")] == ["operations/index.md", *covered]
    for name in covered:
        assert f"]({name.removeprefix('operations/')})" in pages["operations/index.md"]
        assert f": {name}\n" in pages["../mkdocs.yml"]
    assert "\n| three_d.model.generate | " in pages["operations/index.md"]


def test_the_page_of_assumptions_tells_what_the_mock_fills_in() -> None:
    """No rule rests on a claim of kind gap; the mock fills in what the data on media and on replies cites."""
    page = ledger_pages.render_assumptions(CATALOG, list_claim_uses(CATALOG))
    rests = {row.split("`")[1]: row.split(" | ")[-1] for row in page.splitlines() if row.startswith("| `")}
    filled_in = {id_ for id_, rest in rests.items() if rest.startswith("the mock fills it in so")}
    assert {
        "media-sample",
        "media-duration",
        "video-size-defaults",
        "upscale-factor-size",
        "enhance-same-text",
    } <= filled_in
    assert {CATALOG.claims[id_].kind for id_ in filled_in} == {"gap"}
    assert rests["grok-which"].startswith("nothing: no rule and no test holds it")


def test_a_page_has_its_parts_in_order(pages: dict[str, str]) -> None:
    """A page goes from a summary and a trial through fields, models, price, output and files to what is not judged."""
    titles = re.findall(r"^##? (.+)$", pages["operations/clip.generate.md"], re.MULTILINE)
    parts = ["Try it", "Fields", "Models", "Price", "Output", "Files", "What is not judged", "More"]
    assert [title for title in titles if title != "What is assumed"] == ["Generate Clip", *parts]
    assert "## Models" in pages["operations/image.generate.md"]


def test_a_page_shows_a_request_and_its_output(catalog: Catalog, pages: dict[str, str]) -> None:
    """The example of a page is valid, and the output below it is that of the mock, without ids of the run."""
    request, output = re.findall(r"```json\n(.+?)```", pages["operations/clip.generate.md"], re.DOTALL)
    assert validate_request(json.loads(request), catalog=catalog).ok
    assert json.loads(output) == {
        "task_id": "clip_…",
        "video_url": "http://127.0.0.1:2266/assets/clip_…/clip.mp4",
        "duration": 4,
    }


@pytest.mark.parametrize(
    "row",
    [
        '| **`prompt`** | a string; at least 1 character. For example `"A lighthouse at dawn"` | ' + FIELDS,
        "| `mood` | anything. No page explains it |  |",
        "| `shots` | an array; each item is an object. The parts of the clip | " + FIELDS,
        "| `shots.seconds` | a whole number | " + FIELDS,
        f'| `duration` | `4` | always | [assumed]({SOURCE} "clip-default") |',
        f"| `seed` | one of 1, 5 (the service normalises another number) | always | warning | [documented]({SOURCE} "
        '"clip-lengths") |',
        '| the input | without "seed" and "seed_image_url" together | always | error | '
        '[documented](../assumptions.md "tenfold-exclusive") |',
        f'> **Each use is warned about:** Clips are a legacy. ([documented]({SOURCE} "clip-notice"); `clip-notice`)',
        "| `video_url` | a string | " + FIELDS,
    ],
)
def test_a_page_says_what_the_data_says(row: str, pages: dict[str, str]) -> None:
    """Fields, defaults, limits of models, warnings and outputs have a line each, with the strength of their claims."""
    assert row in pages["operations/clip.generate.md"].splitlines()


def test_a_note_of_several_models_is_shown_once(catalog: Catalog, pages: dict[str, str]) -> None:
    """A note that several models have stands once, before the models; a note of one stands with its model."""
    page = pages["operations/image.generate.md"]
    assert page.count(catalog.claims["upstream-mapping"].text) == page.count(catalog.claims["flux2-is-flex"].text) == 1
    first_model = page.index("### ")
    assert (
        page.index(catalog.claims["upstream-mapping"].text)
        < first_model
        < page.index(catalog.claims["flux2-is-flex"].text)
    )


def test_every_statement_is_on_the_page_of_the_ledger(pages: dict[str, str]) -> None:
    """Each statement has a row with its number, and the claims that hold it or the reason why there is none."""
    rows = [line for line in pages["ledger.md"].splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(CATALOG.statements) + 1
    assert "| 1 | A candidate takes 9 seconds only. | `clip-note` (upstream) |" in rows
    for statement in CATALOG.statements:
        held = ", ".join(statement.get("claims", ())) or f"no claim: {statement['reason']}"
        assert any(f"| {statement['number']} | " in row and held.split(", ")[0] in row for row in rows)


def test_assumptions_are_grouped_by_operation(catalog: Catalog, pages: dict[str, str]) -> None:
    """Each claim that no page of the vendor's states is once on the page, under its operation or a shared title."""
    page = pages["assumptions.md"]
    weak = [each for each in catalog.claims.values() if each.strength not in ("documented", "user")]
    ids = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert sorted(ids) == sorted(each.id for each in weak)
    assert re.findall(r"^## (.+)$", page, re.MULTILINE)[0] == "The API as a whole"
    own = page.partition("## clip.generate\n")[2].partition("\n## ")[0]
    assert "| `clip-note` |" in own
    assert "| `clip-notice` |" not in page


def test_claims_with_one_source_share_a_link(catalog: Catalog) -> None:
    """Claims of one strength and source share a link, which names them; one without an address may have a page."""
    claims = [catalog.claims[id_] for id_ in ("clip-note", "clip-notice", "clip-lengths", "clip-price")]
    expected = f'[upstream]({SOURCE} "clip-note"), [documented]({SOURCE} "clip-notice, clip-lengths"), upstream'
    assert links.link_strengths(claims) == expected
    last_link = '[upstream](assumptions.md "clip-price")'
    assert links.link_strengths(claims, "assumptions.md") == expected.removesuffix("upstream") + last_link
