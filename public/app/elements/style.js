/**
 * Style sheets that are loaded when they are needed.
 *
 * @module
 */
import { h } from "./dom.js";

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/** @param {string} path beside the page @returns {Promise<void>} when it is there, or can't be had */
export function loadStyle(path) {
  const sheet = sheets.get(path) ?? load(new URL(path, document.baseURI).href);
  sheets.set(path, sheet);
  return sheet;
}

/** @param {string} href @returns {Promise<void>} */
function load(href) {
  return new Promise((resolve) => {
    document.head.append(h("link", { rel: "stylesheet", href, onload: () => resolve(), onerror: () => resolve() }));
  });
}
