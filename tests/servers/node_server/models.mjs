/** The models that a request may name, with their price and the name that a provider gives them. */

/**
 * @typedef {object} Model
 * @property {number} credits per picture of the smallest size, per second of a video, or per call
 * @property {string} provider
 * @property {string} upstream the provider's own name of the model
 */

/**
 * Makes a model.
 *
 * @param {number} credits
 * @param {string} provider
 * @param {string} upstream
 * @returns {Model}
 */
function model(credits, provider, upstream) {
    return { credits, provider, upstream };
}

/** @type {Map<string, Model>} */
export const IMAGE_MODELS = new Map([
    ["seedream45", model(10, "kie", "seedream/4.5-text-to-image")],
    ["seedream5", model(14, "kie", "seedream/5-lite-text-to-image")],
    ["grok", model(9, "kie", "grok-imagine/text-to-image")],
    ["nanobanana", model(8, "kie", "google/nano-banana")],
    ["nanobanana2", model(13, "kie", "google/nano-banana-2")],
    ["wan27image", model(7, "kie", "wan/2-7-image")],
    ["wan27imagepro", model(12, "kie", "wan/2-7-image-pro")],
    ["flux2", model(9, "kie", "flux-2/flex-text-to-image")],
    ["flux2pro", model(15, "kie", "flux-2/pro-text-to-image")],
    ["gptimage2", model(16, "kie", "gpt-image-2-text-to-image")],
]);

const GENERATORS_ONLY = ["seedream45", "grok"];

/** @type {Map<string, Model>} */
export const EDIT_MODELS = new Map(
    [...IMAGE_MODELS]
        .filter(([name]) => !GENERATORS_ONLY.includes(name))
        .map(([name, { credits, provider, upstream }]) => [
            name,
            model(credits + 2, provider, upstream.replace("text-to-image", "image-to-image")),
        ]),
);

/** @type {Map<string, Model>} */
export const VIDEO_MODELS = new Map([
    ["seedance2", model(6, "seedance", "seedance2")],
    ["seedance2fast", model(4, "seedance", "seedance2fast")],
    ["wan27video", model(5, "kie", "wan/2-7-video")],
    ["veo31", model(11, "kie", "veo3")],
    ["sora2", model(9, "sora2", "sora2")],
    ["sora-2-pro", model(20, "sora2", "sora2")],
    ["grok", model(4, "kie", "grok-imagine/text-to-video")],
    ["nanobanana", model(3, "kie", "google/nano-banana")],
]);

export const SORA_DURATIONS = [4, 8, 12, 16, 20];

/** @type {Map<string, Model>} */
export const SORA_MODELS = new Map([
    ["sora-2", model(9, "sora2", "sora2")],
    ["sora2", model(9, "sora2", "sora2")],
    ["sora-2-pro", model(20, "sora2", "sora2")],
]);

/** @type {Map<string, Model>} */
export const UPSCALERS = new Map([
    ["wavespeed", model(2, "wavespeed", "video_upscale")],
    ["topaz", model(3, "topaz", "video_upscale")],
    ["proteus", model(3, "topaz", "video_upscale")],
    ["starlight25", model(5, "topaz", "video_upscale")],
]);

const SUNO_NAMES = ["V4", "V4_5", "V4_5PLUS", "V4_5ALL", "V5", "V5_5", "V6", "V6_WILD", "V6_MINI"];

/** @type {Map<string, Model>} */
export const MUSIC_MODELS = new Map(SUNO_NAMES.map((name) => [name, model(12, "kie", name)]));
