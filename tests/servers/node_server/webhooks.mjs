/** The webhooks: one call to the client's own address when its task has ended. */
import { createHmac, randomBytes } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { requestView } from "./views.mjs";

/** @typedef {import("./task.mjs").Task} Task */

const TIMEOUT_MS = 2000;

/** A messenger waits for the ends of tasks and makes one attempt for each. */
export class Messenger {
    /** @param {import("./views.mjs").Addresses} addresses */
    constructor(addresses) {
        this.addresses = addresses;
        this.secret = randomBytes(32);
        /** @type {Set<NodeJS.Timeout>} */
        this.timers = new Set();
        /** @type {Set<http.ClientRequest>} */
        this.calls = new Set();
    }

    /**
     * Plans the call of a task that asks for one.
     *
     * @param {Task} task
     * @returns {void}
     */
    plan(task) {
        const { webhookUrl } = task.order;
        if (webhookUrl !== null) {
            this.wait(task, webhookUrl);
        }
    }

    /**
     * Waits for the end of a task; a timer may wake a little too early, and then waits again.
     *
     * @param {Task} task
     * @param {string} url
     * @returns {void}
     */
    wait(task, url) {
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            if (task.isTerminalAt(Date.now())) {
                this.deliver(task, url);
            } else {
                this.wait(task, url);
            }
        }, Math.max(1, task.completedAtMs - Date.now()));
        this.timers.add(timer);
    }

    /**
     * Calls the address of a task once.
     *
     * @param {Task} task
     * @param {string} url
     * @returns {void}
     */
    deliver(task, url) {
        const now = Date.now();
        const content = JSON.stringify({
            type: "request.completed",
            data: requestView(task, now, this.addresses),
            createdAtMs: now,
            attempt: 1,
        });
        const call = post(url, Buffer.from(content), { "x-cannon-signature": this.sign(content, now) });
        this.calls.add(call);
        call.on("close", () => this.calls.delete(call));
    }

    /**
     * Signs a content together with its time.
     *
     * @param {string} content
     * @param {number} now
     * @returns {string}
     */
    sign(content, now) {
        const digest = createHmac("sha256", this.secret).update(`${now}.${content}`).digest("hex");
        return `t=${now},v1=${digest}`;
    }

    /**
     * Forgets all calls that are still to come, and gives up those on their way.
     *
     * @returns {void}
     */
    stop() {
        this.timers.forEach((timer) => clearTimeout(timer));
        this.timers.clear();
        this.calls.forEach((call) => call.destroy());
    }
}

/**
 * Posts JSON to an address; a failure is only logged.
 *
 * @param {string} url
 * @param {Buffer} content
 * @param {Record<string, string>} headers
 * @returns {http.ClientRequest}
 */
function post(url, content, headers) {
    const { request } = url.toLowerCase().startsWith("https:") ? https : http;
    const call = request(url, {
        method: "POST",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { ...headers, "content-type": "application/json", "content-length": String(content.length) },
    });
    call.on("response", (response) => response.on("error", logFailure).resume());
    call.on("error", logFailure);
    return call.end(content);
}

/**
 * Logs the failure of a call.
 *
 * @param {Error} error
 * @returns {void}
 */
function logFailure(error) {
    process.stderr.write(`a webhook failed: ${error.message}\n`);
}
