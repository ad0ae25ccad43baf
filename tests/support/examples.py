"""The examples of the contract: its files, and those that a row of changes.json makes from a file by one patch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cannon_spec import Catalog, Report, validate_input, validate_request, validate_response
from cannon_spec.contract.overlay import merge_patch
from tests.support.payloads import FOLDER

HOME = FOLDER / "examples"
_CHANGES = "changes.json"


class Example(NamedTuple):
    """One document with the rules that it breaks.

    ``folder`` is its folder under ``examples/``. ``name`` is its file, with the title of the row that changes it.
    ``part`` says what ``document`` is: ``input``, ``output`` or ``body``.
    """

    folder: str
    name: str
    title: str
    part: str
    document: Any
    expect: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def schema(self) -> str:
        """The id of the schema that judges the document."""
        operation = self.folder.removesuffix("/output")
        return self.folder if self.part == "body" else f"operations/{operation}/{self.part}"

    def judge(self, catalog: Catalog) -> Report:
        """Judge the document by a catalog."""
        if self.part == "input":
            return validate_input(self.folder, self.document, catalog=catalog)
        if self.part == "output":
            body = {**_SUCCESS, "operation": self.folder.removesuffix("/output"), "output": self.document}
            return validate_response("request", body, catalog=catalog)
        if self.folder == "envelope/create":
            return validate_request(self.document, catalog=catalog)
        return validate_response(self.folder.removeprefix("envelope/"), self.document, catalog=catalog)


def _iter_files() -> Iterator[Example]:
    for file in sorted(HOME.rglob("*.json")):
        if file.name != _CHANGES:
            content = read_json(file)
            part = next(word for word in ("input", "output", "body") if word in content)
            folder = file.parent.relative_to(HOME).as_posix()
            yield Example(folder, file.stem, content["title"], part, content[part], tuple(content["expect"]))


def _iter_changes(files: dict[str, Example]) -> Iterator[Example]:
    for file in sorted(HOME.rglob(_CHANGES)):
        folder = file.parent.relative_to(HOME).as_posix()
        for row in read_json(file)["changes"]:
            example = files[f"{folder}/{row['of']}"]
            document = merge_patch(example.document, row["patch"])
            yield example._replace(
                name=f"{example.name}: {row['title']}",
                title=row["title"],
                document=document,
                expect=tuple(row["expect"]),
            )


def read_json(file: Path) -> Any:
    """The JSON value of a file."""
    return json.loads(file.read_text("utf-8"))


_SUCCESS: dict[str, Any] = read_json(HOME / "envelope" / "request" / "documented-succeeded.json")["body"]
FILES = {example.id: example for example in _iter_files()}
EXAMPLES = [*FILES.values(), *_iter_changes(FILES)]
