"""Loading the contract: what it holds, and every way in which its files or an overlay are refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import CatalogError, load_catalog, validate_input, validate_request
from cannon_spec.contract import engines, load, source
from tests.support.payloads import CATALOG, DOCUMENTED, FOLDER, patched

Edit = Callable[[Any], Any]
GPT = "models/gptimage2.schema.json"
CASES = ("price", "cases")
OPERATION = "operations/image.generate/operation.json"
DURATION = {"default": 1, "claim": "image-models"}


def edit(file: Path, change: Edit) -> None:
    """Change a JSON file in place; a value that the change returns replaces the whole document."""
    value = json.loads(file.read_text("utf-8"))
    new_value = change(value)
    file.write_text(json.dumps(value if new_value is None else new_value), "utf-8")


def set_value(*path: Any, to: Any) -> Edit:
    """The edit that sets the value at a path."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to

    return change


def remove_value(*path: Any) -> Edit:
    """The edit that removes the value at a path."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        del value[path[-1]]

    return change


def load_with_overlay(tmp_path: Path, patch: Any, **options: Any) -> Any:
    """The shipped contract with an overlay."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(patch), "utf-8")
    return load_catalog(overlay=file, **options)


each_engine = pytest.mark.parametrize(
    "engine", ["jsonschema-rs", pytest.param("jsonschema", marks=pytest.mark.extended)]
)
"""Both engines judge alike, as tests of theirs hold; the slow one takes most of the time of this file."""


def test_a_folder_of_the_contract_is_the_contract() -> None:
    """The shipped folder loads by path, as text or as Path, with equal claims, models and schemas."""
    for path in (FOLDER, str(FOLDER)):
        catalog = load_catalog(path)
        assert catalog.claims == CATALOG.claims
        assert catalog.models == CATALOG.models
        assert catalog.operations == CATALOG.operations
        assert catalog.schemas == CATALOG.schemas


def test_the_shipped_contract_is_read_once() -> None:
    """The default catalog is read once a process."""
    assert load.default_catalog() is load.default_catalog()
    assert load.default_catalog().models == CATALOG.models


