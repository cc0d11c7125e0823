/**
 * The text of an answer: Markdown, and plain text where it is longer than Markdown can be shown for, or can't be read as Markdown.
 *
 * @module
 */
import { plain } from "../elements/plain.js";
import { MarkdownStream } from "../markdown/stream.js";

/** @import { GrowingText } from "../elements/growing-text.js" */

/** So much is shown in one step, in characters: what Markdown takes much longer for than plain text does. */
const STEP_CHARS = 2000;
const PLAIN_STEP_CHARS = 100_000;

/** Longer than answers are; from there on every further block would make each frame longer. In characters. */
const MARKDOWN_CHARS = 250_000;

export class AnswerText {
  #root;
  #markdown;
  /** @type {GrowingText | null} */
  #plain = null;
  #shown = 0;
  #ended = false;

  /** @param {Element} root whose children are this text's */
  constructor(root) {
    this.#root = root;
    this.#markdown = new MarkdownStream(root);
  }

  /**
   * Show the next piece.
   *
   * @param {string} text all there is by now
   * @param {boolean} ended no more will follow
   * @returns {boolean} whether there is more to show
   */
  step(text, ended) {
    const from = this.#shown;
    if (from === text.length && ended === this.#ended) return false;
    this.#shown = Math.min(text.length, from + (this.#plain ? PLAIN_STEP_CHARS : STEP_CHARS));
    const words = text.slice(from, this.#shown);
    this.#ended = ended && this.#shown === text.length;
    if (this.#plain) this.#plain.append(words);
    else this.#show(words);
    return this.#shown < text.length;
  }

  /** @param {string} words */
  #show(words) {
    const isLong = this.#shown >= MARKDOWN_CHARS;
    try {
      this.#markdown.append(words);
      this.#markdown.render(this.#ended || isLong);
      if (isLong) this.#plain = plain(this.#root, "plain.long");
    } catch (error) {
      reportError(error);
      this.#root.replaceChildren();
      this.#plain = plain(this.#root, "plain.failed");
      this.#shown = 0;
    }
  }
}
