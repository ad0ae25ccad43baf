"""A receiver of webhooks that a target calls over the network (floor 6)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

from cannon_contract.client.api import new_key
from cannon_contract.client.outcomes import NotTested
from cannon_contract.runner.address_checks import is_any_host
from cannon_contract.runner.listen_address import ListenAddress
from cannon_contract.runner.targets import open_client
from cannon_spec.system_errors import explain_os_error

_LARGEST_BODY = 1_000_000
_MOST_CHUNKS = 10_000
_LONGEST_CHUNK_HEAD = 200
_MOST_DELIVERIES = 100
_MOST_CONNECTIONS = 16
_TIMEOUT_S = 10.0
_STOP_S = 0.05


@dataclass(frozen=True, slots=True)
class ListenerInbox:
    """The webhooks that came to one address of the receiver."""

    url: str
    deliveries: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)


class WebhookListener:
    """A server that keeps webhooks, each for the address that it came to.

    What came is bounded in size, number and time, since anybody who can reach the address can call it.
    """

    def __init__(self, address: ListenAddress) -> None:
        self._inboxes: dict[str, ListenerInbox] = {}
        try:
            self._server = _Server((address.host, address.port), self)
        except OSError as error:
            place = f"{address.host}:{address.port}"
            reason = explain_os_error(error, "")
            raise NotTested(f"cannot listen for webhooks at {place} (--webhook-listen): {reason}") from None
        bound_host = str(self._server.server_address[0])
        if not address.public_url and is_any_host(bound_host):  # a name may stand for it
            self._server.server_close()
            raise NotTested(f"no target can call {bound_host}, which is {address.host}: add =URL to --webhook-listen")
        self._is_public = bool(address.public_url)
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._url = address.public_url or f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_STOP_S,), daemon=True)
        self._thread.start()

    def open_inbox(self) -> ListenerInbox:
        """Open an address of its own. Raises NotTested where the public address does not lead here."""
        name = new_key()
        inbox = self._inboxes[name] = ListenerInbox(f"{self._url}/{name}")
        if self._is_public:
            _check_reachable(inbox)
        return inbox

    def keep(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Keep a webhook, and return the status to answer with."""
        inbox = self._inboxes.get(urlsplit(path).path.rpartition("/")[2])
        if inbox is None:
            return 404
        if len(inbox.deliveries) >= _MOST_DELIVERIES:
            return 429
        inbox.deliveries.append((body, headers))
        return 204

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def listen(address: ListenAddress) -> Iterator[WebhookListener]:
    """Listen for webhooks until the end of the block."""
    listener = WebhookListener(address)
    try:
        yield listener
    finally:
        listener.close()


def find_listen_problem(address: ListenAddress) -> str:
    """Say why no webhook can come in at an address; empty where one can."""
    try:
        with listen(address) as listener:
            listener.open_inbox()
    except NotTested as error:
        return str(error)
    return ""


def _check_reachable(inbox: ListenerInbox) -> None:
    try:
        with open_client(_TIMEOUT_S) as client:
            client.post(inbox.url, content=b"{}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotTested(f"no answer from the address for webhooks, {inbox.url} (--webhook-listen): {error}") from None
    if not inbox.deliveries:
        raise NotTested(f"the address for webhooks, {inbox.url} (--webhook-listen), does not lead to this machine")
    inbox.deliveries.clear()


class _Server(ThreadingHTTPServer):
    """Serves each connection on a thread, and refuses those that are too many."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], listener: WebhookListener) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._free_places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(address, type("_BoundHandler", (_Handler,), {"listener": listener}))

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection if there is a place."""
        if self._free_places.acquire(blocking=False):
            # A time-out of the socket would be one of a single read: a client that sends a byte now and then has none.
            deadline = threading.Timer(_TIMEOUT_S, _cut_off, (request,))
            deadline.start()
            try:
                super().process_request_thread(request, client_address)
            finally:
                deadline.cancel()
                self._free_places.release()
        else:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that go away."""


def _cut_off(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """Reads one webhook. A subclass of it is bound to the listener that keeps it."""

    listener: WebhookListener
    timeout = _TIMEOUT_S

    def do_POST(self) -> None:
        """Keep a webhook."""
        self.send_response(self._keep())
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST  # noqa: N815 - the name that http.server calls; no page names the method

    def _keep(self) -> int:
        """Keep a webhook if its body can be read, and return the status to answer with."""
        coding = ",".join(self.headers.get_all("Transfer-Encoding", [])).strip().lower()
        if coding not in ("", "chunked"):
            return 501
        body = self._read_chunks() if coding else self._read_body()
        return 413 if body is None else self.listener.keep(self.path, body, dict(self.headers.items()))

    def _read_body(self) -> bytes | None:
        """Read the body by its length; None for one that is too large."""
        length = self.headers.get("Content-Length", "0")
        is_small = length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= _LARGEST_BODY
        return self.rfile.read(int(length)) if is_small else None

    def _read_chunks(self) -> bytes | None:
        """Read the body chunk by chunk; None for one that is too large, or has too many of them."""
        body = bytearray()
        for _ in range(_MOST_CHUNKS):
            size = int(self.rfile.readline(_LONGEST_CHUNK_HEAD).partition(b";")[0], 16)
            if size == 0:
                return bytes(body)
            if size < 0 or len(body) + size > _LARGEST_BODY:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(_LONGEST_CHUNK_HEAD)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
