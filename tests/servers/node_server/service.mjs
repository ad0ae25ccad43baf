/** The service: one HTTP server with its accounts, tasks and timers. */
import http from "node:http";
import { KeyRing } from "./account.mjs";
import { AssetShelf } from "./assets.mjs";
import { Endpoints } from "./endpoints.mjs";
import { errorReply, sendReply } from "./reply.mjs";
import { shorten } from "./task.mjs";
import { TaskStore } from "./taskstore.mjs";
import { Messenger } from "./webhooks.mjs";

/**
 * @typedef {object} Parts
 * @property {KeyRing} keys
 * @property {TaskStore} tasks
 * @property {AssetShelf} assets
 * @property {Messenger} messenger
 * @property {import("./views.mjs").Addresses} addresses
 * @property {number} pace
 */

const HOST = "127.0.0.1";
const POLL_AFTER_MS = 3000;
// Longer than any client keeps an idle connection: none is closed while a client is about to use it.
const KEEP_ALIVE_MS = 120_000;

/** A service listens from its start to its stop. */
export class Service {
    /** @param {import("./options.mjs").Options} options */
    constructor(options) {
        this.options = options;
        const tasks = new TaskStore();
        const addresses = {
            publicBase: options.publicBase,
            assetBase: "",
            pollAfterMs: shorten(POLL_AFTER_MS, options.pace),
        };
        /** @type {Parts} */
        this.parts = {
            keys: new KeyRing(options),
            tasks,
            assets: new AssetShelf(tasks),
            messenger: new Messenger(addresses),
            addresses,
            pace: options.pace,
        };
        this.endpoints = new Endpoints(this.parts);
        this.server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (call, response) =>
            this.handle(call, response),
        );
        /** @type {NodeJS.Timeout | undefined} */
        this.spending = undefined;
    }

    /**
     * Starts to listen, and returns the address.
     *
     * @returns {Promise<string>}
     */
    start() {
        return new Promise((resolve, reject) => {
            this.server.once("error", reject);
            this.server.listen(this.options.port, HOST, () => {
                const { port } = /** @type {import("node:net").AddressInfo} */ (this.server.address());
                this.parts.addresses.assetBase = `http://${HOST}:${port}`;
                this.startSpending();
                resolve(this.parts.addresses.assetBase);
            });
        });
    }

    /**
     * Starts to spend credits for a client that nobody here knows, if the options ask for one.
     *
     * @returns {void}
     */
    startSpending() {
        const { busyMs } = this.options;
        if (busyMs > 0) {
            this.spending = setInterval(() => this.parts.keys.account.spendElsewhere(Date.now()), busyMs);
        }
    }

    /**
     * Stops listening and ends all timers and connections, so that the process can end.
     *
     * @returns {void}
     */
    stop() {
        clearInterval(this.spending);
        this.parts.messenger.stop();
        this.server.close();
        this.server.closeAllConnections();
    }

    /**
     * Answers one call.
     *
     * @param {http.IncomingMessage} call
     * @param {http.ServerResponse} response
     * @returns {Promise<void>}
     */
    async handle(call, response) {
        const reply = await this.replyTo(call);
        if (this.options.answerMs > 0) {
            await new Promise((resolve) => setTimeout(resolve, this.options.answerMs));
        }
        if (!response.destroyed) {
            sendReply(response, reply);
        }
    }

    /**
     * Returns the reply to one call; an error becomes a reply too.
     *
     * @param {http.IncomingMessage} call
     * @returns {Promise<import("./reply.mjs").Reply>}
     */
    async replyTo(call) {
        try {
            return await this.endpoints.answer(call);
        } catch (error) {
            return errorReply(error);
        }
    }
}
