// Stands for Cloudflare's rate-limiting binding, which workerd itself does not have: it counts, and lets everything pass.

// @ts-expect-error: the runtime's own module
import { WorkerEntrypoint } from "cloudflare:workers";

/** @type {Map<string, number>} */
const counts = new Map();

export default class extends WorkerEntrypoint {
  /**
   * @param {{ key: string }} options
   * @returns {{ success: boolean }}
   */
  limit({ key }) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: true };
  }
}
