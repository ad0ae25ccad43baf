/** The prices: what each order costs in credits. */
import { SORA_DURATIONS } from "./models.mjs";
import { pictureResolution } from "./pictures.mjs";

/** @typedef {import("./order.mjs").Order} Order */

const PICTURE_FACTORS = { "1K": 1, "2K": 2, "4K": 3 };
const DEFAULT_SECONDS = 5;

/** @type {Record<string, (order: Order) => number>} */
const RULES = {
    "image.generate": pricePicture,
    "image.edit": pricePicture,
    "video.generate": priceVideo,
    "video.upscale": ({ operation, input }) =>
        modelCredits(operation, input) * (input.duration_seconds ?? DEFAULT_SECONDS),
    "sora2.video.edit": priceVideo,
    "sora2.video.extend": priceExtension,
    "sora2.video.remix": priceVideo,
    "music.generate": ({ input, operation }) => modelCredits(operation, input),
    "narration.generate": ({ input }) => input.text.length / 100,
    "soundfx.generate": ({ input }) => 2 + (input.duration_seconds ?? DEFAULT_SECONDS) / 4,
    "lipsync.generate": ({ input }) => 2 * (input.audio_duration ?? input.video_duration ?? DEFAULT_SECONDS),
    "subtitles.generate": ({ input }) => 3 + (input.duration ?? DEFAULT_SECONDS) / 10,
    "smartmotion.generate": ({ input }) => 4 * (input.duration ?? DEFAULT_SECONDS),
    "three_d.location.generate": ({ input }) => 40 + 5 * (input.source_image_urls?.length ?? 0),
};

/**
 * Returns the whole credits that an order costs.
 *
 * @param {Order} order
 * @returns {number}
 */
export function priceOf(order) {
    const rule = RULES[order.name];
    return rule === undefined ? 1 : Math.max(1, Math.ceil(rule(order)));
}

/**
 * Prices a picture by its model and resolution.
 *
 * @param {Order} order
 * @returns {number}
 */
function pricePicture({ name, operation, input }) {
    return modelCredits(operation, input) * PICTURE_FACTORS[pictureResolution(name, input)];
}

/**
 * Prices a video by its model, length and resolution.
 *
 * @param {Order} order
 * @returns {number}
 */
function priceVideo({ operation, input }) {
    const factor = input.resolution === "1080p" ? 1.5 : 1;
    return modelCredits(operation, input) * (input.duration ?? DEFAULT_SECONDS) * factor;
}

/**
 * Prices the extension of a Sora video, whose length becomes the nearest documented one.
 *
 * @param {Order} order
 * @returns {number}
 */
function priceExtension({ name, operation, input, webhookUrl }) {
    const askedDuration = input.duration ?? SORA_DURATIONS[0];
    const duration = SORA_DURATIONS.reduce((best, next) =>
        Math.abs(next - askedDuration) < Math.abs(best - askedDuration) ? next : best,
    );
    return priceVideo({ name, operation, input: { ...input, duration }, webhookUrl });
}

/**
 * Returns the credits of the model that an input names.
 *
 * @param {import("./catalogue.mjs").Operation} operation
 * @param {Record<string, any>} input
 * @returns {number}
 */
function modelCredits({ models, defaultModel }, input) {
    return models?.get(input.model ?? defaultModel)?.credits ?? 1;
}
