/** The types of input fields: each has a test and the words of its refusal. */

/**
 * @typedef {object} FieldTypeRule
 * @property {string} label
 * @property {(value: any) => boolean} accepts
 */

const MAX_SECONDS = 3600;

const SUBTITLE_KEYS = {
    font: isString,
    fontSize: isNumber,
    color: isString,
    strokeColor: isString,
    strokeWidth: isNumber,
};

const CAMERA_KEYS = {
    pan: isNumber,
    tilt: isNumber,
    roll: isNumber,
    zoom: isNumber,
    horizontal: isNumber,
    vertical: isNumber,
};

const ANGLE_KEYS = { image_url: isUrl, label: isString, azimuth: isNumber };

export const FIELD_TYPES = {
    string: { label: "a string", accepts: isString },
    number: { label: "a number", accepts: isNumber },
    boolean: { label: "true or false", accepts: (/** @type {unknown} */ value) => typeof value === "boolean" },
    seconds: { label: "a positive number of seconds", accepts: isDuration },
    url: { label: "an http or https URL", accepts: isUrl },
    urls: { label: "an array of http or https URLs", accepts: listOf(isUrl) },
    soraVideo: { label: "a native video_... id", accepts: isSoraVideo },
    subtitleSettings: { label: "an object of subtitle settings", accepts: objectOf(SUBTITLE_KEYS) },
    cameraControl: { label: "an object of numbers", accepts: objectOf(CAMERA_KEYS) },
    angles: { label: "an array of angles", accepts: listOf(objectOf(ANGLE_KEYS)) },
};

/**
 * Tells whether a value is a JSON object.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tells whether a value is a string.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isString(value) {
    return typeof value === "string";
}

/**
 * Tells whether a value is the text of a web address.
 *
 * @param {unknown} value
 * @returns {boolean}
 */
export function isUrl(value) {
    if (!isString(value) || !/^https?:\/\/[^\s]+$/i.test(value)) {
        return false;
    }
    try {
        return new URL(value).hostname !== "";
    } catch {
        return false;
    }
}

/**
 * Tells whether a value is a number.
 *
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
    return typeof value === "number";
}

/**
 * Tells whether a value is a usable duration.
 *
 * @param {unknown} value
 * @returns {boolean}
 */
function isDuration(value) {
    return isNumber(value) && value > 0 && value <= MAX_SECONDS;
}

/**
 * Tells whether a value looks like the native id of a Sora video.
 *
 * @param {unknown} value
 * @returns {boolean}
 */
function isSoraVideo(value) {
    return isString(value) && /^video_\w+$/.test(value);
}

/**
 * Makes the test of an array from the test of its items.
 *
 * @param {(value: unknown) => boolean} acceptsItem
 * @returns {(value: unknown) => boolean}
 */
function listOf(acceptsItem) {
    return (value) => Array.isArray(value) && value.every(acceptsItem);
}

/**
 * Makes the test of an object from the tests of its keys; null stands for an absent key.
 *
 * @param {Record<string, (value: unknown) => boolean>} keys
 * @returns {(value: unknown) => boolean}
 */
function objectOf(keys) {
    return (value) =>
        isObject(value) &&
        Object.entries(value).every(([key, item]) => Object.hasOwn(keys, key) && (item === null || keys[key](item)));
}
