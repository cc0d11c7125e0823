/**
 * Plain text that grows at its end: shown in pieces, so that the browser lays out only the last one anew.
 *
 * @module
 */
import { h } from "./dom.js";

/** The length from which the next line begins a new piece, in characters. */
const PIECE_CHARS = 2000;

export class GrowingText {
  #root;
  /** @type {HTMLElement | null} */
  #piece = null;
  #chars = 0;

  /** @param {HTMLElement} root whose children are this text's */
  constructor(root) {
    this.#root = root;
  }

  /** @param {string} text */
  append(text) {
    for (let at = 0; at < text.length; ) {
      if (!this.#piece) this.#piece = this.#root.appendChild(h("span", { class: "piece" }));
      const cut = text.indexOf("\n", at + Math.max(0, PIECE_CHARS - this.#chars)) + 1 || text.length;
      this.#piece.append(text.slice(at, cut));
      this.#chars += cut - at;
      if (this.#chars > PIECE_CHARS && text[cut - 1] === "\n") {
        this.#piece = null;
        this.#chars = 0;
      }
      at = cut;
    }
  }
}
