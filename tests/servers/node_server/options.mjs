/** The options of the command line. */
import { parseArgs } from "node:util";

/**
 * @typedef {object} Options
 * @property {number} port 0 asks for a free one
 * @property {string[]} keys the keys of the first account
 * @property {string | null} otherKey the key of the second account
 * @property {number} balance the credits that each account starts with
 * @property {number} pace what every duration is divided by
 * @property {number} answerMs the delay of each reply
 * @property {number} busyMs the interval of spending from elsewhere, 0 for never
 * @property {string} publicBase what `urls.get` starts with
 */

const DEFAULT_KEY = "cs_live_honest_1";
const CANONICAL_BASE = "https://www.cannonstudio.app";

const FLAGS = /** @type {const} */ ({
    port: { type: "string", default: "0" },
    key: { type: "string", multiple: true },
    "other-key": { type: "string" },
    balance: { type: "string", default: "100000" },
    pace: { type: "string", default: "1" },
    "answer-ms": { type: "string", default: "0" },
    "busy-ms": { type: "string", default: "0" },
    "public-base": { type: "string", default: CANONICAL_BASE },
});

/**
 * Reads the options from the arguments of a command.
 *
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
    const { values } = parseArgs({ args, options: FLAGS });
    return {
        port: readNumber("port", values.port, 0),
        keys: values.key ?? [DEFAULT_KEY],
        otherKey: values["other-key"] ?? null,
        balance: readNumber("balance", values.balance, 0),
        pace: readNumber("pace", values.pace, 0.001),
        answerMs: readNumber("answer-ms", values["answer-ms"], 0),
        busyMs: readNumber("busy-ms", values["busy-ms"], 0),
        publicBase: values["public-base"].replace(/\/+$/, ""),
    };
}

/**
 * Reads one number that has a lower bound.
 *
 * @param {string} name
 * @param {string} text
 * @param {number} least
 * @returns {number}
 */
function readNumber(name, text, least) {
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number) || number < least) {
        throw new Error(`--${name} needs a number from ${least} on`);
    }
    return number;
}
