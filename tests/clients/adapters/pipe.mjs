// The end of a pipe at which a client does what it is told, as pipe.py does for Python's.
import { createInterface } from "node:readline";

/**
 * @typedef {{ way: string, base_url: string, api_key: string, model: string, prompt: string }} Task
 * @typedef {(task: Task) => Promise<unknown>} Way
 */

/**
 * Does what the lines of stdin say until it ends.
 *
 * @param {(task: Task) => Promise<object>} outcome gives `{ value }`, or `{ error }` for an exception of the client's own; any other ends this process
 */
export async function serve(outcome) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await outcome(JSON.parse(line))));
  }
}
