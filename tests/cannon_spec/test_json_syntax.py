"""What is wrong with a text that is not JSON, in words for people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import NotJSON, document
from cannon_spec.json_syntax import SYNTAX_KINDS

MISTAKES = [
    ('{"prompt": "a\nb"}', 14, "a line break inside a string", r"write it as \n"),
    ('{"prompt": "a\r\nb"}', 14, "a line break inside a string", r"write it as \n"),
    ('["a\tb"]', 4, "a tab inside a string", r"write it as \t"),
    ('["\x01"]', 3, r"the control character \u0001 inside a string", r"write it as \u0001"),
    (r'["\u12"]', 3, r"\u12 is not an escape", r"four hex digits after \u"),
    (r'["C:\Users\me"]', 5, r"\U is not an escape of JSON", r"write a backslash itself as \\"),
    (r'["C:\users\me"]', 5, r"\users is not an escape", r"write a backslash itself as \\"),
    ('{"a": "b', 7, "the string that starts here is not closed", 'close it with "'),
    ("", 1, "the document is empty", "write one JSON object: {...}"),
    ("<!DOCTYPE html>", 1, "the text is HTML or XML", "check the file"),
    ("prompt: x", 1, "the text looks like YAML", "payloads may be YAML in a file named .yaml"),
    ("---\na: 1", 1, "the text looks like YAML", "payloads may be YAML in a file named .yaml"),
    ('{"a": [1, 2', 12, "the document ends, but the [ at column 7 is not closed", "close it with ]"),
    ('{"a": [\n1\n', 11, "the document ends, but the [ at line 1, column 7 is not closed", "close it with ]"),
    ('{"a"', 5, "the document ends, but the { at column 1 is not closed", "close it with }"),
    ('{"a": 1 // one\n}', 9, "a comment (//) in JSON", "remove the comment"),
    ("# one\n{}", 1, "a comment (#) in JSON", "remove the comment"),
    ('{/* one */ "a": 1}', 2, "a comment (/*) in JSON", "remove the comment"),
    ("{} // one", 4, "a comment (//) in JSON", "remove the comment"),
    ('{"a": “b”}', 7, "“ is a typographic quote", 'write the straight quote "'),
    ("{'a': 1}", 2, "' does not quote text in JSON", 'in double quotes: "text"'),
    ("[`a`]", 2, "` does not quote text in JSON", 'in double quotes: "text"'),
    ('{"a":\u00a01}', 6, r"the invisible character \u00a0", "remove it, or write a plain space"),
    ("[\x00]", 2, r"the invisible character \u0000", "remove it"),
    (r"{\"a\": 1}", 2, "a backslash outside of a string", "escaped twice"),
    ("[1, ...]", 5, "... in place of text that was left out", "write the whole value"),
    ('{"a": <prompt>}', 7, "<prompt> is a placeholder", "put the value in its place"),
    ('{"a": ${PROMPT}}', 7, "${PROMPT} is a placeholder", "put the value in its place"),
    ('{"a": {{prompt}}}', 8, "{ is where a key belongs", "put the value in place of a placeholder"),
    ("[1, 2,]", 7, "a comma before ]", "remove the comma"),
    ('{"a": 1,\n}', 10, "a comma before }", "remove the comma"),
    ("[1,,2]", 4, "a value is missing before the comma", "write the value, or remove the comma"),
    ("[,1]", 2, "a value is missing before the comma", "write the value, or remove the comma"),
    ('{"a": 1,,}', 9, "a comma without a field before it", "remove the comma"),
    ('{"a": }', 7, "the value is missing after the colon", "write the value, or remove the field"),
    ('{"a"=1}', 5, "= after a key", "write a colon"),
    ('{"a", "b"}', 5, "a key has no value", "write a colon and the value"),
    ('{"a": 1; "b": 2}', 8, "; is where a comma belongs", "write a comma"),
    ("[1, 2}", 6, "} does not close the [ at column 1", "close that with ] first"),
    ("[}", 2, "} does not close the [ at column 1", "close that with ] first"),
    ("]", 1, "] closes nothing", "remove it"),
    ('{"a": True}', 7, "True is not a word of JSON", "write true"),
    ('{"a": NULL}', 7, "NULL is not a word of JSON", "write null"),
    ('{"a": None}', 7, "None is not a word of JSON", "leave the field out, or write null"),
    ('{"a": undefined}', 7, "undefined is not a word of JSON", "leave the field out, or write null"),
    ("[nan]", 2, "nan is not a JSON number", "write a number, or leave the field out"),
    ("[.5]", 2, ".5 is not a JSON number", "write a number as 5, 0.5, -2 or 1e3"),
    ("[+1]", 2, "+1 is not a JSON number", "write a number as 5, 0.5, -2 or 1e3"),
    ('{"a": 010}', 8, "a number begins with 0", "write it without the 0 in front"),
    ('{"a": 16:9}', 9, ":9 follows a number", 'put text in double quotes, as "16:9"'),
    ('{"a": 4K}', 8, "K follows a number", 'put text in double quotes, as "16:9"'),
    ("{a: 1}", 2, "the key a has no quotes", 'write "a"'),
    ('{"a": high}', 7, "high has no quotes", "put text in double quotes"),
    ('{"a": "say "hi" now"}', 13, "hi follows the end of a string", r"write a quote inside a string as \""),
    ('["a": 1]', 5, "a colon is where a comma belongs", "put the object in { and }"),
    ('{"a": 1 "b": 2}', 9, 'a comma is missing before "b"', "put a comma after the value before it"),
    ('{"a" "b"}', 6, 'a colon is missing before "b"', "put a colon between the key and its value"),
    ('{"a" 1}', 6, "a colon is missing before 1", "put a colon between the key and its value"),
    ('{"a": 1}}', 9, "} after the end of the document", "remove it"),
    ('"a": 1', 4, "fields without an object around them", "put { before the first field"),
    ('{"a": 1}{"b": 2}', 9, "more text after the end of the document", "several go in a .jsonl file"),
    ("{@: 1}", 2, "@ is where a key belongs", "in double quotes"),
    ("[@]", 2, "@ is where a value belongs", "write a JSON value"),
]


@pytest.mark.parametrize(("text", "column", "problem", "advice"), MISTAKES)
def test_a_mistake_has_its_words(text: str, column: int, problem: str, advice: str) -> None:
    """P18: a mistake is named in words for people, with its place and what to do."""
    with pytest.raises(NotJSON) as error:
        document.loads(text)
    assert problem in error.value.problem
    assert advice in error.value.advice
    offset = len("".join(text.splitlines(keepends=True)[: (error.value.line or 1) - 1])) + (error.value.column or 0)
    assert offset == column


def test_every_kind_has_an_example() -> None:
    """Each row of the table gives the words for at least one text of the examples."""
    unused = {(kind.problem.partition("{")[0], kind.advice.partition("{")[0]) for kind in SYNTAX_KINDS}
    for text, *_ in MISTAKES:
        with pytest.raises(NotJSON) as error:
            document.loads(text)
        problem, advice = error.value.problem, error.value.advice
        unused -= {each for each in unused if problem.startswith(each[0]) and advice.startswith(each[1]) and any(each)}
    assert {each for each in unused if any(each)} == set()


@given(
    st.one_of(
        st.text(),
        st.text('[]{},:"0e-. NaIu\\\n'),
        st.text("[]{},\"'/*#=;…“ab1.-+tT\t\n\u00a0"),
        st.text('[]{},:"').map('{{"a": [1, "b", {{"c": null}}], "d": {}'.format),
    )
)
def test_any_broken_text_has_a_place_and_words(text: str) -> None:
    """What Python's reader refuses is refused with a place inside the text and filled-in words; nothing else is."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        with pytest.raises(NotJSON) as error:
            document.loads(text)
        line, column = error.value.line, error.value.column
        assert line is not None
        assert column is not None
        assert 1 <= column <= len(text.removeprefix("\ufeff").split("\n")[line - 1]) + 1
        assert "{it" not in str(error.value)
