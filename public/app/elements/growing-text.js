/**
 * Plain text that grows at its end: shown in pieces, so that the browser lays out only the last one anew.
 *
 * @module
 */
import { h } from "./dom.js";

/** The length from which the next line begins a new piece, in characters. */
const PIECE_CHARS = 2000;

/** A piece may be so many times as long, where no line ends. */
const MOST = 5;

export class GrowingText {
  #root;
  /** @type {HTMLElement | null} */
  #piece = null;
  #chars = 0;
  /** How much is shown, in characters. */
  length = 0;

  #pieceChars;

  /** @param {HTMLElement} root whose children are this text's @param {number} [pieceChars] */
  constructor(root, pieceChars = PIECE_CHARS) {
    this.#root = root;
    this.#pieceChars = pieceChars;
  }

  /** @param {string} text */
  append(text) {
    this.length += text.length;
    const least = this.#pieceChars;
    const most = MOST * least;
    for (let at = 0; at < text.length; ) {
      if (!this.#piece) this.#piece = this.#root.appendChild(h("span", { class: "piece" }));
      const line = text.indexOf("\n", at + Math.max(0, least - this.#chars)) + 1 || text.length;
      const cut = Math.min(line, at + most - this.#chars);
      this.#piece.append(text.slice(at, cut));
      this.#chars += cut - at;
      if (this.#chars >= most || (this.#chars > least && text[cut - 1] === "\n")) {
        this.#piece = null;
        this.#chars = 0;
      }
      at = cut;
    }
  }
}
