// The end of a pipe at which a client does what it is told, as pipe.py does for Python's.
import { createInterface } from "node:readline";

/**
 * @typedef {{ way: string, base_url: string, api_key: string, model: string, prompt: string }} Task
 * @typedef {(task: Task) => Promise<unknown>} Way
 */

/** @param {string} city */
export const getWeather = (city) => `17 degrees and clear in ${city}`;

/**
 * Does what the lines of stdin say until it ends. What `seen` does not know as an error of the client's ends this process.
 *
 * @param {(task: Task) => Promise<object>} outcome
 */
export async function serve(outcome) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await outcome(JSON.parse(line))));
  }
}
