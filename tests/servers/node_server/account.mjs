/** The accounts: their keys, their balance and their open tasks. */
import { Refusal } from "./refusal.mjs";

/** @typedef {import("./task.mjs").Task} Task */

const CREDITS_SPENT_ELSEWHERE = 3;

/** An account holds a balance, from which each task is charged when it ends. */
export class Account {
    /**
     * @param {string} email
     * @param {string} plan
     * @param {number} balance
     */
    constructor(email, plan, balance) {
        this.email = email;
        this.plan = plan;
        /** @type {number} */
        this.balance = balance;
        /** @type {Set<Task>} */
        this.openTasks = new Set();
    }

    /**
     * Returns the balance after all tasks that ended until now were charged.
     *
     * @param {number} now
     * @returns {number}
     */
    balanceAt(now) {
        for (const task of this.openTasks) {
            if (task.isTerminalAt(now)) {
                this.balance -= task.credits;
                this.openTasks.delete(task);
            }
        }
        return this.balance;
    }

    /**
     * Returns the credits that no open task will need.
     *
     * @param {number} now
     * @returns {number}
     */
    freeCreditsAt(now) {
        let credits = this.balanceAt(now);
        for (const task of this.openTasks) {
            credits -= task.credits;
        }
        return credits;
    }

    /**
     * Refuses a price that the free credits do not cover.
     *
     * @param {number} price
     * @param {number} now
     * @returns {void}
     */
    demandCredits(price, now) {
        if (price > this.freeCreditsAt(now)) {
            throw new Refusal(402, "insufficient_credits", "The account has too few credits for this request.");
        }
    }

    /**
     * Spends some credits for a client that nobody here knows.
     *
     * @param {number} now
     * @returns {void}
     */
    spendElsewhere(now) {
        if (this.freeCreditsAt(now) >= CREDITS_SPENT_ELSEWHERE) {
            this.balance -= CREDITS_SPENT_ELSEWHERE;
        }
    }
}

/** A key opens one account. */
export class ApiKey {
    /**
     * @param {string} name
     * @param {Account} account
     */
    constructor(name, account) {
        this.name = name;
        this.account = account;
        /** @type {number | null} */
        this.lastUsedAtMs = null;
    }
}

/** A key ring finds the key that a call carries. */
export class KeyRing {
    /** @param {import("./options.mjs").Options} options */
    constructor(options) {
        this.account = new Account("you@example.com", "trial", options.balance);
        /** @type {Map<string, ApiKey>} */
        this.keys = new Map();
        options.keys.forEach((secret, index) => {
            const name = index === 0 ? "Production Key" : `Production Key ${index + 1}`;
            this.keys.set(secret, new ApiKey(name, this.account));
        });
        if (options.otherKey !== null) {
            const other = new Account("other@example.com", "creator", options.balance);
            this.keys.set(options.otherKey, new ApiKey("Other Key", other));
        }
    }

    /**
     * Returns the key of a call, or refuses the call.
     *
     * @param {import("node:http").IncomingHttpHeaders} headers
     * @returns {ApiKey}
     */
    authenticate(headers) {
        const key = this.keys.get(readSecret(headers) ?? "");
        if (key === undefined) {
            throw new Refusal(401, "unauthorized", "The API key is missing, invalid or revoked.", {
                headers: { "WWW-authenticate": "Bearer" },
            });
        }
        return key;
    }
}

/**
 * Reads the secret from either documented header.
 *
 * @param {import("node:http").IncomingHttpHeaders} headers
 * @returns {string | undefined}
 */
function readSecret(headers) {
    const direct = headers["x-api-key"];
    if (direct !== undefined) {
        return String(direct).trim();
    }
    return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
}
