/**
 * Shows Markdown while it is being written, at a cost that does not grow with what was written before.
 *
 * Blocks that can't change any more are settled: rendered once and never touched again. Only what is still open is rendered anew:
 * of a list its last item, of a table its last row, of a block of code nothing at all, as its text is only appended.
 *
 * @module
 */
import remend from "remend";
import { OpenCode } from "./code-block.js";
import { decorate } from "./decorate.js";
import { firstWord, lex, toHtml } from "./grammar.js";
import { fragmentOfMarkdown } from "./sanitize.js";

/** @import { Token, Tokens, Links } from "marked" */

/** A list or table that is on the page already and takes further items or rows; `head` is what its Markdown begins with. */
/** @typedef {{ type: "list" | "table", element: Element, head: string }} Container */

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;

/** A paragraph that is longer than this is settled in pieces, in characters. */
const PARAGRAPH_CHARS = 8000;

export class MarkdownStream {
  #root;
  #tail = "";
  /** @type {Links} */
  #links = {};
  /** @type {Element[]} what is shown of the open end */
  #live = [];
  /** @type {Container | null} */
  #container = null;
  /** @type {OpenCode | null} */
  #code = null;

  /** @param {Element} root whose children are this stream's */
  constructor(root) {
    this.#root = root;
  }

  /** @param {string} text to be shown at the next render */
  append(text) {
    this.#tail += text.replaceAll("\r", "");
  }

  /** @param {boolean} [final] nothing follows */
  render(final = false) {
    for (const element of this.#live.splice(0)) element.remove();
    // Settling may open a block of code, whose end may open another: as long as text is used up, there is more to see.
    for (let before = -1; before !== this.#tail.length && this.#tail !== ""; ) {
      before = this.#tail.length;
      if (this.#code) this.#takeCode(final);
      else this.#settle(final);
    }
    if (final && this.#code) this.#takeCode(true);
    if (this.#tail !== "" && !this.#code) {
      const head = this.#container?.head ?? "";
      this.#place(lex(head + remend(this.#tail, { linkMode: "text-only" }), this.#links), false);
    }
  }

  /** @param {boolean} final */
  #takeCode(final) {
    if (!this.#code) return;
    this.#tail = this.#code.take(this.#tail, final);
    if (this.#code.closed) this.#code = null;
  }

  /** Render for good what can't change any more, and keep the rest as the tail. @param {boolean} final */
  #settle(final) {
    const head = this.#container?.head ?? "";
    const tokens = lex(head + this.#tail, this.#links);
    const open = final ? tokens.length : firstOpen(tokens);
    const done = tokens.slice(0, open);
    const length = rawLength(done);
    if (length > 0 && open > 0) {
      this.#place(done, true);
      this.#container = null;
      this.#tail = this.#tail.slice(length - head.length);
      return;
    }
    const last = tokens[open];
    if (last?.type === "code" || last?.type === "space") this.#openCode();
    else if (last?.type === "list") this.#settleItems(/** @type {Tokens.List} */ (last));
    else if (last?.type === "table") this.#settleRows(/** @type {Tokens.Table} */ (last));
    else if (last?.type === "paragraph" && last.raw.length > PARAGRAPH_CHARS) this.#settleWords(last.raw);
  }

  /** The tail is a block of code whose fence is open. */
  #openCode() {
    const opening = FENCE.exec(this.#tail);
    if (!opening) return;
    this.#code = new OpenCode(opening, firstWord(opening[3]?.trim()));
    this.#root.append(this.#code.block.element);
    this.#tail = this.#tail.slice(opening[0].length);
  }

  /** @param {Tokens.List} list */
  #settleItems(list) {
    const items = list.items.slice(0, -1);
    const raw = items.map((item) => item.raw).join("");
    if (raw === "" || !this.#tail.startsWith(raw)) return;
    this.#extend("list", raw, "");
  }

  /** @param {Tokens.Table} table */
  #settleRows(table) {
    const lines = table.raw.trimEnd().split("\n");
    const head = `${lines.slice(0, 2).join("\n")}\n`;
    const rows = lines.slice(2, -1).map((line) => `${line}\n`);
    if (rows.length > 0) this.#extend("table", rows.join(""), head);
  }

  /**
   * Put these items or rows into the container, which is made where there is none.
   *
   * @param {Container["type"]} type
   * @param {string} raw
   * @param {string} head
   */
  #extend(type, raw, head) {
    const begun = this.#container !== null;
    const placed = this.#place(lex(head + raw, this.#links), true);
    if (!begun) {
      const element = type === "list" ? placed : placed?.querySelector("tbody");
      if (element) this.#container = { type, element, head };
    }
    this.#tail = this.#tail.slice(raw.length + (begun ? 0 : head.length));
  }

  /** @param {string} raw of a very long paragraph */
  #settleWords(raw) {
    const cut = raw.lastIndexOf(" ", raw.length - 200) + 1;
    if (cut === 0) return;
    this.#place(lex(raw.slice(0, cut), this.#links), true);
    this.#tail = this.#tail.slice(cut);
  }

  /**
   * @param {Token[]} tokens
   * @param {boolean} settled
   * @returns {Element | null} the first element that was placed as a block of its own
   */
  #place(tokens, settled) {
    const fragment = fragmentOfMarkdown(toHtml(tokens));
    decorate(fragment, settled);
    const first = fragment.firstElementChild;
    /** @type {Element[]} */
    const inside = [];
    const { type, element } = this.#container ?? {};
    if (first && element && tokens.find((token) => token.type !== "space")?.type === type) {
      inside.push(...(type === "list" ? first.children : first.querySelectorAll("tbody > tr")));
      element.append(...inside);
      first.remove();
    }
    const outside = [...fragment.children];
    this.#root.append(...outside);
    if (!settled) this.#live.push(...inside, ...outside);
    return outside[0] ?? null;
  }
}

/**
 * The first block that may still change: the last one, and the one before it as long as the last one's first line is not complete,
 * because that line may still turn out to belong to it (`***` is a rule, `***word***` goes on with a paragraph).
 *
 * @param {Token[]} tokens
 * @returns {number}
 */
export function firstOpen(tokens) {
  const last = tokens.findLastIndex((token) => token.type !== "space");
  if (last <= 0) return Math.max(0, last);
  if (tokens[last]?.raw.includes("\n") || tokens.at(-1)?.type === "space") return last;
  const before = tokens.slice(0, last).findLastIndex((token) => token.type !== "space");
  return Math.max(0, before);
}

/** @param {Token[]} tokens */
function rawLength(tokens) {
  return tokens.reduce((sum, token) => sum + token.raw.length, 0);
}
