/**
 * Text shown as it was written, with a word on why.
 *
 * @module
 */
import { h } from "./dom.js";
import { GrowingText } from "./growing-text.js";
import { t } from "./i18n.js";

/** Fewer and larger pieces than usual, in characters: there may be megabytes. */
const PIECE_CHARS = 10_000;

/** @param {Element} root to put it at the end of @param {string} key of the word @returns {GrowingText} the text, empty yet */
export function plain(root, key) {
  const text = h("div", { class: "plain-text" });
  root.append(h("div", { class: "plain" }, h("p", { class: "note", "data-i18n": key }, t(key)), text));
  return new GrowingText(text, PIECE_CHARS);
}
