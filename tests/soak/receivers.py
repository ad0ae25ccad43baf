"""Receivers of webhooks that answer well, late, byte by byte, with an error, or never."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from zlib import crc32

from tests.soak.ledger import Ledger, Receipt
from tests.support.processes import find_free_port

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ERROR = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SLOW_S = 0.7
_TRICKLE_S = 0.3
_DEAD_S = 30

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def _answer_well(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK)


async def _answer_late(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_SLOW_S)
    writer.write(_OK)


async def _trickle(writer: asyncio.StreamWriter) -> None:
    for byte in _OK:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(_TRICKLE_S)


async def _answer_error(writer: asyncio.StreamWriter) -> None:
    writer.write(_ERROR)


async def _stay_silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_DEAD_S)


_RECEIVERS: dict[str, Respond] = {
    "good": _answer_well,
    "slow": _answer_late,
    "trickling": _trickle,
    "failing": _answer_error,
    "dead": _stay_silent,
}
SHARES = {"good": 10, "slow": 2, "trickling": 1, "failing": 1, "dead": 1, "closed": 1}
"""How often each receiver is named; nothing listens at the port of the one that is closed."""

WELL_ANSWERING = ("good", "slow")


class Receivers:
    """A receiver of each kind, each on a port of its own; ``ledger`` notes what arrives, and may be replaced."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.urls = {"closed": f"http://127.0.0.1:{find_free_port()}/hook"}
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def run(self) -> Iterator[Receivers]:
        """Receive while the context lasts."""
        is_listening = threading.Event()
        thread = threading.Thread(target=self._run_loop, args=(is_listening,), daemon=True)
        thread.start()
        is_listening.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def _run_loop(self, is_listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        for kind, respond in _RECEIVERS.items():
            server = self._loop.run_until_complete(
                asyncio.start_server(self._build_handler(kind, respond), "127.0.0.1")
            )
            self.urls[kind] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        is_listening.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _build_handler(
        self, kind: str, respond: Respond
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                self._note(kind, *await _read_request(reader))
                await respond(writer)
                await writer.drain()
            writer.close()

        return handle

    def _note(self, kind: str, event_id: str, body: bytes) -> None:
        event = json.loads(body)
        id_ = event["data"]["id"]
        self.ledger.receive(event_id, Receipt(kind, id_, f"{event['type']} of {id_} ({crc32(body):08x})"))


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The id of a webhook, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = (line.split(": ", 1) for line in head.splitlines()[1:] if line)
    headers = {name.lower(): value for name, value in fields}
    return headers["webhook-id"], await reader.readexactly(int(headers["content-length"]))
