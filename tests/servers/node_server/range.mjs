/** A range: the part of a file that a client asks for. */
import { Refusal } from "./refusal.mjs";

/**
 * Reads the first and last position that a header asks for; null stands for the whole file.
 *
 * @param {string | undefined} header
 * @param {number} size
 * @returns {{ first: number, last: number } | null}
 */
export function readRange(header, size) {
    const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
    if (match === null || (match[1] === "" && match[2] === "")) {
        return null;
    }
    const [first, last] = match[1] === "" ? [Math.max(0, size - Number(match[2])), size - 1] : bounds(match, size);
    if (match[1] !== "" && match[2] !== "" && Number(match[2]) < first) {
        return null;
    }
    if (first >= size) {
        throw new Refusal(416, "range_not_satisfiable", "The range lies behind the end of the file.", {
            headers: { "content-RANGE": `bytes */${size}` },
        });
    }
    return { first, last };
}

/**
 * Reads a range that names its first position.
 *
 * @param {RegExpExecArray} match
 * @param {number} size
 * @returns {[number, number]}
 */
function bounds(match, size) {
    const last = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
    return [Number(match[1]), last];
}
