/**
 * Names for what is new, unlike any other. (`crypto.randomUUID` is missing on plain http.)
 *
 * @module
 */

/** @returns {string} 128 random bits */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
