/**
 * Asks what the edge's guard says of an answer that has ended. Reading it takes the guard a while.
 *
 * @module
 */

/** @import { Verdict } from "../types.js" */

/** So long after each asking it is asked again, in milliseconds. */
const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** @param {() => Promise<Verdict | null>} ask @returns {Promise<Verdict | null>} null where none was had in half a minute */
export async function verdictOf(ask) {
  let told = await ask();
  for (const ms of WAITS_MS) {
    if (told) break;
    await new Promise((resolve) => setTimeout(resolve, ms));
    told = await ask();
  }
  return told;
}
