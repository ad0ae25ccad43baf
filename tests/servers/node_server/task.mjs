/** A task: one accepted order, whose state follows from the clock. */
import { randomBytes } from "node:crypto";
import { priceOf } from "./prices.mjs";

const QUEUED_MS = 2000;

/** A task knows when it starts and ends; nothing needs to run in between. */
export class Task {
    /**
     * @param {import("./order.mjs").Order} order
     * @param {import("./account.mjs").ApiKey} apiKey
     * @param {number} now
     * @param {number} pace
     */
    constructor(order, apiKey, now, pace) {
        this.order = order;
        this.apiKey = apiKey;
        this.id = `req_${randomBytes(12).toString("hex")}`;
        this.upstreamId = `${order.operation.taskPrefix}_${randomBytes(8).toString("hex")}`;
        this.assetToken = randomBytes(12).toString("hex");
        this.traceId = randomBytes(16).toString("hex");
        this.credits = priceOf(order);
        this.createdAtMs = now;
        this.startedAtMs = now + shorten(QUEUED_MS, pace);
        this.completedAtMs = this.startedAtMs + shorten(order.operation.processingMs, pace);
        /** @type {number | null} */
        this.lastPolledAtMs = null;
    }

    /**
     * Returns the status at a moment.
     *
     * @param {number} now
     * @returns {"queued" | "processing" | "succeeded"}
     */
    statusAt(now) {
        if (now < this.startedAtMs) {
            return "queued";
        }
        return this.isTerminalAt(now) ? "succeeded" : "processing";
    }

    /**
     * Tells whether the task has ended.
     *
     * @param {number} now
     * @returns {boolean}
     */
    isTerminalAt(now) {
        return now >= this.completedAtMs;
    }

    /**
     * Returns the progress in whole percent.
     *
     * @param {number} now
     * @returns {number}
     */
    progressAt(now) {
        const part = (now - this.startedAtMs) / (this.completedAtMs - this.startedAtMs);
        return Math.floor(100 * Math.min(1, Math.max(0, part)));
    }

    /**
     * Returns the time of the last change of the status.
     *
     * @param {number} now
     * @returns {number}
     */
    updatedAtMs(now) {
        const moments = [this.completedAtMs, this.startedAtMs, this.createdAtMs];
        return moments.find((moment) => moment <= now) ?? this.createdAtMs;
    }

    /**
     * Notes a poll, later than any poll before.
     *
     * @param {number} now
     * @returns {void}
     */
    notePoll(now) {
        this.lastPolledAtMs = Math.max(now, (this.lastPolledAtMs ?? 0) + 1);
    }
}

/**
 * Divides a duration by the pace; at least one millisecond is left.
 *
 * @param {number} milliseconds
 * @param {number} pace
 * @returns {number}
 */
export function shorten(milliseconds, pace) {
    return Math.max(1, Math.round(milliseconds / pace));
}
