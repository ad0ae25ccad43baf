"""The mutants: at least one for each claim on behaviour, and some for claims on shapes."""

from __future__ import annotations

from cannon_spec import load_catalog
from tests.mutants import changes, media_changes, stateful
from tests.mutants.by_operation import list_operation_mutants
from tests.mutants.changes import add_to_member, set_members, set_output
from tests.mutants.mutant import (
    break_call,
    break_credits,
    break_field,
    break_memory,
    break_reply,
    break_request_body,
    break_request_header,
    break_status,
    break_time,
    break_webhook,
    break_webhook_time,
)

ENDED = ("succeeded", "failed")
SUCCESS, FAILURE = ("succeeded",), ("failed",)
STATUS, CREATE, READ, ASSET = "GET status", "POST create", "GET read", "GET asset"
VIDEO_SIZES = load_catalog().media["video"]
VIDEO_TABLES = [each for each in VIDEO_SIZES["models"].values() if each["sizes"]]
VIDEO_SIZE_CLAIMS = {each["claim"] for each in (*VIDEO_TABLES, VIDEO_SIZES["computed"])}
SIZE_CLAIMS = [each["claim"] for each in load_catalog().media["image"]["models"].values()]

MUTANTS = [
    break_request_header("auth-headers", "a bearer token is ignored", lambda call: {"authorization": None}),
    break_request_header("auth-headers", "creates ignore a bearer token", changes.ignore_bearer(CREATE)),
    break_request_header("auth-headers", "polls ignore a bearer token", changes.ignore_bearer(READ)),
    break_status("auth-status-401", "a bad key is answered with 403 at the status", STATUS, 401, 403),
    break_memory(
        "auth-status-401",
        "the prefix of a key is enough",
        stateful.accept_wrong_keys(STATUS, lambda key, good_key: key.startswith("cs_live_")),
    ),
    break_memory(
        "auth-status-401",
        "the case of a key does not count",
        stateful.accept_wrong_keys(STATUS, lambda key, good_key: key.lower() == good_key.lower()),
    ),
    break_memory(
        "auth-every-request",
        "a create needs no key",
        stateful.accept_wrong_keys(CREATE, lambda key, good_key: not key),
    ),
    break_memory(
        "auth-every-request",
        "the start of a key is enough for a create",
        stateful.accept_wrong_keys(CREATE, lambda key, good_key: bool(key) and good_key.startswith(key)),
    ),
    break_memory(
        "auth-every-request", "a poll needs no key", stateful.accept_wrong_keys(READ, lambda key, good_key: not key)
    ),
    break_memory(
        "auth-every-request",
        "the last letter of a key does not count at a poll",
        stateful.accept_wrong_keys(READ, lambda key, good_key: key[:-1] == good_key[:-1]),
    ),
    break_request_header("auth-other-forms", "any word may stand before a key", changes.read_any_scheme),
    break_call("auth-key-not-shown", "the status shows the key", changes.show_key(STATUS, 200)),
    break_call("auth-key-not-shown", "a poll shows the key", changes.show_key(READ, 200)),
    break_call("auth-key-not-shown", "a refusal shows the key", changes.show_key(CREATE, 400)),
    break_status("auth-401-everywhere", "a bad key is answered with 403 at a create", CREATE, 401, 403),
    break_status("auth-401-everywhere", "a bad key is answered with 404 at a poll", READ, 401, 404),
    break_request_header("auth-key-form", "a long key is refused", changes.refuse_long_keys),
    break_request_header("auth-x-api-key-first", "the bearer token decides", changes.prefer_bearer),
    break_memory("read-other-key", "any key reads any request", stateful.read_with_any_key),
    break_status("read-same-key", "no key reads a request", READ, 200, 404),
    break_status("scope-403", "a create without its scope is answered with 401", CREATE, 403, 401),
    break_status("scope-403", "a poll without its scope is answered with 404", READ, 403, 404),
    break_status("status-code", "a status call is answered with 203", STATUS, 200, 203),
    break_field("status-ok", "ok is false", STATUS, set_members(ok=False)),
    break_field("status-reply-shape", "no serverTime", STATUS, lambda body: body.pop("serverTime")),
    break_field("status-server-time", "an hour late", STATUS, changes.delay_server_time),
    break_call("status-free", "a status call makes a request", changes.charge_status),
    break_field("status-credits-agree", "the two balances differ", STATUS, add_to_member("creditsRemaining", 1)),
    break_field(
        "status-account", "the status has another plan", STATUS, lambda body: body["account"].update(plan="pro")
    ),
    break_field(
        "credits-start", "an account starts with one credit less", STATUS, add_to_member("creditsRemaining", -1)
    ),
    break_reply("create-validates", "an invalid body is accepted", CREATE, changes.accept_refused_create),
    break_status("create-validates", "an invalid body is answered with 500", CREATE, 400, 500),
    break_request_body("create-refuses-unshown", "unknown fields are ignored", changes.accept_unknown_fields),
    break_status("create-accepted-202", "a create is answered with 200", CREATE, 202, 200),
    break_call("create-accepts-valid", "a ratio is required", changes.require_ratio),
    break_call("create-envelope", "a webhook_url is refused", changes.refuse_webhook_url),
    break_call("image-fields", "a style is refused", changes.refuse_style),
    break_field("create-reply-shape", "no poll_after_ms", CREATE, lambda body: body.pop("poll_after_ms")),
    break_field("create-reply-queued", "processing in the first reply", CREATE, set_members(status="processing")),
    break_request_header(
        "create-idempotent", "the idempotency key is ignored", lambda call: {"x-idempotency-key": None}
    ),
    break_memory(
        "create-idempotent", "parallel repeats make requests of their own", stateful.forget_keys_on_other_threads
    ),
    break_memory(
        "create-idempotent",
        "a key is forgotten when work begins",
        stateful.forget_keys_after("processing", "succeeded"),
    ),
    break_memory("create-idempotent", "a key is forgotten at the end", stateful.forget_keys_after("succeeded")),
    break_memory("create-idempotent", "a repeat is charged", stateful.charge_repeats),
    break_request_header("create-idempotent", "a key is cut to 64 letters", changes.cut_idempotency_key),
    break_call("idempotency-optional", "an idempotency key is required", changes.require_idempotency_key),
    break_request_header("idempotency-key-form", "a key of any length is accepted", changes.shorten_idempotency_key),
    break_memory("idempotency-scope", "a key is shared by all accounts", stateful.share_keys_between_accounts),
    break_memory("idempotency-repeat", "a repeat is answered with 200", stateful.answer_repeats_with_200),
    break_status("idempotency-mismatch", "another body is answered with 409", CREATE, 422, 409),
    break_memory("idempotency-mismatch", "another body gets the first reply", stateful.keep_keys_forever),
    break_memory("idempotency-lifetime", "a key never expires", stateful.keep_keys_forever),
    break_memory(
        "idempotency-after-validation", "the key is looked up before the body is validated", stateful.look_up_key_first
    ),
    break_status("idempotency-in-flight", "a repeat of an unanswered create is answered with 425", CREATE, 409, 425),
    break_reply("idempotency-in-flight", "no Retry-After", CREATE, changes.remove_retry_after),
    break_status("refusal-status", "an invalid create is answered with 422", CREATE, 400, 422),
    break_reply("error-envelope", "problem details", CREATE, changes.use_problem_details),
    break_status("body-limit", "a body of more than 8 MiB is answered with 400", CREATE, 413, 400),
    break_status("insufficient-credits", "a create above the balance is answered with 400", CREATE, 402, 400),
    break_call("content-type-ignored", "plain text is answered with 415", changes.refuse_plain_text),
    break_request_body("gptimage2-square-refused", "4K at 1:1 is lowered", changes.lower_squares),
    break_request_header("host-header", "any host is accepted", lambda call: {"host": "mock.test"}),
    break_reply(
        "browser-access", "a preflight request is answered without CORS headers", "OPTIONS create", changes.forbid_pages
    ),
    break_reply("browser-access", "replies have no CORS headers", "GET status", changes.forbid_pages),
    break_status("unknown-address-404", "an unknown address is answered with 400", "GET other", 404, 400),
    break_status("unknown-address-404", "an unknown method is answered with 404", "DELETE read", 405, 404),
    break_status("rate-limit-429", "too many creates are answered with 503", CREATE, 429, 503),
    break_reply("rate-limit-429", "no Retry-After", CREATE, changes.remove_retry_after),
    break_memory("poll-after", "the first poll does not find the request", stateful.hide_until_second_poll),
    break_time("poll-after-2000", "poll_after_ms is 1500", CREATE, set_members(poll_after_ms=1500)),
    break_time("poll-after-speed", "poll_after_ms is 2000 at any speed", CREATE, set_members(poll_after_ms=2000)),
    break_call("progression-polls", "each poll counts twice", changes.poll_twice),
    break_field("lifecycle-order", "processing is not shown", READ, changes.show_as_queued, ("processing",)),
    break_memory("lifecycle-order", "queued after processing", stateful.show_queued_again),
    break_memory("lifecycle-terminal", "an ended request changes", stateful.change_end_time),
    break_memory("lifecycle-terminal", "an ended request has another file", stateful.change_file_after_end),
    break_field("lifecycle-states", "an unknown status", READ, set_members(status="done"), SUCCESS),
    break_field("lifecycle-output-on-success", "a success has no output", READ, set_members(output=None), SUCCESS),
    break_field(
        "lifecycle-message-on-failure", "a failure has no message", READ, set_members(errorMessage=None), FAILURE
    ),
    *(
        break_time(f"lifecycle-pace-{kind}", "queued for a shorter time", READ, add_to_member("startedAtMs", -800))
        for kind in ("image", "video", "audio", "text", "scene")
    ),
    break_field("request-shape", "inputPreview has another type", READ, set_members(inputPreview=1), SUCCESS),
    break_time("lifecycle-order", "completed before it started", READ, add_to_member("completedAtMs", -60_000), ENDED),
    break_time("request-times-ms", "seconds for milliseconds", READ, changes.show_seconds),
    break_time("request-times-ms", "created an hour too early", READ, add_to_member("createdAtMs", -3_600_000)),
    break_field(
        "request-operation",
        "a request object names another operation",
        READ,
        set_members(operation="video.upscale"),
        ("queued",),
    ),
    break_field("request-shape", "the log has no errorMessage", READ, changes.remove_log_message, ENDED),
    break_field("request-shape-processing", "no task_id", READ, changes.remove_task_id, ("processing",)),
    break_field("request-log", "the log has no input", READ, changes.set_log(input={}), ENDED),
    break_field("request-log", "the log has no output", READ, changes.set_log(output={}), SUCCESS),
    break_field("request-log", "the log has another file", READ, changes.set_log(output={"image_url": "x"}), SUCCESS),
    break_time("request-log-seven-days", "the log is kept for eight days", READ, changes.keep_log_longer, ENDED),
    break_field("request-preview-prompt", "a preview is cut", READ, changes.cut_input_preview, ENDED),
    break_field(
        "request-preview-asset", "outputPreview has no address", READ, set_members(outputPreview="Asset ready"), SUCCESS
    ),
    break_field("request-log", "texts are escaped as in HTML", READ, changes.escape_log_input, ENDED),
    break_field("request-log", "lists are sorted", READ, changes.sort_log_input, ENDED),
    break_field("request-log", "long texts are cut", READ, changes.cut_log_input, ENDED),
    break_field("request-log-input-exact", "the log has defaults", READ, changes.add_to_log_input, ENDED),
    break_memory("request-record", "a preview is of the first request", stateful.show_first_preview),
    break_time(
        "request-log-from-completion",
        "the log is kept from the creation on",
        READ,
        changes.count_retention_from_creation,
        ENDED,
    ),
    break_memory("request-log-after-sweep", "the log is kept forever", stateful.keep_log_forever),
    break_field(
        "request-log-at-end-only", "the log appears before the end", READ, set_members(requestLog=None), ("processing",)
    ),
    break_field("request-queued-view", "a queued request has started", READ, set_members(startedAtMs=1), ("queued",)),
    break_field("request-failed-view", "a failure has an output", READ, set_members(output={}), FAILURE),
    break_status("request-unknown-404", "an unknown request is answered with 403", READ, 404, 403),
    break_field("failure-message", "another failure message", READ, set_members(errorMessage="failed"), FAILURE),
    break_request_header(
        "failure-timeout",
        "no time passes before the timeout",
        changes.replace_scenario("failed-timeout", "failed-internal"),
    ),
    break_request_header(
        "shut-down-answer", "what was shut down always works", changes.replace_scenario("shut-down-", None)
    ),
    break_request_header(
        "upstream-violations",
        "what only the provider refuses always succeeds",
        changes.replace_scenario("failed-upstream", None),
    ),
    break_request_header("scenario-header", "the scenario header is ignored", changes.replace_scenario("", None)),
    break_request_header("scenario-faults", "no fault is applied", changes.replace_scenario("error-", None)),
    break_request_header(
        "scenario-faults", "a refused create is stored", changes.replace_scenario("error-500", "error-500-stored")
    ),
    break_request_header("scenario-drift", "no field is added", changes.replace_scenario("drift-", None)),
    break_credits("credits-hold", "a create is charged twice", CREATE, changes.charge_twice),
    break_credits("credits-billable", "a create is charged twice", CREATE, changes.charge_twice),
    break_credits("credits-billable", "a poll is charged", READ, changes.charge_poll),
    break_credits("create-validates", "a refusal costs credits", CREATE, changes.charge_refusals),
    break_memory("credits-billable", "no create is charged", stateful.show_first_balance),
    break_field(
        "credits-billable-at-once", "the cost appears at the end", READ, set_members(billableCredits=0), ("queued",)
    ),
    break_call("asset-open", "an API key is required", changes.require_key_for_assets),
    break_request_header(
        "asset-authorization", "an asset is served to any header", changes.hide_authorization_of_assets
    ),
    break_request_header("asset-open", "ranges are ignored", lambda call: {"range": None}),
    break_reply("asset-hosted", "the file ends in the middle", ASSET, changes.cut_file),
    break_reply("asset-hosted", "the file is a page", ASSET, changes.send_page),
    break_reply("asset-hosted", "a file is empty", ASSET, changes.send_nothing_of_file),
    break_status("asset-hosted", "a file is answered with 404", ASSET, 200, 404),
    break_call("asset-provider-files", "the provider's file is closed", changes.close_provider_files),
    break_reply("asset-hosted", "a video is cut off", ASSET, media_changes.cut_off(".mp4")),
    break_reply("asset-hosted", "a scene is cut off", ASSET, media_changes.cut_off(".glb")),
    break_reply("asset-ratio", "the image is square", ASSET, changes.send_square),
    break_reply("asset-video-ratio", "a video is square", ASSET, media_changes.square_video),
    break_request_body("asset-larger-tier", "each resolution is the lowest", changes.lower_resolution),
    break_request_body("gptimage2-square-below-4k", "4K at 1:1 is 4K at 16:9", changes.widen_squares),
    break_memory("asset-expiry", "files never expire", stateful.keep_assets_forever),
    break_field("asset-one-image", "two images are named", READ, changes.double_images, SUCCESS),
    break_field(
        "image-output-first",
        "image_url is not the first of image_urls",
        READ,
        set_output(image_urls=["http://x/1", "http://x/2"]),
        SUCCESS,
    ),
    break_field(
        "image-output-count",
        "provider_image_count is 2 for one image",
        READ,
        set_output(provider_image_count=2),
        SUCCESS,
    ),
    break_field("image-output-ratio", "the ratio is always 1:1", READ, set_output(aspect_ratio="1:1"), SUCCESS),
    break_field(
        "image-output-default-ratio", "not the ratio of the image", READ, changes.change_default_ratio, SUCCESS
    ),
    break_field(
        "image-output-names", "the output has the provider's own model name", READ, changes.change_output_model, SUCCESS
    ),
    *(
        break_reply(claim, "one pixel wider", "GET asset", changes.widen_image)
        for claim in (*SIZE_CLAIMS, "pixels-defaults", "pixels-computed")
    ),
    *(
        break_reply(claim, "a video is two pixels wider", ASSET, media_changes.widen_video)
        for claim in sorted(VIDEO_SIZE_CLAIMS)
    ),
    break_webhook("lifecycle-webhook", "no webhook is sent", changes.send_nothing),
    break_webhook("lifecycle-webhook", "a webhook has a stale status", changes.send_stale_status),
    break_webhook("lifecycle-webhook", "a webhook names another request", changes.send_other_id),
    break_webhook_time("lifecycle-webhook", "a webhook tells the end at the create"),
    break_webhook("webhook-both-ends", "no webhook is sent on failure", changes.send_successes_only),
    break_webhook("webhook-event", "another event type", changes.change_event_type),
    break_webhook("webhook-event", "data that no poll shows", changes.change_event_data),
    break_webhook("webhook-signature", "signed with another secret", changes.change_signature),
    break_webhook("webhook-retries", "no attempt is repeated", changes.send_once),
    *list_operation_mutants(),
]

SAMPLE = list({mutant.kind: mutant for mutant in reversed(MUTANTS)}.values())
"""The first mutant of each kind: they run in seconds."""
