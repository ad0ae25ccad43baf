"""The files that tasks end with, painted when they are asked for (floor 4)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from textwrap import wrap

from flask import Blueprint, Response, request

from cannon_mock.model import tasks
from cannon_mock.model.tasks import Task
from cannon_mock.views import faults
from cannon_mock.views.context import ExchangeNotes, MockContext, add_evidence_header, current_context, current_notes
from cannon_mock.views.errors import ApiError
from cannon_spec.contract.lifecycle import status_at

blueprint = Blueprint("assets", __name__, url_prefix="/assets")

_LONGEST_TEXT = 2000
_INK = (24, 28, 36)


@blueprint.get("/<asset_id>/<name>")
def asset(asset_id: str, name: str) -> Response:
    """The file of a task that succeeded, to GET and HEAD, whole or in ranges; the same bytes each time."""
    mock = current_context()
    seen = current_notes()
    task = _succeeded(mock, seen, asset_id)
    for fault, wait_s in faults.find_due_faults(mock, mock.scenarios.find_or_plain(task.scenario), "asset", task.id):
        mock.clock.sleep_ms(fault.latency_ms)
        seen.apply_fault(fault)
        faults.raise_status(fault, wait_s)
    form = mock.catalog.operations[task.operation].data["asset"]
    if name not in (form["kind"] + form["suffix"], "source" + form["suffix"]):
        raise ApiError(404, "asset_not_found", f"asset {asset_id[:60]} has no file {name[:60]}", "asset-open")
    data = render(task)
    response = Response(data, mimetype=form["media_type"])
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return add_evidence_header(response, "asset-open", "pixels-defaults", task.size_claim)


def _succeeded(mock: MockContext, seen: ExchangeNotes, asset: str) -> Task:
    """The task that made an asset. Refuses one that is not there yet, or no more."""
    now_ms = mock.clock.now_ms()
    task = mock.store.tasks.get(tasks.parse_asset_id(asset))
    if (
        task is None
        or status_at(task.timeline, now_ms) != "succeeded"
        or tasks.build_asset_id(mock.catalog, task) != asset
    ):
        raise ApiError(404, "asset_not_found", f"no asset {asset[:60]}", "asset-open")
    seen.account, seen.operation, seen.model = task.account, task.operation, task.model
    seen.request_id, seen.scenario = task.id, task.scenario
    if now_ms > task.timeline.ended_ms + mock.catalog.lifecycle["asset_ms"]["value"]:
        message = f"the asset {asset[:60]} has expired"
        raise ApiError(410, "asset_expired", message, mock.catalog.lifecycle["asset_ms"]["claim"])
    return task


def render(task: Task) -> bytes:
    """A PNG of the task's size, with its prompt, model and size written on it, in a colour of its own."""
    size = max(12, min(task.width, task.height) // 20)
    text = _text(task, columns=int((task.width - 2 * size) / (size * 0.55)), rows=int(task.height / size / 1.4) - 1)
    return _painted(task.width, task.height, size, text, _tint(task.id))


@lru_cache(maxsize=16)
def _painted(width: int, height: int, size: int, text: str, tint: tuple[int, int, int]) -> bytes:
    from PIL import Image, ImageDraw, ImageFont  # late: a mock that serves no picture starts without it

    image = Image.new("P", (width, height), 0)
    image.putpalette([*tint, *_INK])
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # two colours, no shades between them
    draw.multiline_text((size, size), text, font=ImageFont.load_default(size), fill=1, spacing=size * 0.4)
    out = BytesIO()
    image.save(out, "PNG", bits=1)
    return out.getvalue()


def _tint(name: str) -> tuple[int, int, int]:
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    return 170 + red // 3, 170 + green // 3, 170 + blue // 3


def _text(task: Task, columns: int, rows: int) -> str:
    prompt = str(task.input.get("prompt", ""))[:_LONGEST_TEXT]
    heading = f"{task.model}  {task.width} x {task.height}  {task.aspect_ratio}"
    wrapped = [*wrap(heading, max(8, columns)), "", *wrap(prompt, max(8, columns))]
    return "\n".join(wrapped[: max(1, rows)])
