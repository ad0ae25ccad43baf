/** The sizes of pictures. */

/** @typedef {"1K" | "2K" | "4K"} Resolution */

/** @type {readonly string[]} */
export const ASPECT_RATIOS = [
    "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21", "2:1", "1:2",
];

/** @type {readonly Resolution[]} */
export const RESOLUTIONS = ["1K", "2K", "4K"];

// 1344 x 756: sixteen to nine, and no size that a screen or a model has.
const SMALL_AREA = 1344 * 756;
const SIDE_FACTORS = { "1K": 1, "2K": 2, "4K": 3 };
const SIDE_STEP = 4;

/**
 * Returns the resolution of the picture that an input asks for.
 *
 * @param {string} name the name of the operation
 * @param {Record<string, any>} input
 * @returns {Resolution}
 */
export function pictureResolution(name, input) {
    const isGptEdit = name === "image.edit" && input.model === "gptimage2";
    return input.resolution ?? (isGptEdit ? largestResolution(input.aspect_ratio) : "1K");
}

/**
 * Returns the largest resolution that GPT Image 2 draws in a ratio.
 *
 * @param {string} aspectRatio
 * @returns {Resolution}
 */
function largestResolution(aspectRatio) {
    return aspectRatio === "1:1" ? "2K" : "4K";
}

/**
 * Returns the size in pixels of a picture.
 *
 * @param {string} aspectRatio
 * @param {Resolution} resolution
 * @returns {{ width: number, height: number }}
 */
export function pictureSize(aspectRatio, resolution) {
    const [across, down] = aspectRatio.split(":").map(Number);
    const unit = Math.sqrt(SMALL_AREA / (across * down)) * SIDE_FACTORS[resolution];
    return { width: roundSide(across * unit), height: roundSide(down * unit) };
}

/**
 * Rounds a side to the step that all sides share.
 *
 * @param {number} side
 * @returns {number}
 */
function roundSide(side) {
    return SIDE_STEP * Math.round(side / SIDE_STEP);
}
