"""The server as one object that starts and stops."""

import socket
import socketserver
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import ThreadingHTTPServer
from typing import Any, Self

from tests.servers.plain_server.handler import Handler
from tests.servers.plain_server.parts import Parts
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.settings import Settings

HOST = "127.0.0.1"
STOP_SECONDS = 0.05


class Listener(ThreadingHTTPServer):
    """Accepts connections, and knows the open ones so that a stop can end them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for the own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note a connection before a thread serves it."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        """End every connection, so that no thread waits for its next request."""
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class PlainServer:
    """A server in this process; the parts, the service and the handler may be of subclasses."""

    def __init__(
        self,
        settings: Settings | None = None,
        parts: Parts | None = None,
        service_class: type[Service] = Service,
        handler_class: type[Handler] = Handler,
    ) -> None:
        self.settings = settings or Settings()
        self.parts = parts or Parts()
        self.service_class = service_class
        self.handler_class = handler_class

    def start(self) -> Self:
        """Bind the port, and serve it on a thread."""
        self.listener = Listener(self.settings.port)
        self.address = f"http://{HOST}:{self.listener.server_port}"
        self.service = self.service_class(self.complete_settings(), self.parts)
        self.listener.RequestHandlerClass = type("BoundHandler", (self.handler_class,), {"service": self.service})
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(STOP_SECONDS,), daemon=True)
        self.thread.start()
        return self

    def complete_settings(self) -> Settings:
        """Fill in the public address: without another one it is the own."""
        public_base = self.settings.public_base.rstrip("/") or self.address
        return replace(self.settings, public_base=public_base)

    def stop(self) -> None:
        """Stop serving, and leave nothing open."""
        self.listener.shutdown()
        self.thread.join()
        self.service.stop()
        self.listener.end_connections()
        self.listener.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
