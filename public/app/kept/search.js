/**
 * Looks for words in the texts of all messages on this device, a few at a time, so that the page stays free meanwhile.
 *
 * @module
 */
import { pauses } from "./pauses.js";
import { excerpt } from "./rooms.js";
import { isHidden } from "./verdict.js";

/** @import { Store } from "./store.js" */

/** So many messages are read at once: with pictures they are large. */
const SLICE = 50;
/** What was found is told so often, in milliseconds. */
const TELL_MS = 150;

/**
 * @param {Store} store
 * @param {string[]} words of `wordsOf`
 * @param {AbortSignal} signal another search has begun
 * @param {(found: Map<string, string>) => void} tell conversations → an excerpt, all that was found so far
 * @returns {Promise<void>} when all has been looked through, or the search was given up
 */
export async function searchTexts(store, words, signal, tell) {
  /** @type {Map<string, string>} */
  const found = new Map();
  let told = 0;
  let toldAt = performance.now();
  const pause = pauses();
  for await (const message of store.allMessages(SLICE)) {
    if (signal.aborted) return;
    const part = found.has(message.conversation) || isHidden(message) ? null : excerpt(message, words);
    if (part !== null) found.set(message.conversation, part);
    if (found.size > told && performance.now() - toldAt > TELL_MS) {
      tell(found);
      told = found.size;
      toldAt = performance.now();
    }
    await pause();
  }
  if (!signal.aborted) tell(found);
}
