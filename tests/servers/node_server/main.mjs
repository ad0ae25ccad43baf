/**
 * An honest server of the documented API in plain Node. Where the pages are silent, it takes these choices:
 * 1. It requires `model`, `aspect_ratio` and `x-idempotency-key`, refuses unknown fields, and reads null as absent.
 * 2. It scopes idempotency and reading to one key: 200 for a repeat, 422 for another body, 403 for a foreign request.
 * 3. It charges when a task ends, checks the balance against all open tasks, and keeps logs from the creation on.
 * 4. It adds extra keys everywhere, gives null to what has no value, and names a canonical address in `urls.get`.
 * 5. It refuses 4K squares of GPT Image 2, draws PNG pictures of uncommon sizes, and redirects every asset once.
 */
import { readOptions } from "./options.mjs";
import { Service } from "./service.mjs";

/**
 * Starts the service and announces its address.
 *
 * @returns {Promise<void>}
 */
async function main() {
    const service = new Service(readOptions(process.argv.slice(2)));
    for (const signal of ["SIGTERM", "SIGINT"]) {
        process.once(signal, () => service.stop());
    }
    const address = await service.start();
    process.stdout.write(`listening on ${address}\n`);
}

main().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
});
