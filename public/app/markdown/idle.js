/**
 * Work that can wait, one piece after another, when the browser has time: however much there is, no piece holds up the page.
 *
 * @module
 */

/** @type {Promise<void>} */
let last = Promise.resolve();

/** @param {() => void} work @returns {Promise<void>} when it is done */
export function whenIdle(work) {
  last = last.then(idle).then(work).catch(reportError);
  return last;
}

/** @returns {Promise<void>} */
function idle() {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: 500 });
    else setTimeout(resolve, 50);
  });
}
