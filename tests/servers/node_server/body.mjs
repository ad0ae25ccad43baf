/** The body of a call: how it is read, and when it is the same as another. */
import { createHash } from "node:crypto";
import { Refusal } from "./refusal.mjs";

const MAX_BYTES = 1_048_576;
const MAX_DEPTH = 16;

/**
 * Reads the JSON body of a call.
 *
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<unknown>}
 */
export async function readJson(request) {
    const text = decodeText(await readBytes(request));
    let value;
    try {
        value = JSON.parse(text);
    } catch {
        throw new Refusal(400, "invalid_json", "The body is not valid JSON.");
    }
    refuseLossyValues(value, 0);
    return value;
}

/**
 * Reads all bytes of a body.
 *
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<Buffer>}
 */
async function readBytes(request) {
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
        size += chunk.length;
        // The rest is read and dropped: a client that still sends would not see the refusal of a closed connection.
        if (size <= MAX_BYTES) {
            chunks.push(chunk);
        }
    }
    if (size > MAX_BYTES) {
        throw new Refusal(413, "payload_too_large", "The body is larger than one megabyte.");
    }
    return Buffer.concat(chunks);
}

/**
 * Decodes the UTF-8 text of a body.
 *
 * @param {Buffer} bytes
 * @returns {string}
 */
function decodeText(bytes) {
    try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
        throw new Refusal(400, "invalid_json", "The body is not valid UTF-8.");
    }
}

/**
 * Refuses values that the request log could not give back exactly.
 *
 * @param {unknown} value
 * @param {number} depth
 * @returns {void}
 */
function refuseLossyValues(value, depth) {
    if (typeof value === "number" && !isExact(value)) {
        throw new Refusal(400, "invalid_json", "The body has a number out of range.");
    }
    if (typeof value !== "object" || value === null) {
        return;
    }
    if (depth === MAX_DEPTH) {
        throw new Refusal(400, "invalid_json", "The body is nested too deeply.");
    }
    for (const item of Object.values(value)) {
        refuseLossyValues(item, depth + 1);
    }
}

/**
 * Tells whether a number has not lost digits.
 *
 * @param {number} value
 * @returns {boolean}
 */
function isExact(value) {
    return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/**
 * Returns a digest that is the same for two bodies with the same JSON content.
 *
 * @param {unknown} body
 * @returns {string}
 */
export function fingerprint(body) {
    const text = JSON.stringify(body, (_, value) => sortKeys(value));
    return createHash("sha256").update(text).digest("hex");
}

/**
 * Sorts the keys of a value that is an object.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
function sortKeys(value) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return value;
    }
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
