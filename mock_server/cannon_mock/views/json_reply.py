"""Replies of JSON, compact, with the keys in the vendor's order (floor 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import Headers

from cannon_mock.compact_json import write_json

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MEDIA_TYPE = "application/json"


class JsonReply(Response):
    """A reply whose body and headers are whole when it is built, so that nothing has to be found out as it is sent."""

    def __init__(self, content: Any, status: int = 200) -> None:
        data = write_json(content, DefaultJSONProvider.default) + b"\n"
        headers = Headers()
        headers.add("Content-Type", _MEDIA_TYPE)
        headers.add("Content-Length", str(len(data)))
        super().__init__([data], status, headers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See Response. A reply that was changed after it was built, or has no body to be sent, goes the usual way."""
        if environ["REQUEST_METHOD"] == "HEAD" or type(self.response) is not list or self._on_close:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.response


class JsonReplies(DefaultJSONProvider):
    """What makes JsonReply the result of Flask's ``jsonify``."""

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """See JSONProvider."""
        return JsonReply(self._prepare_response_obj(args, kwargs))
