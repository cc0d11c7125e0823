/**
 * Shows Markdown while it is being written, at a cost that does not grow with what was written before.
 *
 * Blocks that can't change any more are settled: rendered once and never touched again. Only what is still open is rendered anew:
 * of a list its last item, of a table its last row, of a block of code nothing at all, as its text is only appended.
 *
 * @module
 */
import remend from "remend";
import { morph } from "../elements/morph.js";
import { Bounds } from "./bounds.js";
import { OpenCode } from "./code-block.js";
import { continued, headOf } from "./continued.js";
import { cutAt } from "./cut.js";
import { decorate } from "./decorate.js";
import { firstWord, lex, toHtml } from "./grammar.js";
import { gatherNotes } from "./notes.js";
import { OpenPlain } from "./open-plain.js";
import { fragmentOfMarkdown } from "./sanitize.js";

/** @import { Token, Tokens, Links } from "marked" */

/**
 * A list or table that is on the page already and takes further items or rows; `head` is what its Markdown begins with: the first lines
 * of a table, and those of a list's items that were cut and go on.
 */
/** @typedef {{ type: "list" | "table", element: Element, head: string }} Container */

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;

/** What is longer than this and still open is settled in pieces, in characters: a paragraph at a word, all else at a line. */
const OPEN_CHARS = 5000;

export class MarkdownStream {
  #root;
  #tail = "";
  /** @type {Links} */
  #links = {};
  /** @type {Element[]} what is shown of the open end */
  #live = [];
  /** @type {Element[]} what was shown of it and is not yet replaced */
  #old = [];
  /** @type {Container | null} */
  #container = null;
  /** @type {OpenCode | OpenPlain | null} what takes the text before it is read as Markdown */
  #open = null;
  /** @type {OpenPlain | null} */
  #plain = null;
  #bounds = new Bounds();

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
    this.#old = this.#live.splice(0);
    // Settling may open a block of code, whose end may open another: as long as text is used up, there is more to see.
    for (let before = -1; before !== this.#tail.length && this.#tail !== ""; ) {
      before = this.#tail.length;
      if (this.#open) this.#take(this.#open, final);
      else this.#settle(final);
    }
    if (final && this.#open) this.#take(this.#open, true);
    if (this.#tail !== "" && !this.#open) {
      const head = this.#container?.head ?? "";
      this.#place(lex(head + remend(this.#tail, { linkMode: "text-only" }), this.#links), false);
    }
    this.#clear();
    if (final) gatherNotes(this.#root);
  }

  /** Nothing more comes in the place of what was shown. */
  #clear() {
    for (const element of this.#old.splice(0)) element.remove();
  }

  /** @param {OpenCode | OpenPlain} open @param {boolean} final */
  #take(open, final) {
    this.#tail = open.take(this.#tail, final);
    this.#bounds.reset();
    if (open.closed) this.#open = null;
  }

  /** This much of the tail is settled. @param {number} chars */
  #drop(chars) {
    this.#tail = this.#tail.slice(chars);
    this.#bounds.drop(chars);
  }

  /** Render for good what can't change any more, and keep the rest as the tail. @param {boolean} final */
  #settle(final) {
    const tooMuch = this.#bounds.find(this.#tail);
    if (tooMuch) {
      this.#settleUpTo(tooMuch.isDeep ? tooMuch.at : cutAt(this.#tail.slice(0, tooMuch.at)));
      if (tooMuch.isDeep) this.#openPlain();
      return;
    }
    const head = this.#container?.head ?? "";
    const tokens = lex(head + this.#tail, this.#links);
    const open = final ? tokens.length : firstOpen(tokens);
    const done = tokens.slice(0, open);
    const length = rawLength(done);
    if (length > 0 && open > 0) {
      this.#place(done, true);
      this.#container = null;
      this.#drop(length - head.length);
      return;
    }
    const last = tokens[open];
    const before = this.#tail.length;
    if (last?.type === "code" || last?.type === "space") this.#openCode();
    else if (last?.type === "list") this.#settleItems(/** @type {Tokens.List} */ (last));
    else if (last?.type === "table") this.#settleRows(/** @type {Tokens.Table} */ (last));
    if (before > OPEN_CHARS && before === this.#tail.length && !this.#open) {
      if (last?.type === "list") this.#cutItem(cutAt(this.#tail));
      else this.#settleUpTo(cutAt(this.#tail));
    }
  }

  /** Render so much of the list's last item for good: it goes on with what follows. @param {number} chars */
  #cutItem(chars) {
    const before = this.#container;
    const text = (before?.head ?? "") + this.#tail.slice(0, chars);
    const placed = this.#place(lex(text, this.#links), true);
    const element = before?.element ?? placed;
    this.#container = element && { type: "list", element, head: headOf(text) };
    this.#drop(chars);
  }

  /** Render so much of the tail for good, whatever follows. @param {number} chars */
  #settleUpTo(chars) {
    const head = this.#container?.head ?? "";
    if (chars > 0) this.#place(lex(head + this.#tail.slice(0, chars), this.#links), true);
    this.#container = null;
    this.#drop(chars);
  }

  /** The tail begins with what is too much to be read. */
  #openPlain() {
    this.#clear();
    if (this.#plain && this.#plain.element === this.#root.lastElementChild) this.#plain.reopen();
    else this.#plain = new OpenPlain(this.#root);
    this.#open = this.#plain;
  }

  /** The tail is a block of code whose fence is open. */
  #openCode() {
    const opening = FENCE.exec(this.#tail);
    if (!opening) return;
    this.#clear();
    const code = new OpenCode(opening, firstWord(opening[3]?.trim()));
    this.#root.append(code.block.element);
    this.#open = code;
    this.#drop(opening[0].length);
  }

  /** @param {Tokens.List} list */
  #settleItems(list) {
    const items = list.items.slice(0, -1);
    const head = this.#container?.head ?? "";
    const raw = items.map((item) => item.raw).join("");
    if (raw.length <= head.length || !(head + this.#tail).startsWith(raw)) return;
    this.#extend("list", raw.slice(head.length), head);
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
    if (this.#container && type === "list") this.#container.head = "";
    if (!begun) {
      const element = type === "list" ? placed : placed?.querySelector("tbody");
      if (element) this.#container = { type, element, head };
    }
    this.#drop(raw.length + (begun ? 0 : head.length));
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
    const { type, element, head } = this.#container ?? {};
    if (first instanceof HTMLElement && type === "list" && head) continued(first);
    if (first && element && tokens.find((token) => token.type !== "space")?.type === type) {
      const children = type === "list" ? first.children : first.querySelectorAll("tbody > tr");
      inside.push(...this.#show([...children], element));
      first.remove();
    }
    const outside = this.#show([...fragment.children], this.#root);
    if (!settled) this.#live.push(...inside, ...outside);
    return outside[0] ?? null;
  }

  /**
   * Show these at the end of a parent: in what was shown there before, where it can become one of them.
   *
   * @param {Element[]} elements
   * @param {Element} parent
   * @returns {Element[]} as they are shown
   */
  #show(elements, parent) {
    return elements.map((element) => {
      const old = this.#old[0];
      if (old?.parentNode === parent && morph(old, element)) {
        this.#old.shift();
        return old;
      }
      this.#clear();
      parent.append(element);
      return element;
    });
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
