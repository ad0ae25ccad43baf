"""The files that tasks end with, painted when they are asked for (floor 4)."""

from __future__ import annotations

import hashlib
from io import BytesIO
from textwrap import wrap

from flask import Blueprint, Response, request

from cannon_spec.lifecycle import status_at
from mock_server.mock import cite, current
from mock_server.refusals import Refusal
from mock_server.tasks import Task

blueprint = Blueprint("assets", __name__, url_prefix="/assets")

_LONGEST_TEXT = 2000
_MARGIN = 24


@blueprint.get("/<asset_id>/<name>")
def asset(asset_id: str, name: str) -> Response:
    """The file of a task that succeeded, to GET and HEAD, whole or in ranges; the same bytes each time."""
    mock = current()
    task = mock.store.get_by_asset(asset_id)
    if task is None or status_at(task.timeline, mock.clock.now_ms()) != "succeeded":
        raise Refusal(404, "asset_not_found", f"no asset {asset_id[:60]}", "asset-open")
    form = mock.catalog.operations[task.operation].data["asset"]
    if name not in (form["kind"] + form["suffix"], "source" + form["suffix"]):
        raise Refusal(404, "asset_not_found", f"asset {asset_id[:60]} has no file {name[:60]}", "asset-open")
    data = render(task)
    response = Response(data, mimetype=form["media_type"])
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return cite(response, ("asset-open", task.size_claim))


def render(task: Task) -> bytes:
    """A PNG of the task's size, with its prompt, model and size written on it."""
    from PIL import Image, ImageDraw, ImageFont  # late: a mock that serves no picture starts without it

    image = Image.new("1", (task.width, task.height), 1)
    size = max(12, min(task.width, task.height) // 24)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    columns = max(8, int((task.width - 2 * _MARGIN) / (size * 0.6)))
    prompt = str(task.input.get("prompt", ""))[:_LONGEST_TEXT]
    heading = f"{task.model}  {task.width} x {task.height}"
    rows = max(1, int((task.height - 2 * _MARGIN) / (size * 1.4)))
    text = "\n".join([*wrap(heading, columns), "", *wrap(prompt, columns)][:rows])
    draw.rectangle((4, 4, task.width - 5, task.height - 5), outline=0, width=2)
    draw.multiline_text((_MARGIN, _MARGIN), text, font=font, fill=0, spacing=size * 0.4)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
