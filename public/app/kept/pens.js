/**
 * Which answers are being written, in whatever tab. A lock is let go of however its tab ends; browsers have locks only on https and
 * localhost, and without them an answer of another tab counts as broken off.
 *
 * @module
 */

/** @param {string} id of a message */
const lockOf = (id) => `ionet-edge:writing:${id}`;

/** Tell the other tabs that an answer is being written. @param {string} id of the message @param {Promise<void>} writing */
export function holdPen(id, writing) {
  navigator.locks?.request(lockOf(id), () => writing).catch(() => {});
}

/** @param {string} id of a message @returns {Promise<boolean>} whether a tab is writing it */
export async function isHeld(id) {
  const request = navigator.locks?.request(lockOf(id), { ifAvailable: true }, (lock) => lock === null);
  return (await request?.catch(() => false)) ?? false;
}

/** @param {string} id of a message @returns {Promise<void>} when no tab is writing it */
export async function laidDown(id) {
  await navigator.locks?.request(lockOf(id), () => {}).catch(() => {});
}
