/**
 * Lets the page have its turn in long work.
 *
 * @module
 */

/** So long does work go on before that, in milliseconds. */
const SLICE_MS = 12;

/** @returns {() => Promise<void>} to be awaited often: it waits only when it is time */
export function pauses() {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  };
}
