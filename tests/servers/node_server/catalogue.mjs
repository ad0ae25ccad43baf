/** The documented operations: which fields each takes, and what it costs in time. */
import { EDIT_MODELS, IMAGE_MODELS, MUSIC_MODELS, SORA_MODELS, UPSCALERS, VIDEO_MODELS } from "./models.mjs";
import { ASPECT_RATIOS, RESOLUTIONS } from "./pictures.mjs";

/**
 * @typedef {keyof typeof import("./fieldtypes.mjs").FIELD_TYPES} FieldType
 *
 * @typedef {object} Operation
 * @property {Record<string, FieldType>} fields
 * @property {string[]} required
 * @property {number} processingMs at real pace
 * @property {string} taskPrefix what the ids of its tasks start with
 * @property {string[]} assets the names of its files
 * @property {Map<string, import("./models.mjs").Model>} [models]
 * @property {string} [defaultModel]
 * @property {Record<string, readonly string[]>} [choices]
 */

/**
 * Gives one type to several fields.
 *
 * @param {FieldType} type
 * @param {string} names
 * @returns {Record<string, FieldType>}
 */
function fields(type, names) {
    return Object.fromEntries(names.split(" ").map((name) => [name, type]));
}

/**
 * Describes an operation that rewrites a prompt.
 *
 * @param {Record<string, FieldType>} inputFields
 * @returns {Operation}
 */
function enhancement(inputFields) {
    return { fields: inputFields, required: ["prompt"], processingMs: 3000, taskPrefix: "txt", assets: [] };
}

/**
 * Describes an operation on a video of Sora 2.
 *
 * @param {string} asset
 * @param {Record<string, FieldType>} [moreFields]
 * @returns {Operation}
 */
function soraOperation(asset, moreFields = {}) {
    return {
        fields: {
            ...fields("string", "prompt model aspect_ratio resolution"),
            sora_video_id: "soraVideo",
            duration: "seconds",
            source_video_url: "url",
            ...moreFields,
        },
        required: ["sora_video_id", "prompt"],
        processingMs: 30_000,
        taskPrefix: "video",
        assets: [asset],
        models: SORA_MODELS,
        defaultModel: "sora-2",
    };
}

/** @type {Operation} */
const IMAGE_GENERATE = {
    fields: {
        ...fields("string", "prompt model aspect_ratio quality resolution style"),
        reference_image_urls: "urls",
        reference_prompt_balance: "number",
    },
    required: ["prompt", "model", "aspect_ratio"],
    processingMs: 12_000,
    taskPrefix: "img",
    assets: ["image.png", "provider-image.png"],
    models: IMAGE_MODELS,
    choices: { aspect_ratio: ASPECT_RATIOS, resolution: RESOLUTIONS },
};

/** @type {Operation} */
const IMAGE_EDIT = {
    fields: { ...fields("string", "prompt model aspect_ratio resolution"), image_url: "url" },
    required: ["prompt", "image_url", "model", "aspect_ratio"],
    processingMs: 14_000,
    taskPrefix: "imgedit",
    assets: ["edited.png"],
    models: EDIT_MODELS,
    choices: { aspect_ratio: ASPECT_RATIOS, resolution: RESOLUTIONS },
};

/** @type {Operation} */
const VIDEO_GENERATE = {
    fields: {
        ...fields("string", "prompt model aspect_ratio resolution negative_prompt"),
        ...fields("url", "image_url first_frame_url end_image_url last_frame_url"),
        ...fields("url", "source_video_url first_clip_url audio_url"),
        ...fields("boolean", "prompt_extend watermark nsfw_checker"),
        reference_image_urls: "urls",
        duration: "seconds",
        seed: "number",
    },
    required: ["prompt", "model"],
    processingMs: 30_000,
    taskPrefix: "vid",
    assets: ["video.mp4"],
    models: VIDEO_MODELS,
};

/** @type {Operation} */
const VIDEO_UPSCALE = {
    fields: {
        ...fields("url", "video_url thumbnail_url"),
        ...fields("string", "video_title model target_resolution"),
        ...fields("number", "upscale_factor target_fps"),
        duration_seconds: "seconds",
    },
    required: ["video_url"],
    processingMs: 25_000,
    taskPrefix: "up",
    assets: ["upscaled.mp4"],
    models: UPSCALERS,
    defaultModel: "wavespeed",
};

