/** The endpoints: what each path answers. */
import { fingerprint, readJson } from "./body.mjs";
import { readOrder } from "./order.mjs";
import { Refusal } from "./refusal.mjs";
import { jsonReply } from "./reply.mjs";
import { Task } from "./task.mjs";
import { createView, requestView, statusView } from "./views.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} Call
 * @typedef {import("./reply.mjs").Reply} Reply
 * @typedef {object} Route
 * @property {RegExp} path
 * @property {Record<string, (call: Call, parts: string[]) => Reply | Promise<Reply>>} methods
 */

const MAX_IDEMPOTENCY_KEY = 255;

/** The endpoints answer calls from the accounts, tasks and assets of one service. */
export class Endpoints {
    /** @param {import("./service.mjs").Parts} parts */
    constructor(parts) {
        this.parts = parts;
        const redirect = (/** @type {Call} */ _, /** @type {string[]} */ [token, name]) =>
            parts.assets.redirect(token, name, Date.now());
        const serve = (/** @type {Call} */ call, /** @type {string[]} */ [token, name]) =>
            parts.assets.serve(token, name, call.headers, Date.now());
        /** @type {Route[]} */
        this.routes = [
            { path: /^\/api\/v1\/status$/, methods: { GET: (call) => this.status(call) } },
            { path: /^\/api\/v1\/requests$/, methods: { POST: (call) => this.create(call) } },
            { path: /^\/api\/v1\/requests\/([^/]+)$/, methods: { GET: (call, [id]) => this.read(call, id) } },
            { path: /^\/assets\/(\w+)\/([\w.-]+)$/, methods: { GET: redirect, HEAD: redirect } },
            { path: /^\/files\/(\w+)\/([\w.-]+)$/, methods: { GET: serve, HEAD: serve } },
        ];
    }

    /**
     * Answers a call.
     *
     * @param {Call} call
     * @returns {Reply | Promise<Reply>}
     */
    answer(call) {
        const [path] = (call.url ?? "/").split("?");
        for (const route of this.routes) {
            const match = route.path.exec(path);
            if (match !== null) {
                return methodOf(route, call)(call, match.slice(1));
            }
        }
        throw new Refusal(404, "not_found", "There is no such endpoint.");
    }

    /**
     * Answers with the state of the key.
     *
     * @param {Call} call
     * @returns {Reply}
     */
    status(call) {
        const apiKey = this.parts.keys.authenticate(call.headers);
        const now = Date.now();
        apiKey.lastUsedAtMs = now;
        return jsonReply(200, statusView(apiKey, now));
    }

    /**
     * Creates a task, or answers with the task of an earlier call.
     *
     * @param {Call} call
     * @returns {Promise<Reply>}
     */
    async create(call) {
        const { keys, tasks, addresses } = this.parts;
        const apiKey = keys.authenticate(call.headers);
        const body = await readJson(call);
        const idempotencyKey = readIdempotencyKey(call.headers);
        const digest = fingerprint(body);
        const earlierTask = tasks.findRepeat(apiKey, idempotencyKey, digest);
        if (earlierTask !== null) {
            return jsonReply(200, createView(earlierTask, earlierTask.statusAt(Date.now()), addresses));
        }
        const task = this.accept(body, apiKey);
        tasks.add(task, idempotencyKey, digest);
        return jsonReply(202, createView(task, "queued", addresses));
    }

    /**
     * Accepts a valid body that the account can pay.
     *
     * @param {unknown} body
     * @param {import("./account.mjs").ApiKey} apiKey
     * @returns {Task}
     */
    accept(body, apiKey) {
        const now = Date.now();
        const task = new Task(readOrder(body), apiKey, now, this.parts.pace);
        apiKey.account.demandCredits(task.credits, now);
        this.parts.messenger.plan(task);
        return task;
    }

    /**
     * Answers with a request object.
     *
     * @param {Call} call
     * @param {string} id
     * @returns {Reply}
     */
    read(call, id) {
        const { keys, tasks, addresses } = this.parts;
        const task = tasks.get(id, keys.authenticate(call.headers));
        const now = Date.now();
        task.notePoll(now);
        return jsonReply(200, requestView(task, now, addresses));
    }
}

/**
 * Returns what a route does for the method of a call.
 *
 * @param {Route} route
 * @param {Call} call
 * @returns {(call: Call, parts: string[]) => Reply | Promise<Reply>}
 */
function methodOf({ methods }, call) {
    const method = call.method ?? "";
    if (!Object.hasOwn(methods, method)) {
        throw new Refusal(405, "method_not_allowed", "The endpoint does not know this method.", {
            headers: { aLLOW: Object.keys(methods).join(", ") },
        });
    }
    return methods[method];
}

/**
 * Reads the idempotency key of a create call.
 *
 * @param {import("node:http").IncomingHttpHeaders} headers
 * @returns {string}
 */
function readIdempotencyKey(headers) {
    const key = String(headers["x-idempotency-key"] ?? "").trim();
    if (key === "" || key.length > MAX_IDEMPOTENCY_KEY) {
        throw new Refusal(400, "idempotency_key_required", "x-idempotency-key is required, 1 to 255 characters.");
    }
    return key;
}
