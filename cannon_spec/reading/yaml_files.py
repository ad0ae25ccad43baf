"""Files of YAML 1.2, of one document or several (floor 2).

YAML 1.2 reads ``16:9`` and ``no`` as text; YAML 1.1 makes 969 and false of them. What JSON does not have, or what
readers of YAML disagree on, is refused. Values are taken from the tree of nodes, which knows the places.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from cannon_spec import claim_ids, document, inputs
from cannon_spec.errors import MissingExtra, NotJSON
from cannon_spec.installation import advise_extra, describe_import_error
from cannon_spec.json_positions import Position, escape_letter, find_position, is_encodable, show_token
from cannon_spec.pointer import Path, from_pointer, to_pointer
from cannon_spec.printable import escape_unprintable
from cannon_spec.reading.documents import Document, UnreadableDocument

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import Node

MAX_ALIASED_SIZE = 1024 * 1024
"""The most characters and values that the aliases of a file may repeat: far more than a payload has."""

_TAG = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_TOO_DEEP = f"nested deeper than {document.MAX_DEPTH} levels", "flatten the document"
_NEXT_LINE = "\x85"
_OLD_VERSION = re.compile(r"^%YAML[ \t]+1\.1", re.MULTILINE)
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_ESCAPE = "a backslash that is no escape", r"use single quotes, or write a backslash itself as \\"
_PROBLEMS = {
    r"found character '\t'": ("a tab in front of a value", "indent with spaces"),
    "mapping values are not allowed": ("a second colon, or a wrong indentation", "put text with a colon in quotes"),
    "could not find expected ':'": ("a colon is missing after a key", "write KEY: VALUE, with a space after the colon"),
    "found undefined alias": ("an alias without its anchor", "write the value out"),
    "found unexpected end of stream": ("a quote is not closed", "close it"),
    "cannot start any token": ("a character that cannot start a value", "put the text in quotes"),
    "expected ',' or '}'": ("a comma or } is missing", "put a comma between values, and close what is open"),
    "expected ',' or ']'": ("a comma or ] is missing", "put a comma between values, and close what is open"),
    "expected the node content": ("a value is missing", "write the value"),
    "expected escape sequence": _ESCAPE,
    "found unknown escape": _ESCAPE,
}
"""What the reader says of frequent mistakes, with the words for people and what to do."""


class YAMLDocument:
    """A document of a YAML file."""

    __slots__ = ("_members_by_node", "_node", "line", "value")
    error = None
    is_plain = False

    def __init__(self, line: int | None, node: Node, value: Any) -> None:
        self.line = line
        self.value = value
        self._node = node
        self._members_by_node: dict[int, dict[str, Node]] = {}

    def locate(self, pointer: str) -> Position:
        """Where the value at a JSON Pointer starts in the file; a value inside an alias is where its anchor is."""
        node = self._node
        for part in from_pointer(pointer):
            if id(node) not in self._members_by_node:
                self._members_by_node[id(node)] = _list_members(node)
            member = self._members_by_node[id(node)].get(part)
            if member is None:
                break
            node = member
        return _find_start(node)


def read_yaml(stream: IO[bytes]) -> Iterator[Document]:
    """Read a stream of YAML documents; those that are empty are left out.

    Raises MissingExtra without the extra ``yaml``.
    """
    text = inputs.decode_document(stream.read(inputs.MAX_BYTES + 1))
    nodes: list[Node] = []
    problem: NotJSON | None = None
    try:
        nodes += compose_documents(text)
    except NotJSON as error:
        problem = error
    is_one = len(nodes) + (problem is not None) == 1
    for node in nodes:
        yield _read_node(None if is_one else _find_start(node).line, node)
    if problem is not None:  # after the documents in front of it
        yield UnreadableDocument(None, problem)


def compose_documents(text: str) -> Iterator[Node]:
    """The root of each document that is not empty.

    Raises NotJSON where the text is not YAML 1.2, and MissingExtra without the extra ``yaml``.
    """
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError
        from ruamel.yaml.reader import ReaderError

        from cannon_spec.reading.yaml_aliases import BoundedScanner, PlacedAliasComposer, TooManyBrackets
    except ImportError as error:
        raise MissingExtra(f"this is YAML, and {describe_import_error(error)}; {advise_extra('yaml')}") from None
    if old := _OLD_VERSION.search(text):
        raise _refuse(text, old.start(), "YAML 1.1 reads 16:9 as a number", "remove the line; YAML 1.2 is read")
    if _NEXT_LINE in text:  # the reader takes it for a line break, as YAML 1.1 does, and would read a space
        problem = "the character U+0085 is a line break in YAML 1.1 and text in YAML 1.2"
        raise _refuse(text, text.index(_NEXT_LINE), problem, "write it as \\N in double quotes, or remove it")
    try:
        reader = YAML(typ="safe", pure=True)  # pure: the compiled reader knows YAML 1.1 only
        reader.Scanner, reader.Composer = BoundedScanner, PlacedAliasComposer
        nodes = reader.compose_all(text)
        yield from (node for node in nodes if not _is_empty(node))
    except MarkedYAMLError as error:
        raise _explain(error) from None
    except ReaderError as error:
        offset = text.index(chr(error.character))
        raise _refuse(
            text, offset, f"the character {escape_letter(text[offset])} is not allowed in YAML", "remove it"
        ) from None
    except TooManyBrackets as error:
        raise _refuse(text, _find_deep_offset(text[: error.offset]), *_TOO_DEEP) from None
    except RecursionError:
        raise _refuse(text, _find_deep_offset(text), *_TOO_DEEP) from None


def _find_deep_offset(text: str) -> int:
    """Where the first value starts that is too deep, in a text that nests too deep for a tree."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > document.MAX_DEPTH:
            return int(event.start_mark.index)
    return 0