def test_the_contract_in_the_package_comes_first(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of an installed package is in its folder; that of a checkout is beside the package."""
    monkeypatch.setattr(source, "__file__", str(schemas.parent / "contract" / "source.py"))
    edit(schemas / "catalog.json", set_value("base_url", to="https://example.com"))
    assert load_catalog().base_url == "https://example.com"
    monkeypatch.setattr(source, "__file__", str(schemas.parent / "cannon_spec" / "contract" / "source.py"))
    assert load_catalog().base_url == "https://example.com"


def test_references_are_inlined() -> None:
    """No schema of a catalog has a $ref: engines never resolve one."""
    assert '"$ref"' not in json.dumps(dict(CATALOG.schemas))
    items = CATALOG.schemas["operations/image.generate/input"]["properties"]["reference_image_urls"]["items"]
    assert items == CATALOG.schemas["common"]["$defs"]["httpUrl"]


def test_a_reference_may_be_within_its_file_and_beside_other_words(schemas: Path) -> None:
    """A $ref without a file names a place in its own file, and a word beside it replaces that word of the target."""
    word = {"enum": ["high"], "title": "a quality", "x-evidence": {"enum": "image-fields"}}

    def change(schema: dict[str, Any]) -> None:
        schema["$defs"] = {"quality": word}
        schema["properties"]["quality"] = {"$ref": "#/$defs/quality", "title": "mine"}

    edit(schemas / GPT, change)
    assert load_catalog(schemas).schemas["models/gptimage2"]["properties"]["quality"] == {**word, "title": "mine"}


FAULTS: dict[str, tuple[str, Edit, tuple[str, ...]]] = {
    "unknown word in a schema": (GPT, set_value("oneOf", to=[]), ("models/gptimage2", "unknown word oneOf")),
    "unknown word deep in a schema": (
        GPT,
        set_value("properties", "prompt", "format", to="uri"),
        ("models/gptimage2", "properties/prompt", "unknown word format; use $ref, additionalProperties"),
    ),
    "unknown word in a condition": (
        GPT,
        set_value("allOf", 0, "if", "anyOf", to=[]),
        ("models/gptimage2", "allOf/0/if", "unknown word anyOf"),
    ),
    "an unknown type": (
        GPT,
        set_value("properties", "quality", to={"type": "text", "x-evidence": {"type": "image-fields"}}),
        ("models/gptimage2", "quality"),
    ),
    "an invalid pattern": (
        GPT,
        set_value("properties", "quality", to={"pattern": "[", "x-evidence": {"pattern": "image-fields"}}),
        ("models/gptimage2",),
    ),
    "a pattern with a group that engines read differently": (
        GPT,
        set_value("properties", "quality", to={"pattern": "(?i)x", "x-evidence": {"pattern": "image-fields"}}),
        ("models/gptimage2", "is not allowed here", "No backslash"),
    ),
    "a claim of an address that does not exist": (
        "operations/image.generate/input.schema.json",
        set_value("properties", "reference_image_urls", "items", "x-reachable", to="no-such-claim"),
        ("no-such-claim", "not in the ledger"),
    ),
    "a pattern with a backslash": (
        GPT,
        set_value("properties", "quality", to={"pattern": "\\d", "x-evidence": {"pattern": "image-fields"}}),
        ("models/gptimage2", "properties/quality/pattern", "pattern"),
    ),
    "a constraint without evidence": (
        GPT,
        set_value("properties", "quality", to={"enum": ["high"]}),
        ("models/gptimage2#/properties/quality", "x-evidence has no claim for enum"),
    ),
    "evidence without a constraint": (
        GPT,
        set_value("properties", "prompt", "x-evidence", "enum", to="image-fields"),
        ("models/gptimage2#/properties/prompt", "x-evidence names enum, which is not here"),
    ),
    "an unknown claim in a schema": (
        GPT,
        set_value("properties", "prompt", "x-evidence", "maxLength", to="no-such-claim"),
        ("models/gptimage2#/properties/prompt", "no-such-claim", "ledger"),
    ),
    "a $ref to no file": (
        GPT,
        set_value("properties", "style", to={"$ref": "x.schema.json#/$defs/a"}),
        ("names no schema",),
    ),
    "a $ref to no place": (
        GPT,
        set_value("properties", "style", to={"$ref": "#/$defs/a"}),
        (GPT[:16], "names no schema"),
    ),
    "a $ref above the folder": (
        GPT,
        set_value("properties", "style", to={"$ref": "../../../x.schema.json#/$defs/a"}),
        ("names no schema",),
    ),
    "a $ref to itself": (
        "common.schema.json",
        set_value("$defs", "status", to={"$ref": "#/$defs/status"}),
        ("names no schema",),
    ),
    "a $ref to a text": (GPT, set_value("properties", "style", to={"$ref": "#/title"}), ("models/gptimage2",)),
    "evidence beside a $ref that is a text": (
        GPT,
        set_value("properties", "prompt", to={"$ref": "../common.schema.json#/$defs/prompt", "x-evidence": "x"}),
        ("models/gptimage2", "x-evidence"),
    ),
    "a $ref that is a number": (GPT, set_value("properties", "style", to={"$ref": 5}), ("models/gptimage2",)),
    "a schema without a title": (GPT, remove_value("title"), ("models/gptimage2", "lacks title")),
    "a schema that is a list": (GPT, lambda value: [value], (GPT, "is not a JSON object")),
    "a model without a name": (
        "catalog.json",
        remove_value("models", "grok", "name"),
        ("catalog", "models/grok", "lacks name"),
    ),
    "an unknown word of a model": (
        "catalog.json",
        set_value("models", "grok", "size", to=1),
        ("catalog", "models/grok", "unknown word size"),
    ),
    "an unknown word of the catalog": ("catalog.json", set_value("modles", to={}), ("modles",)),
    "an unknown part of the ledger": ("evidence.json", set_value("clams", to={}), ("clams",)),
    "no ledger": ("evidence.json", remove_value("claims"), ("claims",)),
    "no models": ("catalog.json", remove_value("models"), ("catalog", "lacks models")),
    "no base_url": ("catalog.json", remove_value("base_url"), ("catalog", "lacks base_url")),
    "a model's unknown claim": (
        "catalog.json",
        set_value("models", "grok", "claim", to="no-such-claim"),
        ("model grok", "no-such-claim"),
    ),
    "an unknown model": (
        OPERATION,
        set_value("models", "grk", to={"claim": "image-models"}),
        ("operation image.generate", "model grk", "does not exist"),
    ),
    "models of an operation whose input names none": (
        "operations/image.generate/input.schema.json",
        remove_value("properties", "model"),
        ("operation image.generate", "has models, and its input has no field model"),
    ),
    "a default model that serves another operation": (
        OPERATION,
        remove_value("models", "gptimage2"),
        ("operation image.generate", "default model gptimage2", "does not serve it"),
    ),
    "a model's unknown schema": (
        OPERATION,
        set_value("models", "grok", "schema", to="models/grk"),
        ("model grok", "schema models/grk", "does not exist"),
    ),
    "an unknown note": (
        OPERATION,
        set_value("models", "grok", "notes", to=["no-such-claim"]),
        ("image.generate model grok", "no-such-claim"),
    ),
    "an unknown notice": (OPERATION, set_value("notices", to=["no-such-claim"]), ("image.generate", "no-such-claim")),
    "an unknown shutdown": (OPERATION, set_value("shut_down", to="no-such-claim"), ("image.generate", "no-such-claim")),
    "a default without a value": (
        OPERATION,
        set_value("defaults", to=[{"field": "style", "claim": "image-models"}]),
        ("operation image.generate", "defaults/0", "lacks largest"),
    ),
    "a claim of two ledgers": (
        "operations/image.generate/evidence.json",
        set_value("claims", "json-body", to={"text": "x", "strength": "user", "kind": "gap", "source": "https://x"}),
        ("claims of image.generate", "json-body", "another ledger"),
    ),
    "a claim of an operation without a text": (
        "operations/image.generate/evidence.json",
        set_value("claims", "mine", to={}),
        ("ledger of image.generate", "claims/mine", "lacks kind"),
    ),
    "a statement on an unknown claim": (
        "operations/image.generate/statements.json",
        set_value("statements", to=[{"page": "x", "number": 1, "claims": ["no-such-claim"]}]),
        ("statements", "no-such-claim"),
    ),
    "a statement without a claim or reason": (
        "operations/image.generate/statements.json",
        set_value("statements", to=[{"page": "x", "number": 1, "text": "x"}]),
        ("statements", "lacks reason"),
    ),
    "an operation's unknown claim": (
        "catalog.json",
        set_value("operations", "image.edit", "claim", to="no-such-claim"),
        ("operation image.edit", "no-such-claim"),
    ),
    "an operation without a price": (
        OPERATION,
        remove_value("price"),
        ("operation image.generate", "lacks price; add price"),
    ),
    "models without the claim on them": (
        OPERATION,
        remove_value("models_claim"),
        ("operation image.generate", "has models without models_claim; add models_claim, or remove models"),
    ),
    "a case of a price on an unknown claim": (
        OPERATION,
        set_value(*CASES, 0, "claim", to="no-such-claim"),
        ("image.generate price cases", "no-such-claim"),
    ),
    "a price by a field that the input does not have": (
        OPERATION,
        set_value(*CASES, 0, "when", to={"size": "4K"}),
        ("image.generate price 1", "the field size"),
    ),
    "a price with an unknown condition": (
        OPERATION,
        set_value(*CASES, 0, "when", to={"resolution": {"above": 9}}),
        ("operation image.generate: price/cases/0/when/resolution", "is not allowed here", "or a range with minimum"),
    ),
    "a price by a field with an illegal name": (
        OPERATION,
        set_value(*CASES, 0, "when", to={"resolution": "4K", "a..b": 1}),
        ("price/cases/0/when", "a name in it is not legal", "form ^[A-Za-z0-9_]+"),
    ),
    "a price in part of a credit": (
        OPERATION,
        set_value(*CASES, 0, "credits", to=0.5),
        ("cases/0/credits", "0.5 has the wrong type", "use a value of the type integer"),
    ),
    "a price by an unknown unit": (
        OPERATION,
        set_value("price", "per", to={"field": "prompt", "unit": "word"}),
        ("price/per/unit", '"word" is not a legal value; use one of second, character'),
    ),
    "a price on an unknown claim": (
        OPERATION,
        set_value("price", "claim", to="no-such-claim"),
        ("image.generate price", "no-such-claim"),
    ),
    "replies on an unknown claim": (
        OPERATION,
        set_value("replies", "claims", to=["no-such-claim"]),
        ("image.generate replies", "no-such-claim"),
    ),
    "a claim without a source": (
        "evidence.json",
        remove_value("claims", "json-body", "source"),
        ("claims", "json-body", "lacks source"),
    ),
    "an unknown strength": (
        "evidence.json",
        set_value("claims", "json-body", "strength", to="rumour"),
        ("claims", "json-body/strength", "is not a legal value"),
    ),
    "a source that is no address": (
        "evidence.json",
        set_value("claims", "json-body", "source", to="somewhere"),
        ("claims", "json-body/source", "pattern"),
    ),
    "a claim of the code removed": ("evidence.json", remove_value("claims", "json-strict"), ("json-strict",)),
    "the claim of overlays removed": ("evidence.json", remove_value("claims", "user-overlay"), ("user-overlay",)),
    "a lifecycle without states": ("lifecycle.json", remove_value("states"), ("lifecycle", "lacks states")),
    "a lifecycle on an unknown claim": (
        "lifecycle.json",
        set_value("poll_after_ms", "claim", to="no-such-claim"),
        ("poll_after_ms", "no-such-claim"),
    ),
    "an invalid size": (
        "media.json",
        set_value("image", "models", "gptimage2", "sizes", "1K", "1:1", to="big"),
        ("media", "1K/1:1", "pattern"),
    ),
    "sizes on an unknown claim": (
        "media.json",
        set_value("image", "models", "gptimage2", "claim", to="no-such-claim"),
        ("gptimage2 claim", "no-such-claim"),
    ),
    "an unknown kind of media": (
        OPERATION,
        set_value("media", "kind", to="hologram"),
        ("image.generate: media/kind", "is not a legal value"),
    ),
    "a text with a file": (
        OPERATION,
        set_value("media", "kind", to="text"),
        ("image.generate: media", "not"),
    ),
    "a file of an unknown type": (
        OPERATION,
        set_value("media", "files", "asset", to="image.gif"),
        ("operation image.generate media files", "image.gif is of the type gif", "use one of png, mp4", "add gif"),
    ),
    "a duration of a text and of fields": (
        OPERATION,
        set_value("media", "duration", to={**DURATION, "text": "prompt", "characters_per_second": 9, "fields": ["n"]}),
        ("image.generate: media/duration", "not"),
    ),
    "a duration of a text without its speed": (
        OPERATION,
        set_value("media", "duration", to={**DURATION, "text": "prompt"}),
        ("image.generate: media/duration", "has text without characters_per_second"),
    ),
    "a duration by the characters of no text": (
        OPERATION,
        set_value("media", "duration", to={**DURATION, "characters_per_second": 9}),
        ("image.generate: media/duration", "has characters_per_second without text"),
    ),
    "a reply with a variable that has no value": (
        OPERATION,
        set_value("replies", "succeeded", "image_urls", to=["$movie"]),
        ("operation image.generate replies", "$movie", "$asset".removeprefix("$")),
    ),
    "a default on an unknown claim": (
        OPERATION,
        set_value("replies", "default_claims", to={"aspect_ratio": "no-such-claim"}),
        ("default_claims", "no-such-claim"),
    ),
    "an operation without a pace": (
        "lifecycle.json",
        set_value("pace", to={}),
        ("lifecycle pace", "image.generate or image"),
    ),
    "an unknown outcome": (
        "scenarios.json",
        set_value("scenarios", "failed-internal", "outcome", to="lost"),
        ("scenarios", "failed-internal/outcome", "is not a legal value"),
    ),
}


@each_engine
@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_file_is_refused(name: str, engine: str, schemas: Path) -> None:
    """Each fault of a file of the contract is a CatalogError that names the place, with each engine."""
    file, change, words = FAULTS[name]
    edit(schemas / file, change)
    with pytest.raises(CatalogError) as error:
        load_catalog(schemas, engine=engine)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert all((error.value.place, error.value.problem, error.value.advice))


@pytest.mark.parametrize(
    "file", ["catalog.json", "evidence.json", "lifecycle.json", "media.json", "scenarios.json", "meta.schema.json"]
)
def test_a_missing_file_is_refused(file: str, schemas: Path) -> None:
    """A contract without one of its files is refused, and the error names the file."""
    (schemas / file).unlink()
    with pytest.raises(CatalogError, match=file.replace(".", "[.]")):
        load_catalog(schemas)


@pytest.mark.parametrize("name", ["create", "accepted", "request", "status", "error"])
def test_a_missing_envelope_is_refused(name: str, schemas: Path) -> None:
    """A contract without the schema of one of the API's documents is refused, and the error names the schema."""
    (schemas / "envelope" / f"{name}.schema.json").unlink()
    with pytest.raises(CatalogError, match=f"envelope/{name}, which does not exist"):
        load_catalog(schemas)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """A path without a contract is a CatalogError that names it."""
    with pytest.raises(CatalogError, match=r"nowhere.*check the path"):
        load_catalog(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{", '{"claims": NaN}', '{"claims": {}, "claims": {}}', "\ud800"])
def test_a_file_is_read_as_strictly_as_a_payload(text: str, schemas: Path) -> None:
    """The contract's own files are read with the same strict reader as payloads."""
    (schemas / "evidence.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(CatalogError, match=r"evidence[.]json"):
        load_catalog(schemas)


def test_an_unknown_engine_is_refused() -> None:
    """An engine other than the two that are supported is a CatalogError that lists both."""
    with pytest.raises(CatalogError, match="there is no such engine; use jsonschema or jsonschema-rs"):
        load_catalog(engine="ajv")


@pytest.mark.parametrize(("engine", "name"), [("jsonschema", "jsonschema"), (None, "jsonschema-rs")])
def test_the_engine_is_named(engine: str | None, name: str) -> None:
    """A catalog names the engine that it uses: the requested one, or the faster one."""
    assert load_catalog(engine=engine).engine == name


def test_jsonschema_judges_if_jsonschema_rs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jsonschema-rs the engine is jsonschema, unless jsonschema-rs is requested by name."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert engines.choose().name == "jsonschema"
    with pytest.raises(CatalogError, match="not installed; install the extra fast: pip install"):
        engines.choose("jsonschema-rs")


OVERLAYS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "unknown part": ({"modles": {}}, ("mine.json", "unknown part modles", "models")),
    "wrong type": ({"models": []}, ("mine.json", "models has the wrong JSON type")),
    "null for a part": ({"claims": None}, ("mine.json", "claims has the wrong JSON type")),
    "not an object": ([], ("mine.json", "is not a JSON object")),
    "unknown word of a model": ({"models": {"new": {"size": 1}}}, ("models/new", "unknown word size")),
    "a model that is a number": ({"models": {"new": 5}}, ("models/new", "wrong type")),
    "an operation that is a number": (
        {"models": {"new": {}}, "operations": {"image.generate": 5}},
        ("image.generate",),
    ),
    "unknown word of a schema": (
        {"schemas": {"models/gptimage2": {"properties": {"prompt": {"format": "uri"}}}}},
        ("models/gptimage2", "unknown word format"),
    ),
    "a schema that is a number": ({"schemas": {"models/x": 5}}, ("models/x", "wrong type")),
    "a schema removed": ({"schemas": {"models/gptimage2": None}}, ("model gptimage2", "does not exist")),
    "a claim removed": ({"claims": {"gptimage2-ratios": None}}, ("gptimage2-ratios",)),
    "a claim of the code removed": ({"claims": {"operations-listed": None}}, ("operations-listed",)),
    "a claim with a text alone": (
        {"claims": {"new": {"text": "Prompts are short."}}},
        ("claims", "new", "lacks kind, source, strength"),
    ),
    "an unknown claim": ({"models": {"new": {"claim": "no-such-claim"}}}, ("model new", "no-such-claim")),
    "evidence that is a text": ({"schemas": {"models/grok": {"x-evidence": "mine"}}}, ("models/grok", "x-evidence")),
    "evidence that is a number": ({"schemas": {"models/grok": {"x-evidence": 5}}}, ("models/grok", "x-evidence")),
    "an unknown type": (
        {"schemas": {"models/grok": {"properties": {"quality": {"type": "text"}}}}},
        ("models/grok", "quality"),
    ),
    "a default scenario that is none": ({"scenarios": {"default": "nope"}}, ("scenarios default", "scenario nope")),
    "a resolution without a side": (
        {"media": {"image": {"computed": {"resolution": "9K"}}}},
        ("media image computed", "9K", "add it to side"),
    ),
    "a pace from more to less": (
        {"lifecycle": {"pace": {"image": {"queued_ms": [5, 4]}}}},
        ("lifecycle pace image queued_ms", "5 is above 4"),
    ),
    "a pace of ages": ({"lifecycle": {"pace": {"image": {"queued_ms": [0, 10**30]}}}}, ("pace/image", "out of range")),
    "a price that no account has": (
        {"operations": {"image.generate": {"price": {"credits": 10**13}}}},
        ("price/credits", "out of range; use a number from"),
    ),
    "a tier that is no text, of a member with the name of a number": (
        {"media": {"video": {"models": {"topazproteus": {"tier_by": {"upscale_factor": {"1": []}}}}}}},
        ("media: video/models/topazproteus/tier_by/upscale_factor/1", "wrong type"),
    ),
    "a table that is the same as none": (
        {"media": {"video": {"models": {"proteus": {"same_as": "topaz"}}}}},
        ("media video models proteus", "same_as names topaz, which has no table of its own", "use one of seedance2, "),
    ),
    "a table that is the same as one that is the same as another": (
        {"media": {"video": {"models": {"grok": {"same_as": "proteus"}}}}},
        ("media video models grok", "same_as names proteus, which has no table of its own"),
    ),
    "a table that is the same as itself": (
        {"media": {"image": {"models": {"flux2": {"same_as": "flux2"}}}}},
        ("media image models flux2", "same_as names flux2, which has no table of its own", "use one of gptimage2, "),
    ),
    "a table without a default": (
        {"media": {"image": {"models": {"flux2": {"sizes": {}}}}}},
        ("media: image/models/flux2", "lacks aspect_ratio, claim, resolution"),
    ),
    "a duration by a field of text": (
        {"operations": {"video.generate": {"media": {"duration": {"fields": ["prompt"]}}}}},
        ("operation video.generate media duration", "prompt is string, and no integer or number"),
    ),
    "a duration by the characters of a number": (
        {"operations": {"narration.generate": {"media": {"duration": {"text": "speed"}}}}},
        ("operation narration.generate media duration", "speed is number, and no string"),
    ),
    "a duration that counts a field twice": (
        {"operations": {"sora2.video.extend": {"media": {"duration": {"plus": ["duration"]}}}}},
        ("operation sora2.video.extend media duration", "duration is in fields and in plus"),
    ),
    "a default duration shorter than any file": (
        {"operations": {"video.generate": {"media": {"duration": {"default": 0.01}}}}},
        ("operation video.generate media duration", "0.01 is not within the bounds", "use 0.2 to 86400 seconds"),
    ),
    "a claim on a file that is none": (
        {"operations": {"image.generate": {"media": {"file_claims": {"origin": "asset-open"}}}}},
        ("operation image.generate media file_claims", "there is no file origin", "use one of asset, source"),
    ),
    "an unknown claim on a file": (
        {"operations": {"image.generate": {"media": {"file_claims": {"source": "no-such-claim"}}}}},
        ("operation image.generate media file_claims", "no-such-claim"),
    ),
    "a file without a type": (
        {"operations": {"video.generate": {"media": {"files": {"asset": "video"}}}}},
        ("operation video.generate", "media/files/asset", "breaks pattern"),
    ),
    "a type of files that is removed": (
        {"media": {"types": {"srt": None}}},
        ("operation subtitles.generate media files", "subtitles.srt is of the type srt"),
    ),
    "a type of files without a claim": (
        {"media": {"types": {"webm": {"media_type": "video/webm"}}}},
        ("media: types/webm", "lacks claim"),
    ),
    "a type of files on an unknown claim": (
        {"media": {"types": {"webm": {"media_type": "video/webm", "claim": "no-such-claim"}}}},
        ("media types webm", "no-such-claim"),
    ),
    "a media type with a line end": (
        {"media": {"types": {"png": {"media_type": "image/png\n"}}}},
        ("media: types/png/media_type", "breaks pattern"),
    ),
    "a type with the sizes of sounds": (
        {"media": {"types": {"mp3": {"size": "audio"}}}},
        ("media: types/mp3/size", "use one of image, video"),
    ),
    "a property that images have": (
        {
            "operations": {
                "image.generate": {"media": {"properties": {"width": {"default": "x", "claim": "image-models"}}}}
            }
        },
        ("operation image.generate media properties", "width", "another name"),
    ),
    "an account without a plan": (
        {"status_reply": {"account": {"plan": None}}},
        ("status_reply/account", "lacks plan"),
    ),
    "an invalid pattern": (
        {"schemas": {"models/grok": {"properties": {"quality": {"pattern": "["}}}}},
        ("models/grok", "quality"),
    ),
}


@each_engine
@pytest.mark.parametrize("name", OVERLAYS)
def test_a_broken_overlay_is_refused(name: str, engine: str, tmp_path: Path) -> None:
    """Each fault of an overlay is a CatalogError that names the place, with each engine."""
    patch, words = OVERLAYS[name]
    with pytest.raises(CatalogError) as error:
        load_with_overlay(tmp_path, patch, engine=engine)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_names_of_the_vendor_are_no_claims(tmp_path: Path) -> None:
    """What replies and scenarios call claim is data of the vendor or a name: no claim of the ledger is looked up."""
    replies = {"succeeded": {"claim": [1]}, "log": {"claims": 5}, "processing": {"claim": "x"}}
    named = {"claim": {"text": "a"}, "claims": {"text": "b"}, "default_claims": {"text": "c"}}
    drift = {"drift": [{"on": "poll", "patch": {"claims": 5, "claim": None}}]}
    patch = {
        "operations": {"image.generate": {"replies": replies}},
        "scenarios": {"scenarios": {**named, "drifts": drift}},
        "status_reply": {"account": {"claim": [1]}},
    }
    assert load_with_overlay(tmp_path, patch).scenarios["scenarios"].keys() >= named.keys()


def test_a_claim_of_a_scenario_named_so_is_looked_up(tmp_path: Path) -> None:
    """A scenario may be called drift or replies: the claims within it are looked up all the same."""
    for name in ("drift", "replies", "claims"):
        with pytest.raises(CatalogError, match="no-such"):
            load_with_overlay(tmp_path, {"scenarios": {"scenarios": {name: {"claim": "no-such"}}}})


def test_an_overlay_that_is_missing_is_refused(tmp_path: Path) -> None:
    """An overlay file that does not exist is a CatalogError that names it."""
    with pytest.raises(CatalogError, match=r"nowhere[.]json: No such file"):
        load_catalog(overlay=tmp_path / "nowhere.json")


@each_engine
@pytest.mark.parametrize("ref", ["../common.schema.json#/$defs/httpUrl", "#/$defs/q"])
def test_an_overlay_may_refer_as_a_file_does_or_is_refused(ref: str, engine: str, tmp_path: Path) -> None:
    """A $ref in an overlay is resolved as in a file or refused at once: it never reaches an engine."""
    own = {"q": {"pattern": "^[Hh][Tt]"}}
    patch = {"schemas": {"models/gptimage2": {"$defs": own, "properties": {"quality": {"$ref": ref}}}}}
    try:
        catalog = load_with_overlay(tmp_path, patch, engine=engine)
    except CatalogError as error:
        assert "$ref" in str(error)  # noqa: PT017 - either is right
    else:
        report = validate_request(DOCUMENTED, catalog=catalog)
        assert [finding.path for finding in report.findings] == ["/input/quality"]


@each_engine
def test_an_overlay_may_require_a_field(engine: str, tmp_path: Path) -> None:
    """An overlay's condition may require a field that it does not describe."""
    rule = {"if": {"properties": {"quality": {"const": "high"}}}, "then": {"required": ["reference_prompt_balance"]}}
    catalog = load_with_overlay(tmp_path, {"schemas": {"models/gptimage2": {"allOf": [rule]}}}, engine=engine)
    (finding,) = validate_request(DOCUMENTED, catalog=catalog).findings
    assert (finding.path, finding.evidence.claim, finding.severity) == ("/input", "user-overlay", "error")
    assert "reference_prompt_balance" in finding.hint


@each_engine
def test_an_overlay_may_close_an_object(engine: str, tmp_path: Path) -> None:
    """An object that an overlay closes may have no field, or the overlay is refused."""
    patch = {
        "schemas": {"models/gptimage2": {"properties": {"reference_prompt_balance": {"additionalProperties": False}}}}
    }
    body = patched(DOCUMENTED, reference_prompt_balance={"weight": 1})
    try:
        catalog = load_with_overlay(tmp_path, patch, engine=engine)
    except CatalogError:
        return
    (finding,) = validate_request(body, catalog=catalog).findings
    assert finding.path == "/input/reference_prompt_balance/weight"


def test_an_overlay_adds_a_model(tmp_path: Path) -> None:
    """A model that an overlay adds gets no finding with it, and is unknown without it."""
    catalog = load_with_overlay(tmp_path, {"models": {"dalle4": {}}})
    body = patched(DOCUMENTED, model="dalle4")
    assert validate_request(body, catalog=catalog).findings == ()
    assert [finding.rule for finding in validate_request(body).findings] == ["model-unknown"]


def test_an_overlay_confirms_an_assumed_identifier(tmp_path: Path) -> None:
    """A model whose identifier an overlay confirms gets no warning that it is assumed."""
    catalog = load_with_overlay(tmp_path, {"models": {"flux2": {"claim": "user-overlay"}}})
    assert (
        validate_input("image.generate", {"prompt": "A red bicycle", "model": "flux2"}, catalog=catalog).findings == ()
    )


def test_an_overlay_removes_a_limit(tmp_path: Path) -> None:
    """Null in an overlay removes a limit of the contract."""
    size = {"properties": {"reference_image_urls": {"maxItems": None}}}
    catalog = load_with_overlay(tmp_path, {"schemas": {"models/gptimage2": size}})
    body = patched(DOCUMENTED, reference_image_urls=["https://example.com/1.jpg"] * 17)
    assert validate_request(body, catalog=catalog).findings == ()
    assert len(validate_request(body).findings) == 1


def test_an_overlay_sets_a_limit(tmp_path: Path) -> None:
    """A limit that the user sets is an error of strength user, and its source names the overlay file."""
    size = {"properties": {"reference_image_urls": {"maxItems": 0}}}
    catalog = load_with_overlay(tmp_path, {"schemas": {"models/gptimage2": size}})
    (finding,) = validate_request(DOCUMENTED, catalog=catalog).findings
    assert (finding.path, finding.severity) == ("/input/reference_image_urls", "error")
    assert (finding.evidence.claim, finding.evidence.strength) == ("user-overlay", "user")
    assert finding.evidence.source == "the overlay file mine.json"


def test_an_overlay_may_name_a_claim_of_its_own(tmp_path: Path) -> None:
    """A finding on a constraint that an overlay adds has the claim that the overlay names for it."""
    claim = {"text": "Heard it.", "strength": "reported", "kind": "rule", "source": "https://example.com/forum"}
    quality = {"enum": ["low"], "x-evidence": {"enum": "heard"}}
    patch = {"claims": {"heard": claim}, "schemas": {"models/gptimage2": {"properties": {"quality": quality}}}}
    (finding,) = validate_request(DOCUMENTED, catalog=load_with_overlay(tmp_path, patch)).findings
    assert (finding.evidence.claim, finding.severity) == ("heard", "warning")
