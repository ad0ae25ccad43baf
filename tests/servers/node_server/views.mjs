/** The JSON views of the service's objects, as its clients read them. */
import { randomBytes } from "node:crypto";
import { writeOutput, writePartialOutput } from "./outputs.mjs";

/**
 * @typedef {import("./task.mjs").Task} Task
 * @typedef {{ publicBase: string, assetBase: string, pollAfterMs: number }} Addresses
 */

const RETENTION_DAYS = 7;
const RETENTION_MS = RETENTION_DAYS * 24 * 60 * 60 * 1000;
const SCOPES = ["requests:write", "requests:read"];
const PREVIEW_FIELDS = ["prompt", "text", "description", "video_url", "file_url"];

/**
 * Shows the state of a key and its account.
 *
 * @param {import("./account.mjs").ApiKey} apiKey
 * @param {number} now
 * @returns {object}
 */
export function statusView(apiKey, now) {
    const { account } = apiKey;
    const credits = account.balanceAt(now);
    return {
        ok: true,
        status: "ok",
        message: "Your API key is properly wired.",
        creditsRemaining: credits,
        credits: { remaining: credits, pending: credits - account.freeCreditsAt(now), expiresAt: null },
        account: { email: account.email, plan: account.plan, team: null },
        apiKey: { name: apiKey.name, scopes: SCOPES, lastUsedAt: isoTime(apiKey.lastUsedAtMs) },
        serverTime: isoTime(now),
        traceId: randomBytes(16).toString("hex"),
        updatedAtMs: now,
        priority: "standard",
        notice: null,
    };
}

/**
 * Shows what a create call answers.
 *
 * @param {Task} task
 * @param {"queued" | "processing" | "succeeded"} status
 * @param {Addresses} addresses
 * @returns {object}
 */
export function createView(task, status, { publicBase, pollAfterMs }) {
    return {
        id: task.id,
        status,
        operation: task.order.name,
        poll_after_ms: pollAfterMs,
        urls: { get: `${publicBase}/api/v1/requests/${task.id}`, cancel: null },
        webhook_url: task.order.webhookUrl,
        traceId: task.traceId,
        priority: "standard",
    };
}

/**
 * Shows the whole request object.
 *
 * @param {Task} task
 * @param {number} now
 * @param {Addresses} addresses
 * @returns {object}
 */
export function requestView(task, now, addresses) {
    const status = task.statusAt(now);
    const output = outputView(task, now, addresses);
    const address = status === "succeeded" ? assetAddress(output) : null;
    return {
        id: task.id,
        operation: task.order.name,
        status,
        billableCredits: task.credits,
        inputPreview: previewInput(task.order.input),
        outputPreview: status === "succeeded" ? previewOutput(output) : null,
        createdAtMs: task.createdAtMs,
        startedAtMs: status === "queued" ? null : task.startedAtMs,
        completedAtMs: status === "succeeded" ? task.completedAtMs : null,
        errorMessage: null,
        output,
        requestLog: {
            available: true,
            retentionDays: RETENTION_DAYS,
            retainedUntilMs: task.createdAtMs + RETENTION_MS,
            input: task.order.input,
            output: address,
            errorMessage: null,
            traceId: task.traceId,
            archivedAtMs: null,
        },
        lastPolledAt: isoTime(task.lastPolledAtMs),
        webhookUrl: task.order.webhookUrl,
        ...tracking(task, now),
    };
}

/**
 * Shows the output of a task, null while it waits.
 *
 * @param {Task} task
 * @param {number} now
 * @param {Addresses} addresses
 * @returns {Record<string, any> | null}
 */
function outputView(task, now, { assetBase }) {
    switch (task.statusAt(now)) {
        case "queued":
            return null;
        case "processing":
            return { ...writePartialOutput(task), ...tracking(task, now) };
        default: {
            const output = writeOutput(task, (name) => `${assetBase}/assets/${task.assetToken}/${name}`);
            return { ...output, ...tracking(task, now), thumbnail_url: null };
        }
    }
}

/**
 * Shows where a task stands.
 *
 * @param {Task} task
 * @param {number} now
 * @returns {object}
 */
function tracking(task, now) {
    return {
        progress: task.progressAt(now),
        traceId: task.traceId,
        updatedAtMs: task.updatedAtMs(now),
        priority: "standard",
    };
}

/**
 * Picks from an output what its log repeats: the main address, or the text.
 *
 * @param {Record<string, any> | null} output
 * @returns {Record<string, string>}
 */
function assetAddress(output) {
    const keys = ["image_url", "video_url", "audio_url", "model_url", "enhancedPrompt"];
    const key = /** @type {string} */ (keys.find((name) => output?.[name] !== undefined));
    return { [key]: output?.[key] };
}

/**
 * Previews the input by the words that describe it best.
 *
 * @param {Record<string, any>} input
 * @returns {string | null}
 */
function previewInput(input) {
    const field = PREVIEW_FIELDS.find((name) => (input[name] ?? null) !== null);
    return field === undefined ? null : input[field];
}

/**
 * Previews the output of a task that has succeeded.
 *
 * @param {Record<string, any> | null} output
 * @returns {string}
 */
function previewOutput(output) {
    const [[key, value]] = Object.entries(assetAddress(output));
    return key === "enhancedPrompt" ? value : `Asset ready: ${value}`;
}

/**
 * Writes a moment in the form of `serverTime`.
 *
 * @param {number | null} milliseconds
 * @returns {string | null}
 */
function isoTime(milliseconds) {
    return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