/** @type {Operation} */
const MUSIC_GENERATE = {
    fields: {
        ...fields("string", "prompt provider title mode style model"),
        ...fields("string", "vocal_gender persona_id description_prompt negative_tags"),
        ...fields("number", "style_weight weirdness_constraint audio_weight prompt_influence seed"),
        ...fields("boolean", "custom_mode instrumental"),
        duration_seconds: "seconds",
    },
    required: ["prompt"],
    processingMs: 20_000,
    taskPrefix: "mus",
    assets: ["track.mp3"],
    models: MUSIC_MODELS,
    defaultModel: "V5",
};

/** @type {Operation} */
const NARRATION_GENERATE = {
    fields: { ...fields("string", "text voice_id tone"), ...fields("number", "stability similarity_boost speed") },
    required: ["text", "voice_id"],
    processingMs: 4000,
    taskPrefix: "nar",
    assets: ["narration.mp3"],
};

/** @type {Operation} */
const SOUNDFX_GENERATE = {
    fields: {
        ...fields("string", "prompt title mode description_prompt negative_tags"),
        ...fields("number", "prompt_influence seed"),
        duration_seconds: "seconds",
        video_url: "url",
    },
    required: ["prompt"],
    processingMs: 8000,
    taskPrefix: "sfx",
    assets: ["sfx.mp3", "sfx-preview.mp4"],
};

/** @type {Operation} */
const LIPSYNC_GENERATE = {
    fields: {
        ...fields("url", "video_url audio_url"),
        ...fields("seconds", "video_duration audio_duration"),
        ...fields("string", "video_title audio_title"),
    },
    required: ["video_url", "audio_url"],
    processingMs: 25_000,
    taskPrefix: "lip",
    assets: ["lipsync.mp4"],
};

/** @type {Operation} */
const SUBTITLES_GENERATE = {
    fields: {
        ...fields("string", "file_name content_type"),
        video_url: "url",
        duration: "seconds",
        subtitle_settings: "subtitleSettings",
    },
    required: ["video_url"],
    processingMs: 15_000,
    taskPrefix: "sub",
    assets: ["subtitled.mp4"],
};

/** @type {Operation} */
const SMARTMOTION_GENERATE = {
    fields: {
        ...fields("string", "file_name content_type motion control_mode prompt negative_prompt"),
        file_url: "url",
        duration: "seconds",
        motion_scale: "number",
        camera_control: "cameraControl",
    },
    required: ["file_url"],
    processingMs: 20_000,
    taskPrefix: "sm",
    assets: ["smart-motion.mp4"],
};

/** @type {Operation} */
const LOCATION_GENERATE = {
    fields: {
        ...fields("string", "name description quality location_id universe_id zone_id workspace_id project_id"),
        source_image_urls: "urls",
        angle_context: "angles",
    },
    required: ["description"],
    processingMs: 30_000,
    taskPrefix: "loc",
    assets: ["location.glb"],
};

/** @type {Map<string, Operation>} */
export const OPERATIONS = new Map([
    ["image.generate", IMAGE_GENERATE],
    ["image.edit", IMAGE_EDIT],
    ["video.generate", VIDEO_GENERATE],
    ["video.upscale", VIDEO_UPSCALE],
    ["sora2.video.edit", soraOperation("sora-edit.mp4")],
    ["sora2.video.extend", soraOperation("sora-extension.mp4", { source_duration: "seconds" })],
    ["sora2.video.remix", soraOperation("sora-remix.mp4")],
    [
        "prompt.enhance.video",
        enhancement({ ...fields("string", "prompt visualStyle aspectRatio rewriteRequest"), duration: "seconds" }),
    ],
    ["prompt.enhance.image", enhancement(fields("string", "prompt visualStyle aspectRatio rewriteRequest"))],
    ["prompt.enhance.variant", enhancement(fields("string", "prompt rewriteRequest"))],
    ["music.generate", MUSIC_GENERATE],
    ["narration.generate", NARRATION_GENERATE],
    ["soundfx.generate", SOUNDFX_GENERATE],
    ["lipsync.generate", LIPSYNC_GENERATE],
    ["subtitles.generate", SUBTITLES_GENERATE],
    ["smartmotion.generate", SMARTMOTION_GENERATE],
    ["three_d.location.generate", LOCATION_GENERATE],
]);
