/**
 * Two versions of one thing, each changed on a device that did not know of the other. Pure.
 *
 * @module
 */

/** @import { Message } from "../types.js" */

/**
 * What was changed here stays as it is here, all else is as it is there.
 *
 * @template {Record<string, any>} T
 * @param {T | undefined} base as both had it, where that is known
 * @param {T} mine
 * @param {T} theirs
 * @returns {T} a version above both
 */
export function merged(base, mine, theirs) {
  /** @type {Record<string, any>} */
  const all = { ...theirs };
  for (const [name, value] of Object.entries(mine)) {
    const before = base?.[name];
    if (isPlain(value)) all[name] = mergedMap(isPlain(before) ? before : {}, value, theirs[name] ?? {});
    else if (base === undefined || value !== before) all[name] = value;
  }
  return /** @type {any} */ ({ ...all, ...above(mine, theirs) });
}

/**
 * Of two texts of one answer, the one that is further: it has ended, or is longer.
 *
 * @param {Message} mine
 * @param {Message} theirs
 * @returns {Message} a version above both
 */
export function mergedMessage(mine, theirs) {
  const further =
    Number(isEnded(theirs)) - Number(isEnded(mine)) ||
    lengthOf(theirs) - lengthOf(mine) ||
    Number(theirs.ending !== null) - Number(mine.ending !== null);
  const { parent } = theirs;
  return { ...(further > 0 ? theirs : mine), parent, version: Math.max(mine.version, theirs.version) + 1 };
}

/** @param {Record<string, any>} mine @param {Record<string, any>} theirs */
function above(mine, theirs) {
  const version = Math.max(mine.version, theirs.version) + 1;
  return "updated" in mine ? { version, updated: Math.max(mine.updated, theirs.updated) } : { version };
}

/** @param {Record<string, any>} base @param {Record<string, any>} mine @param {Record<string, any>} theirs */
function mergedMap(base, mine, theirs) {
  const changed = Object.entries(mine).filter(([name, value]) => value !== base[name]);
  return { ...theirs, ...Object.fromEntries(changed) };
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isPlain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {Message} message */
function isEnded({ ending }) {
  return ending !== null && ending.kind !== "closed";
}

/** @param {Message} message */
function lengthOf({ content, reasoning }) {
  return content.length + reasoning.length;
}

/**
 * @param {any} ours
 * @param {any} theirs may have more members
 * @returns {boolean} whether all that is in ours is the same there
 */
export function isSame(ours, theirs) {
  if (typeof ours !== "object" || ours === null) return ours === theirs;
  if (typeof theirs !== "object" || theirs === null) return false;
  const isWhole = !Array.isArray(ours) || ours.length === theirs.length;
  return isWhole && Object.entries(ours).every(([name, value]) => isSame(value, theirs[name]));
}
