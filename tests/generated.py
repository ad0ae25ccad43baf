"""The generated parts of the README: what they are, and how they are written (``make tables``)."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from cannon_mock.__main__ import parser
from cannon_mock.config import PREFIX, Config
from cannon_spec import Catalog, load_catalog, validate
from cannon_spec.output import tables

README = Path(__file__).resolve().parent.parent / "README.md"


def parts() -> dict[str, str]:
    """Each generated part by the name of its marks."""
    catalog = load_catalog()
    return {
        "words": ", ".join(f"`{word}`" for word in validate.WORDS),
        "models": "\n" + tables.render_markdown(tables.tabulate_models(catalog, "image.generate")) + "\n",
        "scenarios": "\n" + tables.render_markdown([("scenario", "what happens"), *_scenarios(catalog)]) + "\n",
        "settings": "\n"
        + tables.render_markdown([("flag", "variable", "what it does (default)"), *_settings()])
        + "\n",
    }


def with_parts(text: str) -> str:
    """The README with every generated part as it must be."""
    for name, part in parts().items():
        marks = rf"(<!-- {name}:begin -->).*?(<!-- {name}:end -->)"
        text = re.sub(marks, lambda found, part=part: f"{found[1]}{part}{found[2]}", text, flags=re.DOTALL)
    return text


def _scenarios(catalog: Catalog) -> list[tuple[str, str]]:
    return [(f"`{name}`", entry["text"]) for name, entry in catalog.scenarios["scenarios"].items()]


def _settings() -> list[tuple[str, str, str]]:
    return [
        (f"`{_flag(action)}`", f"`{PREFIX}{action.dest.upper()}`", action.help or "")
        for action in parser(Config())._actions
        if action.dest not in ("help", "version")
    ]


def _flag(action: argparse.Action) -> str:
    values = " " + "|".join(map(str, action.choices)) if action.choices else ""
    return action.option_strings[-1] + values


if __name__ == "__main__":
    README.write_text(with_parts(README.read_text()))
