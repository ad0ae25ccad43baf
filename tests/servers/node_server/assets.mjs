/** The assets: the files that tasks end with. */
import { createHash } from "node:crypto";
import { MEDIA } from "./media.mjs";
import { pictureResolution, pictureSize } from "./pictures.mjs";
import { encodePng } from "./png.mjs";
import { readRange } from "./range.mjs";
import { Refusal } from "./refusal.mjs";

/**
 * @typedef {import("./task.mjs").Task} Task
 * @typedef {import("./reply.mjs").Reply} Reply
 * @typedef {{ contentType: string, bytes: Buffer, etag: string }} File
 */

/** An asset shelf redirects to files and serves them; it encodes each size of a picture once. */
export class AssetShelf {
    /** @param {import("./taskstore.mjs").TaskStore} tasks */
    constructor(tasks) {
        this.tasks = tasks;
        /** @type {Map<string, File>} */
        this.files = new Map();
    }

    /**
     * Answers the published address of an asset with the address of its file.
     *
     * @param {string} token
     * @param {string} name
     * @param {number} now
     * @returns {Reply}
     */
    redirect(token, name, now) {
        this.findTask(token, name, now);
        return { status: 307, headers: { LOCATION: `/files/${token}/${name}` }, content: Buffer.alloc(0) };
    }

    /**
     * Answers with the file of an asset, or with a part of it.
     *
     * @param {string} token
     * @param {string} name
     * @param {import("node:http").IncomingHttpHeaders} headers
     * @param {number} now
     * @returns {Reply}
     */
    serve(token, name, headers, now) {
        const file = this.findFile(this.findTask(token, name, now), name);
        const common = { eTag: file.etag, "accept-RANGES": "bytes", "Cache-control": "public, max-age=3600" };
        if (headers["if-none-match"]?.includes(file.etag)) {
            return { status: 304, headers: common, content: Buffer.alloc(0) };
        }
        const isStale = (headers["if-range"] ?? file.etag) !== file.etag;
        const range = isStale ? null : readRange(headers.range, file.bytes.length);
        const typedHeaders = { ...common, "content-TYPE": file.contentType };
        if (range === null) {
            return { status: 200, headers: typedHeaders, content: file.bytes };
        }
        const { first, last } = range;
        const position = { "content-RANGE": `bytes ${first}-${last}/${file.bytes.length}` };
        const part = file.bytes.subarray(first, last + 1);
        return { status: 206, headers: { ...typedHeaders, ...position }, content: part };
    }

    /**
     * Finds the task that ended with an asset.
     *
     * @param {string} token
     * @param {string} name
     * @param {number} now
     * @returns {Task}
     */
    findTask(token, name, now) {
        const task = this.tasks.tasksByToken.get(token);
        if (task === undefined || !task.isTerminalAt(now) || !task.order.operation.assets.includes(name)) {
            throw new Refusal(404, "asset_not_found", "There is no such asset.");
        }
        return task;
    }

    /**
     * Finds the file of an asset, and makes it at the first call.
     *
     * @param {Task} task
     * @param {string} name
     * @returns {File}
     */
    findFile(task, name) {
        const size = name.endsWith(".png") ? sizeOf(task) : null;
        const label = size === null ? name.slice(name.lastIndexOf(".") + 1) : `${size.width}x${size.height}`;
        const knownFile = this.files.get(label);
        if (knownFile !== undefined) {
            return knownFile;
        }
        const file = size === null ? makeFile(MEDIA.get(label)) : makePicture(size);
        this.files.set(label, file);
        return file;
    }
}

/**
 * Returns the size of the picture that a task ends with.
 *
 * @param {Task} task
 * @returns {{ width: number, height: number }}
 */
function sizeOf({ order: { name, input } }) {
    return pictureSize(input.aspect_ratio, pictureResolution(name, input));
}

/**
 * Makes the file of a picture.
 *
 * @param {{ width: number, height: number }} size
 * @returns {File}
 */
function makePicture({ width, height }) {
    return makeFile({ contentType: "image/png", bytes: encodePng(width, height) });
}

/**
 * Makes a file with its tag.
 *
 * @param {import("./media.mjs").Medium | undefined} medium
 * @returns {File}
 */
function makeFile(medium) {
    const { contentType, bytes } = /** @type {import("./media.mjs").Medium} */ (medium);
    return { contentType, bytes, etag: `"${createHash("sha1").update(bytes).digest("hex")}"` };
}
