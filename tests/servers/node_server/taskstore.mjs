/** The store of all tasks. */
import { Refusal } from "./refusal.mjs";

/**
 * @typedef {import("./task.mjs").Task} Task
 * @typedef {import("./account.mjs").ApiKey} ApiKey
 * @typedef {{ task: Task, digest: string }} FirstUse
 */

/** A task store finds tasks by their id, by the token of their assets and by idempotency key. */
export class TaskStore {
    constructor() {
        /** @type {Map<string, Task>} */
        this.tasks = new Map();
        /** @type {Map<string, Task>} */
        this.tasksByToken = new Map();
        /** @type {Map<ApiKey, Map<string, FirstUse>>} */
        this.firstUses = new Map();
    }

    /**
     * Adds a task under the idempotency key of its call.
     *
     * @param {Task} task
     * @param {string} idempotencyKey
     * @param {string} digest
     * @returns {void}
     */
    add(task, idempotencyKey, digest) {
        this.tasks.set(task.id, task);
        this.tasksByToken.set(task.assetToken, task);
        this.usesOf(task.apiKey).set(idempotencyKey, { task, digest });
        task.apiKey.account.openTasks.add(task);
    }

    /**
     * Returns the task of an earlier call with the same idempotency key and body.
     *
     * @param {ApiKey} apiKey
     * @param {string} idempotencyKey
     * @param {string} digest
     * @returns {Task | null}
     */
    findRepeat(apiKey, idempotencyKey, digest) {
        const use = this.usesOf(apiKey).get(idempotencyKey);
        if (use !== undefined && use.digest !== digest) {
            throw new Refusal(422, "idempotency_key_reused", "The idempotency key belongs to another body.");
        }
        return use?.task ?? null;
    }

    /**
     * Returns a task to the key that created it.
     *
     * @param {string} id
     * @param {ApiKey} apiKey
     * @returns {Task}
     */
    get(id, apiKey) {
        const task = this.tasks.get(id);
        if (task === undefined) {
            throw new Refusal(404, "request_not_found", "No request has this id.");
        }
        if (task.apiKey !== apiKey) {
            throw new Refusal(403, "forbidden", "Another key created this request.");
        }
        return task;
    }

    /**
     * Returns the uses of idempotency keys under one key.
     *
     * @param {ApiKey} apiKey
     * @returns {Map<string, FirstUse>}
     */
    usesOf(apiKey) {
        const uses = this.firstUses.get(apiKey) ?? new Map();
        this.firstUses.set(apiKey, uses);
        return uses;
    }
}