def _refuse(text: str, offset: int, problem: str, advice: str) -> NotJSON:
    line, column = find_position(text, offset)
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=line, column=column)


def _explain(error: MarkedYAMLError) -> NotJSON:
    """A syntax error in words for people."""
    text = str(error.problem)
    rows = (row for words, row in _PROBLEMS.items() if words in text)
    problem, advice = next(rows, (f"not YAML: {escape_unprintable(text)}", "correct the YAML there"))
    mark = error.problem_mark or error.context_mark
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=line, column=column)


def _read_node(line: int | None, node: Node) -> Document:
    try:
        return YAMLDocument(line, node, _ValueBuilder().build(node, ()).value)
    except NotJSON as error:
        return UnreadableDocument(line, error)


def _is_empty(node: Node) -> bool:
    """Whether a document has nothing between its markers."""
    return node.value == "" and _find_kind(node) == "null"


def _find_kind(node: Node) -> str:
    """The tag of a node, without the address of those that YAML itself has."""
    return (node.tag or "").removeprefix(_TAG)


def _find_start(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _list_members(node: Node) -> dict[str, Node]:
    """The nodes of the members of an object or a list by key or index; none of a scalar."""
    if isinstance(node.value, str):
        return {}
    pairs = (each if isinstance(each, tuple) else (None, each) for each in node.value)
    return {
        str(index) if key is None else _join_surrogates(key.value): value for index, (key, value) in enumerate(pairs)
    }


def _join_surrogates(text: str) -> str:
    """A text in which two escapes of one character, as JSON has them, are that character."""
    if is_encodable(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class _Built(NamedTuple):
    """The value of a node, what an alias of it counts, and how many levels of lists and objects it has."""

    value: Any
    size: int
    height: int = 0


class _ValueBuilder:
    """Build the JSON value of a node. Raises NotJSON, with the place, for what JSON does not have.

    What aliases repeat is built once, and its value is shared: a few lines can stand for billions of values.
    """

    def __init__(self) -> None:
        from cannon_spec.reading.yaml_aliases import is_alias  # late: it needs the extra

        self._is_alias = is_alias
        self._built_contents: dict[int, _Built] = {}
        self._open_contents: set[int] = set()
        self._aliased_size = 0

    def build(self, node: Node, path: Path) -> _Built:
        """The value of a node at a path."""
        if isinstance(node.value, str):
            built = _Built(_read_scalar(node, path), 1 + len(node.value))
            if self._is_alias(node):
                self._count_alias(node, path, built)
            return built
        content = id(node.value)  # an alias has a node of its own, with the content of the anchor's
        if content in self._built_contents:
            self._count_alias(node, path, self._built_contents[content])
            return self._built_contents[content]
        if len(path) >= document.MAX_DEPTH or content in self._open_contents:
            raise _fail(node, path[:1], *_TOO_DEEP)
        self._open_contents.add(content)
        self._built_contents[content] = self._build_content(node, path)
        return self._built_contents[content]

    def _build_content(self, node: Node, path: Path) -> _Built:
        if _find_kind(node) == "seq":
            items = [self.build(each, (*path, index)) for index, each in enumerate(node.value)]
            return _join([each.value for each in items], items)
        if _find_kind(node) == "map":
            members = self._build_members(node, path)
            return _join({key: each.value for key, each in members.items()}, members.values())
        raise _fail(node, path, f"the tag {show_token(_find_kind(node))} has no JSON form", "remove it")

    def _build_members(self, node: Node, path: Path) -> dict[str, _Built]:
        members: dict[str, _Built] = {}
        for key_node, value_node in node.value:
            key = _read_key(key_node, path)
            if key in members:
                problem = f"the key {json.dumps(key)} is given twice in one object"
                raise _fail(key_node, path, problem, "keep one of the two")
            members[key] = self.build(value_node, (*path, key))
        return members

    def _count_alias(self, node: Node, path: Path, built: _Built) -> None:
        self._aliased_size += built.size
        if self._aliased_size > MAX_ALIASED_SIZE:
            problem = f"the aliases stand for more than {MAX_ALIASED_SIZE // 1024} KiB"
            raise _fail(node, path[:1], problem, "write the values out")
        if len(path) + built.height > document.MAX_DEPTH:
            raise _fail(node, path[:1], *_TOO_DEEP)


def _join(value: Any, parts: Collection[_Built]) -> _Built:
    size, height = 1 + len(parts), 0
    for part in parts:
        size, height = size + part.size, max(height, part.height)
    return _Built(value, size, height + 1)


def _read_key(node: Node, path: Path) -> str:
    if _find_kind(node) == "merge":
        raise _fail(node, path, "<< merges objects in YAML 1.1 only", "write the fields out")
    if _find_kind(node) != "str":
        if not isinstance(node.value, str):
            raise _fail(node, path, "a key is a list or an object", "a key must be text")
        raise _fail(node, path, f"the key {show_token(node.value)} is not text", "put it in quotes")
    return str(_read_scalar(node, path))


def _read_scalar(node: Node, path: Path) -> Any:
    kind, text, shown = _find_kind(node), node.value, show_token(node.value)
    if kind == "str":
        if not is_encodable(text := _join_surrogates(text)):
            raise _fail(node, path, "a text has half of a surrogate pair", "send the character itself")
        return text
    if kind in ("bool", "null") and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if kind in ("int", "float") and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return json.loads(text)
    if kind in ("int", "float"):
        advice = "write a number as 5, 0.5 or 1e3, and text in quotes"
        raise _fail(node, path, f"{shown} is not a JSON number, and readers of YAML disagree on it", advice)
    if kind == "timestamp":
        raise _fail(node, path, f"{shown} is a date in YAML", f'put it in quotes: "{shown}"')
    raise _fail(
        node, path, f"the tag {show_token(_find_kind(node))} has no JSON form", "remove it, or put text in quotes"
    )


def _fail(node: Node, path: Path, problem: str, advice: str) -> NotJSON:
    line, column = _find_start(node)
    return NotJSON(problem, advice, pointer=to_pointer(path), line=line, column=column)
