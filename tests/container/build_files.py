"""The Dockerfile and the compose file as values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cannon_mock import Config
from cannon_mock.__main__ import build_parser
from cannon_mock.setting_sources import build_config
from cannon_mock.settings import Source
from cannon_mock.variables import read_variables
from tests.support.workflow_steps import ROOT, read_yaml

DOCKERFILE = ROOT / "mock_server" / "Dockerfile"
COMPOSE_FILE = "mock_server/compose.yaml"
STORE_HOST = "valkey:6379"
"""Where the mocks of the compose file have their store."""


def read_instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each with what follows its word; comments are left out."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(word, " ".join(rest.split())) for word, rest in lines]


def read_arguments() -> dict[str, str]:
    """The arguments of the Dockerfile with their defaults."""
    pairs = (rest.split("=", 1) for word, rest in read_instructions() if word == "ARG" and "=" in rest)
    return {name: default.strip('"') for name, default in pairs}


def read_last_stage() -> dict[str, str]:
    """The instructions of the image that runs; of several with one word, the last."""
    instructions = read_instructions()
    start = max(place for place, (word, _) in enumerate(instructions) if word == "FROM")
    return dict(instructions[start:])


def read_health_command() -> list[str]:
    """What the image runs to tell whether it is healthy."""
    command: list[str] = json.loads(read_last_stage()["HEALTHCHECK"].partition(" CMD ")[2])
    return command


def read_image_variables() -> dict[str, str]:
    """The variables that the image sets."""
    return dict(re.findall(r"(\w+)=(\S+)", read_last_stage()["ENV"]))


def list_composed_mocks() -> dict[str, dict[str, Any]]:
    """The services of the compose file that are mocks, by their names."""
    services = read_yaml(COMPOSE_FILE)["services"]
    return {name: service for name, service in services.items() if "build" in service}


def list_composed_arguments(service: Mapping[str, Any], store: str) -> list[str]:
    """The options of a mock of the compose file, with a store at another address."""
    return [each.replace(f"redis://{STORE_HOST}/0", store) for each in service["command"]]


def build_composed_config(service: Mapping[str, Any], store: str) -> Config:
    """The settings of a mock of the compose file with a store at another address, as its container would read them.

    Raises ValueError, or exits, where ``cannon-mock`` would refuse them.
    """
    flags = vars(build_parser().parse_args(list_composed_arguments(service, store)))
    variables = read_variables(read_image_variables() | service["environment"])
    return build_config(variables, Source("{flag} {value}", flags))
