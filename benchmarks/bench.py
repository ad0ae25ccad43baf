"""What the rows share: how long they measure, the bodies, and the servers beside each other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import payloads, schema, traffic
from benchmarks.process import Server, find_peer, find_script
from cannon_spec import Catalog, load_catalog

_FLAGS = ("--port", "{port}", "--credits", str(10**9), "--speed", "50")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. A short run shows that each row works; its figures mean nothing."""

    rounds: int = 7
    starts: int = 11
    calls_s: float = 0.1
    traffic_s: int = 2
    lines: int = 300_000
    long_lines: int = 3_500_000
    tasks: int = 1_000_000
    tests: int = 200
    waiting: int = 900
    creates: int = 200
    videos: int = 200


FULL = Size()
SHORT = Size(
    rounds=1,
    starts=1,
    calls_s=0.001,
    traffic_s=1,
    lines=2000,
    long_lines=20_000,
    tasks=3000,
    tests=5,
    waiting=20,
    creates=5,
    videos=4,
)


class Bench:
    """One run. Servers start when a row needs them, and end with the stack.

    ``other`` is ``cannon-mock`` of another checkout, which then takes the place of Prism.
    """

    def __init__(self, stack: ExitStack, size: Size, other: str | None = None) -> None:
        self.stack, self.size, self.other = stack, size, other
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

    @cached_property
    def catalog(self) -> Catalog:
        """The contract, with the compiled engine."""
        return load_catalog(engine="jsonschema-rs")

    @cached_property
    def good_bodies(self) -> list[dict[str, Any]]:
        """Bodies without errors, one for each model of an operation."""
        return payloads.build_good_bodies(self.catalog)

    @cached_property
    def schemas(self) -> schema.Schemas:
        """A schema for each operation and model."""
        return schema.list_schemas(self.catalog)

    def write_schemas(self, *, is_bundle: bool) -> str:
        """Write the schemas for the scripts for Node: one bundle, or one for each operation and model."""
        schemas = schema.bundle_contract(self.catalog) if is_bundle else self.schemas
        return self.write(f"schemas-{is_bundle}.json", schemas)

    @cached_property
    def body(self) -> str:
        """The body of each create."""
        return json.dumps(self.good_bodies[0])

    def write(self, name: str, value: Any) -> str:
        """Write a JSON file into the folder of this run; gives its path."""
        file = self.folder / name
        file.write_text(json.dumps(value))
        return str(file)

    def start_mock(self, *flags: str, stack: ExitStack | None = None) -> Server:
        """Start a mock of this checkout. It ends with ``stack``, else with the run."""
        return self._start([find_script("cannon-mock"), *_FLAGS, *flags], stack)

    def start_peer(self, stack: ExitStack | None = None) -> Server:
        """Start Prism, or the mock of the other checkout."""
        if self.other is not None:
            return self._start([self.other, *_FLAGS], stack)
        document = self.write("openapi.json", self._openapi)
        command = [find_peer("prism"), "mock", "--port", "{port}", "--verboseLevel", "silent", document]
        return self._start(command, stack)

    def _start(self, command: Sequence[str], stack: ExitStack | None) -> Server:
        return Server(stack or self.stack, command, f"{schema.PATH}/req_0")

    @cached_property
    def mock(self) -> Server:
        """A mock as it starts without settings."""
        return self.start_mock()

    @cached_property
    def peer(self) -> Server:
        """The server beside it. Raises NotMeasured where it accepts a bad body."""
        server = self.start_peer()
        traffic.expect_refusal(server.url, json.dumps(payloads.build_bad_bodies()[0]))
        return server

    @cached_property
    def _openapi(self) -> dict[str, Any]:
        """What Prism serves: the replies of the mock are the examples, so that both send as many bytes."""
        accepted = traffic.call(self.mock.url + schema.PATH, self.body)
        polled = traffic.await_end(f"{self.mock.url}{schema.PATH}/{accepted['id']}")
        return schema.build_openapi(self.catalog, payloads.OPERATION, accepted, polled)
