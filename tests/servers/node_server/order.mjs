/** An order: the valid content of a create call. */
import { OPERATIONS } from "./catalogue.mjs";
import { FIELD_TYPES, isObject, isString, isUrl } from "./fieldtypes.mjs";
import { SORA_DURATIONS } from "./models.mjs";
import { Refusal, invalidField } from "./refusal.mjs";

/**
 * @typedef {object} Order
 * @property {string} name the name of the operation
 * @property {import("./catalogue.mjs").Operation} operation
 * @property {Record<string, any>} input
 * @property {string | null} webhookUrl
 */

const ENVELOPE_FIELDS = ["operation", "input", "webhook_url"];
const MIN_PROMPT_LENGTH = 3;

/**
 * Reads the order from a body, or refuses the body.
 *
 * @param {unknown} body
 * @returns {Order}
 */
export function readOrder(body) {
    if (!isObject(body)) {
        throw new Refusal(400, "invalid_body", "The body must be a JSON object.");
    }
    refuseUnknownFields(body, ENVELOPE_FIELDS, "");
    const { name, operation } = readOperation(body.operation);
    const input = readInput(body.input, operation);
    refuseBarredCombinations(name, input);
    return { name, operation, input, webhookUrl: readWebhookUrl(body.webhook_url) };
}

/**
 * Finds the operation that a body names.
 *
 * @param {unknown} name
 * @returns {{ name: string, operation: import("./catalogue.mjs").Operation }}
 */
function readOperation(name) {
    const operation = isString(name) ? OPERATIONS.get(name) : undefined;
    if (!isString(name) || operation === undefined) {
        throw new Refusal(400, "unknown_operation", "operation must name a documented operation.", {
            field: "operation",
        });
    }
    return { name, operation };
}

/**
 * Reads the address that is called at the end of the task.
 *
 * @param {unknown} value
 * @returns {string | null}
 */
function readWebhookUrl(value) {
    if (value === undefined || value === null) {
        return null;
    }
    if (!isString(value) || !isUrl(value)) {
        throw invalidField("webhook_url", "webhook_url must be an http or https URL.");
    }
    return value;
}

/**
 * Checks the input of an operation field by field.
 *
 * @param {unknown} input
 * @param {import("./catalogue.mjs").Operation} operation
 * @returns {Record<string, any>}
 */
function readInput(input, operation) {
    if (!isObject(input)) {
        throw invalidField("input", "input must be a JSON object.");
    }
    refuseUnknownFields(input, Object.keys(operation.fields), "input.");
    for (const field of operation.required) {
        demandField(input, field);
    }
    for (const [field, type] of Object.entries(operation.fields)) {
        const value = input[field] ?? null;
        if (value !== null) {
            checkField(operation, field, type, value);
        }
    }
    return input;
}

/**
 * Refuses an object with a field that nobody documented.
 *
 * @param {object} object
 * @param {string[]} knownFields
 * @param {string} path
 * @returns {void}
 */
function refuseUnknownFields(object, knownFields, path) {
    if (Object.keys(object).some((field) => !knownFields.includes(field))) {
        const paths = knownFields.map((field) => path + field);
        throw new Refusal(400, "unknown_field", `Only these fields are known: ${paths.join(", ")}.`);
    }
}

/**
 * Refuses an input without a required field.
 *
 * @param {Record<string, unknown>} input
 * @param {string} field
 * @returns {void}
 */
function demandField(input, field) {
    if ((input[field] ?? "") === "") {
        throw invalidField(`input.${field}`, `input.${field} is required.`);
    }
}

/**
 * Checks the value of one field.
 *
 * @param {import("./catalogue.mjs").Operation} operation
 * @param {string} field
 * @param {import("./catalogue.mjs").FieldType} type
 * @param {any} value
 * @returns {void}
 */
function checkField(operation, field, type, value) {
    const { accepts, label } = FIELD_TYPES[type];
    if (!accepts(value)) {
        throw invalidField(`input.${field}`, `input.${field} must be ${label}.`);
    }
    const choices = field === "model" ? operation.models && [...operation.models.keys()] : operation.choices?.[field];
    if (choices !== undefined && !choices.includes(value)) {
        throw invalidField(`input.${field}`, `input.${field} must be one of ${choices.join(", ")}.`);
    }
    if (field === "prompt" && [...value.trim()].length < MIN_PROMPT_LENGTH) {
        throw invalidField("input.prompt", `input.prompt needs at least ${MIN_PROMPT_LENGTH} characters.`);
    }
}

/**
 * Refuses fields that are valid only apart from each other.
 *
 * @param {string} name
 * @param {Record<string, any>} input
 * @returns {void}
 */
function refuseBarredCombinations(name, input) {
    if (input.model === "gptimage2" && input.aspect_ratio === "1:1" && input.resolution === "4K") {
        throw invalidField("input.resolution", "GPT Image 2 draws squares only below 4K.");
    }
    const isSora = name === "video.generate" && ["sora2", "sora-2-pro"].includes(input.model);
    if (isSora && !SORA_DURATIONS.includes(input.duration ?? SORA_DURATIONS[0])) {
        throw invalidField("input.duration", `input.duration must be one of ${SORA_DURATIONS.join(", ")} for Sora 2.`);
    }
    if (isSora && input.aspect_ratio === "1:1") {
        throw invalidField("input.aspect_ratio", "input.aspect_ratio must be portrait or landscape for Sora 2.");
    }
}
