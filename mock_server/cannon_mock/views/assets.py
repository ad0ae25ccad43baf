"""The files that tasks produce, rendered when they are fetched (floor 4)."""

from __future__ import annotations

import logging

from flask import Blueprint, Response

from cannon_mock import claim_ids
from cannon_mock.model import tasks
from cannon_mock.model.tasks import Task
from cannon_mock.views import faults
from cannon_mock.views.context import MockRequest, add_evidence_header, current_request
from cannon_mock.views.errors import ApiError
from cannon_mock.views.file_reply import build_file_reply
from cannon_spec.contract.lifecycle import status_at
from cannon_spec.installation import advise_extra
from cannon_spec.printable import escape_unprintable

blueprint = Blueprint("assets", __name__, url_prefix="/assets")

MEDIA_HEADER = "x-mock-media"
_REFUSED_HEADERS = {
    "refuse-authorization": ("Authorization",),
    "refuse": ("Authorization", "x-api-key"),
    "ignore": (),
}
"""The headers that a fetch may not have, by the setting ``asset_key``."""

_logger = logging.getLogger("cannon_mock.media")


def log_samples(reason: str) -> None:
    """Log that samples are served in place of some files, and why."""
    text = f"the mock serves samples in place of some files: {reason}; to get real ones {advise_extra('media')}"
    _logger.warning(escape_unprintable(text))


@blueprint.get("/<asset_id>/<name>")
def serve_file(asset_id: str, name: str) -> Response:
    """The file of a task that succeeded, to GET and HEAD, whole or a range of it; the same bytes each time.

    HEAD counts as no fetch.
    """
    request = current_request()
    mock, notes = request.mock, request.notes
    task = _find_succeeded(request, asset_id)
    _refuse_key(request)
    scenario = mock.scenarios.find_or_plain(task.scenario)
    is_fetch = request.method != "HEAD"
    faults.apply_faults(notes, faults.find_due_faults(mock, scenario, "asset", task.id, is_counted=is_fetch))
    file = mock.file_renderer.render(task, name)
    if file is None:
        raise ApiError(404, "asset_not_found", f"asset {asset_id[:60]} has no file {name[:60]}", claim_ids.ASSET_OPEN)
    response = build_file_reply(request, file.data, file.media_type, task.timeline.ended_ms)
    if file.difference:
        response.headers[MEDIA_HEADER] = file.difference
    return add_evidence_header(mock, response, claim_ids.ASSET_OPEN, *file.claims, *task.claims)


def _refuse_key(request: MockRequest) -> None:
    """Raise ApiError where a request sends a key to the host of assets, as far as the settings mind it."""
    names = [name for name in _REFUSED_HEADERS[request.mock.config.asset_key] if name in request.headers]
    if names:
        message = f"an asset is fetched without {names[0]}: its host is not the API's, and must not get the API key"
        raise ApiError(400, "asset_key_sent", message, claim_ids.ASSET_AUTHORIZATION)


def _find_succeeded(request: MockRequest, asset: str) -> Task:
    """The task that produced an asset. Raises ApiError where there is none yet, or where it has expired."""
    mock, notes = request.mock, request.notes
    now_ms = request.now_ms
    task = mock.store.tasks.get(tasks.parse_asset_id(asset))
    if (
        task is None
        or status_at(task.timeline, now_ms) != "succeeded"
        or tasks.build_asset_id(mock.catalog, task) != asset
    ):
        raise ApiError(404, "asset_not_found", f"no asset {asset[:60]}", claim_ids.ASSET_OPEN)
    notes.account, notes.operation, notes.model = task.account, task.operation, task.model
    notes.request_id, notes.scenario = task.id, task.scenario
    if now_ms > task.timeline.ended_ms + mock.catalog.lifecycle["asset_ms"]["value"]:
        message = f"the asset {asset[:60]} has expired"
        raise ApiError(410, "asset_expired", message, mock.catalog.lifecycle["asset_ms"]["claim"])
    return task
