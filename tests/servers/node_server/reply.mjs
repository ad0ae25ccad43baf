/** A reply: what the service sends back, as JSON or as the bytes of a file. */
import { randomBytes } from "node:crypto";
import { Refusal, refusalBody } from "./refusal.mjs";

/**
 * @typedef {object} Reply
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {object} [json] the content of an API reply
 * @property {Buffer} [content] the content of any other reply
 */

/**
 * Makes the reply of an API call.
 *
 * @param {number} status
 * @param {object} json
 * @param {Record<string, string>} [headers]
 * @returns {Reply}
 */
export function jsonReply(status, json, headers = {}) {
    return { status, headers, json };
}

/**
 * Makes the reply of a call that failed.
 *
 * @param {unknown} error
 * @returns {Reply}
 */
export function errorReply(error) {
    const refusal = error instanceof Refusal ? error : reportFault(error);
    return jsonReply(refusal.status, refusalBody(refusal, randomBytes(16).toString("hex")), refusal.headers);
}

/**
 * Reports a fault of the service, and gives the refusal that hides it.
 *
 * @param {unknown} error
 * @returns {Refusal}
 */
function reportFault(error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return new Refusal(500, "internal_error", "The service failed.");
}

/**
 * Sends a reply.
 *
 * @param {import("node:http").ServerResponse} response
 * @param {Reply} reply
 * @returns {void}
 */
export function sendReply(response, reply) {
    if (reply.json === undefined) {
        sendContent(response, reply, reply.content ?? Buffer.alloc(0));
    } else {
        sendJson(response, reply, reply.json);
    }
}

/**
 * Sends the bytes of a file.
 *
 * @param {import("node:http").ServerResponse} response
 * @param {Reply} reply
 * @param {Buffer} content
 * @returns {void}
 */
function sendContent(response, { status, headers }, content) {
    const length = status === 304 ? {} : { "Content-LENGTH": String(content.length) };
    response.writeHead(status, { ...headers, ...length });
    response.end(content);
}

/**
 * Sends JSON in two chunks, which may part a character.
 *
 * @param {import("node:http").ServerResponse} response
 * @param {Reply} reply
 * @param {object} json
 * @returns {void}
 */
function sendJson(response, { status, headers }, json) {
    const bytes = Buffer.from(JSON.stringify(json));
    const typedHeaders = { "cONTENT-tYPE": "application/json; charset=utf-8", "CACHE-control": "no-store", ...headers };
    if (response.req.httpVersion === "1.0") {
        response.writeHead(status, typedHeaders).end(bytes);
        return;
    }
    response.writeHead(status, { ...typedHeaders, "transfer-ENCODING": "chunked" });
    const middle = bytes.length >> 1;
    response.write(bytes.subarray(0, middle));
    response.end(bytes.subarray(middle));
}
