/**
 * A part that nests too deeply to be read as Markdown: shown as it was written, until a new paragraph begins beside it.
 *
 * @module
 */
import { plain } from "../elements/plain.js";

export class OpenPlain {
  #text;
  #atLineStart = true;
  #wasEmpty = false;
  closed = false;

  /** @param {Element} root to show it at the end of */
  constructor(root) {
    this.#text = plain(root, "plain.deep");
    this.element = root.lastElementChild;
  }

  /** Go on: what follows nests as deeply. */
  reopen() {
    this.closed = false;
    this.#wasEmpty = false;
  }

  /**
   * @param {string} text
   * @param {boolean} final nothing follows
   * @returns {string} what is not part of it
   */
  take(text, final) {
    for (let at = 0; at < text.length; ) {
      if (this.#atLineStart && this.#wasEmpty && /[^\s>]/.test(text[at] ?? "")) return this.#close(text.slice(at));
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline + 1;
      const line = text.slice(at, end);
      this.#text.append(line);
      this.#wasEmpty = this.#atLineStart && line.trim() === "";
      this.#atLineStart = newline >= 0;
      at = end;
    }
    return final ? this.#close("") : "";
  }

  /** @param {string} rest */
  #close(rest) {
    this.closed = true;
    return rest;
  }
}
