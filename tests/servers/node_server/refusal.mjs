/** A refusal: what the service throws instead of a reply. */

/** A refusal carries the status and the words of an error reply. */
export class Refusal extends Error {
    /**
     * @param {number} status
     * @param {string} code
     * @param {string} message
     * @param {{ field?: string, headers?: Record<string, string> }} [details]
     */
    constructor(status, code, message, details = {}) {
        super(message);
        this.status = status;
        this.code = code;
        this.field = details.field ?? null;
        this.headers = details.headers ?? {};
    }
}

/**
 * Makes the refusal of one invalid field.
 *
 * @param {string} field
 * @param {string} message
 * @returns {Refusal}
 */
export function invalidField(field, message) {
    return new Refusal(400, "invalid_input", message, { field });
}

/**
 * Writes the body of an error reply.
 *
 * @param {Refusal} refusal
 * @param {string} traceId
 * @returns {object}
 */
export function refusalBody(refusal, traceId) {
    return {
        error: {
            code: refusal.code,
            message: refusal.message,
            field: refusal.field,
            traceId,
            retryable: false,
            documentationUrl: null,
        },
    };
}
