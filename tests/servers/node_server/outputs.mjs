/** The success output of each operation. */

/**
 * @typedef {import("./task.mjs").Task} Task
 * @typedef {(name: string) => string} Locate gives the address of an asset by its file name
 */

/** @type {Record<string, (task: Task, locate: Locate) => Record<string, unknown>>} */
const WRITERS = {
    "image.generate": writePicture,
    "image.edit": (task, locate) => ({
        ...opening(task, "image"),
        image_url: locate("edited.png"),
        ...modelNames(task),
    }),
    "video.generate": (task, locate) => ({
        ...opening(task, "video"),
        video_url: locate("video.mp4"),
        ...modelNames(task),
    }),
    "video.upscale": (task, locate) => ({
        ...opening(task, "video"),
        video_url: locate("upscaled.mp4"),
        ...modelNames(task),
        requested_model: modelName(task),
        exact_cost_credits: task.credits,
    }),
    "sora2.video.edit": writeSoraVideo,
    "sora2.video.extend": writeSoraVideo,
    "sora2.video.remix": writeSoraVideo,
    "prompt.enhance.video": writePrompt,
    "prompt.enhance.image": writePrompt,
    "prompt.enhance.variant": writePrompt,
    "music.generate": writeMusic,
    "narration.generate": (_, locate) => ({
        asset_type: "audio",
        status: "succeeded",
        audio_url: locate("narration.mp3"),
        ...FIXED_NAMES["narration.generate"],
    }),
    "soundfx.generate": writeSound,
    "lipsync.generate": (task, locate) => ({
        ...opening(task, "video"),
        video_url: locate("lipsync.mp4"),
        audio_url: task.order.input.audio_url,
        ...modelNames(task),
        exact_cost_credits: task.credits,
    }),
    "subtitles.generate": (task, locate) => ({
        ...opening(task, "video"),
        video_url: locate("subtitled.mp4"),
        model: "subtitles",
    }),
    "smartmotion.generate": (task, locate) => ({
        ...opening(task, "video"),
        video_url: locate("smart-motion.mp4"),
        ...modelNames(task),
    }),
    "three_d.location.generate": (task, locate) => ({
        ...opening(task, "model"),
        model_url: locate("location.glb"),
        ...modelNames(task),
    }),
};

/** @type {Record<string, { provider: string, model: string }>} */
const FIXED_NAMES = {
    "narration.generate": { provider: "elevenlabs", model: "narration" },
    "soundfx.generate": { provider: "replicate", model: "soundfx" },
    "lipsync.generate": { provider: "wavespeed", model: "lipsync" },
    "subtitles.generate": { provider: "cannon", model: "subtitles" },
    "smartmotion.generate": { provider: "kling", model: "smart_motion" },
    "three_d.location.generate": { provider: "cannon", model: "location" },
};

const REWRITER = { provider: "openai", model: "gpt-5-mini" };

/**
 * Writes the output of a task that has succeeded.
 *
 * @param {Task} task
 * @param {Locate} locate
 * @returns {Record<string, any>}
 */
export function writeOutput(task, locate) {
    return WRITERS[task.order.name](task, locate);
}

/**
 * Writes the output of a task that is still processing.
 *
 * @param {Task} task
 * @returns {Record<string, any>}
 */
export function writePartialOutput(task) {
    return { task_id: task.upstreamId, status: "processing", ...modelNames(task) };
}

/**
 * Writes the keys that most outputs begin with.
 *
 * @param {Task} task
 * @param {string} assetType
 * @returns {Record<string, string>}
 */
function opening(task, assetType) {
    return { task_id: task.upstreamId, asset_type: assetType, status: "succeeded" };
}

/**
 * Returns the model that a task uses, in the words of a request.
 *
 * @param {Task} task
 * @returns {string | undefined}
 */
function modelName({ order: { input, operation } }) {
    return input.model ?? operation.defaultModel;
}

/**
 * Returns the provider of a task and the provider's name of the model.
 *
 * @param {Task} task
 * @returns {{ provider: string, model: string }}
 */
function modelNames(task) {
    const model = task.order.operation.models?.get(modelName(task) ?? "");
    if (model === undefined) {
        return FIXED_NAMES[task.order.name] ?? REWRITER;
    }
    return { provider: model.provider, model: model.upstream };
}

/**
 * Writes the output of a drawn picture.
 *
 * @param {Task} task
 * @param {Locate} locate
 * @returns {Record<string, unknown>}
 */
function writePicture(task, locate) {
    const providerUrls = [locate("provider-image.png")];
    return {
        ...opening(task, "image"),
        image_url: locate("image.png"),
        image_urls: [locate("image.png")],
        provider_image_urls: providerUrls,
        provider_image_count: providerUrls.length,
        provider: "cannon",
        model: task.order.input.model,
        aspect_ratio: task.order.input.aspect_ratio,
    };
}

/**
 * Writes the output of an operation on a Sora video.
 *
 * @param {Task} task
 * @param {Locate} locate
 * @returns {Record<string, unknown>}
 */
function writeSoraVideo(task, locate) {
    const [asset] = task.order.operation.assets;
    return { ...opening(task, "video"), video_url: locate(asset), ...modelNames(task) };
}

/**
 * Writes a rewritten prompt; it adds only the client's own words, so that their language stays.
 *
 * @param {Task} task
 * @returns {Record<string, unknown>}
 */
function writePrompt({ order: { name, input } }) {
    const parts = [input.prompt, input.visualStyle, input.rewriteRequest].filter(Boolean);
    return { enhancedPrompt: parts.join(" — "), model: REWRITER.model, operation: name };
}

/**
 * Writes the output of a piece of music.
 *
 * @param {Task} task
 * @param {Locate} locate
 * @returns {Record<string, unknown>}
 */
function writeMusic(task, locate) {
    const { input } = task.order;
    return {
        ...opening(task, "audio"),
        audio_url: locate("track.mp3"),
        requested_provider: input.provider ?? "kie",
        ...modelNames(task),
        title: input.title ?? "Untitled",
    };
}

/**
 * Writes the output of a sound effect, with a preview if there is a video.
 *
 * @param {Task} task
 * @param {Locate} locate
 * @returns {Record<string, unknown>}
 */
function writeSound(task, locate) {
    const { input } = task.order;
    const hasVideo = (input.video_url ?? null) !== null;
    return {
        ...opening(task, "audio"),
        audio_url: locate("sfx.mp3"),
        sfx_video_url: hasVideo ? locate("sfx-preview.mp4") : null,
        ...modelNames(task),
        mode: input.mode ?? (hasVideo ? "video_context" : "one_off"),
    };
}
