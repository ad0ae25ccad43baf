"""Fields that the contract does not have are read as what they most likely mean."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec import Finding, validate_input, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.nearest import is_slip
from cannon_spec.patch import apply_patch
from tests.support.payloads import CATALOG

PICTURE, OTHER = "https://example.com/1.jpg", "https://example.com/2.jpg"
IMAGE, VIDEO = "image.generate", "video.generate"


def judge(operation: str, input: dict[str, Any]) -> list[Finding]:
    """The findings on an input, without the warnings that each request for its operation and model has."""
    return [each for each in validate_input(operation, input).findings if each.rule not in UNAVOIDABLE_RULES]


CERTAIN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (IMAGE, {"promt": "x"}, {"prompt": "x"}),
    (IMAGE, {"PROMPT": "x"}, {"prompt": "x"}),
    (IMAGE, {"prompt": "x", "aspectRatio": "1:1"}, {"prompt": "x", "aspect_ratio": "1:1"}),
    (IMAGE, {"prompt": "x", "size": "16:9"}, {"prompt": "x", "aspect_ratio": "16:9"}),
    (IMAGE, {"prompt": "x", "image_urls": [PICTURE, OTHER]}, {"prompt": "x", "reference_image_urls": [PICTURE, OTHER]}),
    (IMAGE, {"prompt": "x", "image": PICTURE}, {"prompt": "x", "reference_image_urls": [PICTURE]}),
    (VIDEO, {"prompt": "x", "image": PICTURE}, {"prompt": "x", "image_url": PICTURE}),
    (VIDEO, {"prompt": "x", "input_urls": [PICTURE]}, {"prompt": "x", "reference_image_urls": [PICTURE]}),
    (VIDEO, {"prompt": "x", "seconds": 5}, {"prompt": "x", "duration": 5}),
    ("image.edit", {"prompt": "x", "image_urls": [PICTURE]}, {"prompt": "x", "image_url": PICTURE}),
    ("narration.generate", {"prompt": "x", "voice_id": "v"}, {"text": "x", "voice_id": "v"}),
]
"""An operation, an input with a field of another name, and the input that is meant."""


@pytest.mark.parametrize(("operation", "input", "right"), CERTAIN)
def test_a_field_that_means_one_thing_has_a_fix(operation: str, input: dict[str, Any], right: dict[str, Any]) -> None:
    """A misspelt field, or a name of another service, is one error that names ours and has a fix."""
    (finding,) = judge(operation, input)
    (name,) = right.keys() - input.keys()
    assert finding.hint.startswith(f'did you mean "{name}"? fields: ')
    assert apply_patch(input, finding.fix or ()) == right


@pytest.mark.parametrize(
    ("input", "words"),
    [
        ({"n": 2}, ["one result a request", "a request for each"]),
        ({"width": 1024, "height": 576}, ['"aspect_ratio" and "resolution"', "16:9"]),
        ({"size": "1536x1024"}, ['"aspect_ratio" and "resolution"', "; 1536 x 1024 is 3:2"]),
        ({"image_size": {"width": 1024, "height": 768}}, ['"aspect_ratio" and "resolution"', "; 1024 x 768 is 4:3"]),
        ({"idempotency_key": "k"}, ["header x-idempotency-key"]),
        ({"api_key": "k"}, ["header x-api-key"]),
        ({"negative_prompt": "x"}, ["into the prompt"]),
        ({"promt": "y"}, ["prompt is there too"]),
    ],
)
def test_what_is_not_certain_has_advice_and_no_fix(input: dict[str, Any], words: list[str]) -> None:
    """P12 to P14: A field with no counterpart here, or with several, is one error that says what to do."""
    (finding,) = judge(IMAGE, {"prompt": "x", "model": "gptimage2", **input})
    assert finding.fix is None
    assert [word for word in words if word not in finding.hint] == []


def test_several_values_are_not_moved_to_a_field_that_takes_one() -> None:
    """A list of several for a field that takes one value has advice and no fix, and no second error."""
    (finding,) = judge("image.edit", {"prompt": "x", "model": "gptimage2", "image_urls": [PICTURE, OTHER]})
    assert (finding.path, finding.fix) == ("/image_urls", None)
    assert finding.hint.startswith('"image_url" takes one value, not 2: send a request for each of them')


def test_two_fields_are_not_read_as_the_same_one() -> None:
    """Of two names for one field the first is read as it, and the second is told that it is there too."""
    input = {"prompt": "x", "model": "gptimage2", "image_urls": [PICTURE], "input_urls": [OTHER]}
    first, second = judge(IMAGE, input)
    assert (first.path, second.path) == ("/image_urls", "/input_urls")
    assert second.fix is None
    assert "reference_image_urls is there too" in second.hint


@pytest.mark.parametrize("name", ["prompt", "aspectRatio", "image_url", "reference_image_urls"])
def test_a_field_of_other_operations_is_no_twin_of_its_own(name: str) -> None:
    """A field that only other operations have is not said to be there too."""
    (finding,) = judge("lipsync.generate", {"video_url": PICTURE, "audio_url": PICTURE, name: "x"})
    assert "is there too" not in finding.hint


def test_a_twin_is_a_field_of_the_operation() -> None:
    """Narration has a text, so a prompt beside it is told of the text."""
    hints = {each.path: each.hint for each in judge("narration.generate", {"text": "x", "prompt": "y"})}
    assert hints["/prompt"] == "text is there too; keep one of the two"


def test_a_field_is_judged_under_its_right_name() -> None:
    """The value of a misspelt field, and what depends on it, are judged as if the name were right."""
    input = {"prompt": "x", "model": "gptimage2", "aspectRatio": "1:1", "resolution": "4K", "image_urls": ["nope"]}
    assert [finding.path for finding in judge(IMAGE, input)] == [
        "/aspectRatio",
        "/image_urls",
        "/image_urls/0",
        "/resolution",
    ]


def test_a_name_within_a_list_is_read_too() -> None:
    """A misspelt field of an object in a list is one error there, with a fix."""
    item = {"imageUrl": PICTURE, "label": "Front", "azimuth": 0}
    input = {"name": "x", "description": "x", "source_image_urls": [PICTURE], "angle_context": [item]}
    (finding,) = judge("three_d.location.generate", input)
    assert finding.path == "/angle_context/0/imageUrl"
    assert apply_patch(input, finding.fix or ())["angle_context"][0]["image_url"] == PICTURE


def test_every_alias_names_a_field_of_some_operation() -> None:
    """Each field that the table of aliases names is one of the contract, and each operation and model of it too."""
    inputs = [CATALOG.input_schema_of(each) for each in CATALOG.operations.values() if each.is_covered]
    fields = {name for schema in (CATALOG.schemas["envelope/create"], *inputs) for name in schema["properties"]}
    aliases = CATALOG.aliases
    assert {name for entry in aliases["fields"] for name in entry["fields"]} <= fields
    assert {entry["operation"] for entry in aliases["operations"]} <= set(CATALOG.operations)
    assert {entry["model"] for entry in aliases["models"]["names"]} <= set(CATALOG.models)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("nano-banana-pro", ["nanobanana", "nanobanana2"]),
        ("flux-2-max", ["flux2", "flux2pro"]),
        ("gpt-image-1", ["gptimage2"]),
        ("seedream-4", ["seedream5", "seedream45"]),
    ],
)
def test_another_model_is_no_misspelling(name: str, family: list[str]) -> None:
    """P15: A model of another number or variant is said to be another one, with those of its family that serve."""
    (finding,) = judge(IMAGE, {"prompt": "x", "model": name})
    assert "is another model" in finding.message
    assert finding.hint.startswith("of its family: " + ", ".join(f'"{each}"' for each in family))
    assert "did you mean" not in finding.hint
    assert finding.fix is None


@pytest.mark.parametrize(
    ("name", "id_", "is_certain"),
    [
        ("gpt-image-2", "gptimage2", True),
        ("Seedream 4.5", "seedream45", True),
        ("gptimag2", "gptimage2", False),
        ("google/nano-banana", "nanobanana", True),
        ("flux-2-flex", "flux2", False),
    ],
)
def test_a_misspelt_model_is_named(name: str, id_: str, is_certain: bool) -> None:
    """An identifier in other letters, misspelt, or of another service is named; in other letters it has a fix."""
    (finding,) = judge(IMAGE, {"prompt": "x", "model": name})
    assert finding.hint.startswith(f'did you mean "{id_}"?')
    assert (finding.fix is not None) is is_certain


def test_a_model_in_other_letters_is_judged_by_its_limits() -> None:
    """Where the identifier is certain, the rest is judged by the limits of that model."""
    input = {"prompt": "x", "model": "gpt-image-2", "aspect_ratio": "1:1", "resolution": "4K"}
    assert [finding.path for finding in judge(IMAGE, input)] == ["/model", "/resolution"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("image.upscale", 'of this kind: "image.generate", "image.edit"; covered: '),
        ("text-to-image", 'did you mean "image.generate"? covered: '),
        ("tts", 'did you mean "narration.generate"? covered: '),
        ("image.generat", 'did you mean "image.generate"? covered: '),
        ("frobnicate", "covered: "),
    ],
)
def test_an_unknown_operation_is_answered_by_its_kind(name: str, hint: str) -> None:
    """P16: The nearest of the same kind is offered, or all of that kind, with the list of all that are covered."""
    (finding,) = validate_request({"operation": name, "input": {"prompt": "x"}}).findings
    assert finding.hint.startswith(hint)
    assert '"video.upscale"' in finding.hint.partition("covered")[2]


@pytest.mark.parametrize(
    ("operation", "input", "offer"),
    [
        ("smartmotion.generate", {"location": "Paris"}, ""),
        (VIDEO, {"prompt": "x", "source_audio_url": "https://example.com/1.mp3"}, ""),
        (VIDEO, {"prompt": "x", "image_url": PICTURE, "last_clip_url": "https://example.com/1.mp4"}, ""),
        ("lipsync.generate", {"duration": 6}, ""),
        ("lipsync.generate", {"url": "https://example.com/1.mp3"}, "video_url"),
        (VIDEO, {"prompt": "x", "audio_length": 12}, ""),
        ("narration.generate", {"text": "x", "voice": "Rachel"}, "voice_id"),
        (IMAGE, {"prompt": "x", "tags": ["campaign-7"]}, "style"),
        ("sora2.video.remix", {"prompt": "x", "video_id": "https://example.com/1.mp4"}, "sora_video_id"),
    ],
)
def test_a_guess_is_offered_and_no_fix(operation: str, input: dict[str, Any], offer: str) -> None:
    """A name that only resembles one of ours, or may mean another thing, is never put right without the user."""
    (name,) = input.keys() - CATALOG.input_schema_of(CATALOG.operations[operation])["properties"].keys()
    (finding,) = [each for each in judge(operation, input) if each.path == f"/{name}"]
    assert finding.fix is None
    assert offer in finding.hint


@pytest.mark.parametrize(
    ("word", "choice", "is_near"),
    [
        ("promt", "prompt", True),
        ("Prompts", "prompt", True),
        ("aspect_raito", "aspect_ratio", True),
        ("resolutoin", "resolution", True),
        ("location", "motion", False),
        ("source_audio_url", "source_video_url", False),
        ("last_clip_url", "first_clip_url", False),
        ("modle", "model", True),
        ("speed", "seed", False),
    ],
)
def test_a_slip_is_a_letter_or_two(word: str, choice: str, is_near: bool) -> None:
    """A slip is one letter, or two in a long word; in a short word each letter may make another word."""
    assert is_slip(word, choice) is is_near
