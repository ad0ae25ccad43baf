"""The HTTP side: requests from a socket, replies onto it."""

import time
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from tests.servers.plain_server.bodies import BadFraming, read_body
from tests.servers.plain_server.messages import Reply, Request
from tests.servers.plain_server.service import Service


class Handler(BaseHTTPRequestHandler):
    """Serves one connection. A subclass of it is bound to the service that answers."""

    service: ClassVar[Service]
    protocol_version = "HTTP/1.1"
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s.\n"
    # A reply leaves in one packet: two small ones would wait for each other's acknowledgement.
    wbufsize = 65_536
    disable_nagle_algorithm = True

    def handle_request(self) -> None:
        """Read a request, have it answered, and send the reply."""
        request = self.read_request()
        if request is None:
            self.close_connection = True
            self.send_error(400, "The length of the body cannot be told")
            return
        reply = self.service.answer(request)
        self.wait_before_reply()
        self.send_reply(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_request  # noqa: N815 - the names that http.server calls

    def read_request(self) -> Request | None:
        """Read a whole request; None stands for a body without a clear end."""
        try:
            body = read_body(self.rfile, self.headers)  # type: ignore[arg-type]  # a file, though typed as less
        except BadFraming:
            return None
        return Request(self.command, self.path, self.headers, body)

    def wait_before_reply(self) -> None:
        """Be as slow as the settings say."""
        if self.service.settings.answer_ms > 0:
            time.sleep(self.service.settings.answer_ms / 1000)

    def send_reply(self, reply: Reply) -> None:
        """Send a reply."""
        self.send_status(reply)
        self.send_headers(reply)
        self.send_body(reply)

    def send_status(self, reply: Reply) -> None:
        """Send the status line."""
        self.send_response(reply.status)

    def send_headers(self, reply: Reply) -> None:
        """Send the headers."""
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_body(self, reply: Reply) -> None:
        """Send the body, except after HEAD."""
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def version_string(self) -> str:
        """Name the server without the versions of what it runs on."""
        return "plain"

    def handle_expect_100(self) -> bool:
        """Tell the client at once to go on, as replies are buffered."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def log_message(self, format: str, *args: object) -> None:
        """Log no request."""
