/**
 * A large JSON text (RFC 8259), read item by item while it arrives: the whole is never in memory, and nobody waits for it. Pure.
 *
 * @module
 */

/** A single item is read in one go: a longer one would hold up the page, and fill its memory. In characters. */
const ITEM_CHARS = 64_000_000;

/** What may end a string, and what stands between strings and numbers. */
const IN_STRING = /["\\]/g;
const BETWEEN = /["[\]{},:]/g;

/** What is no JSON, or not in a shape that can be read in pieces. */
export class NotJson extends Error {}

/**
 * What stands in the outermost list; or, where that is an object, the members of it, and of those that are lists what stands in them.
 *
 * @typedef {{ key: string | null, value: unknown }} Item `key`: of the outermost object's member
 */

/**
 * @param {AsyncIterable<string>} chunks of the text, cut anywhere
 * @returns {AsyncGenerator<Item>} throws `NotJson`, at the latest where the text ends
 */
export async function* jsonItems(chunks) {
  const splitter = new Splitter();
  for await (const chunk of chunks) yield* splitter.take(chunk);
  splitter.finish();
}

class Splitter {
  /** @type {string[]} of the item, or of the key */
  #parts = [];
  #length = 0;
  /** Brackets of the item that are open. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Those around the items: none, `[`, `{`, or `{[`. */
  #open = "";
  #closed = false;
  /** @type {string | null} */
  #key = null;
  /** Whether something has to follow: a comma came before. */
  #owing = false;
  /** Whether a list has ended in place of an item. */
  #listed = false;

  /** @param {string} chunk @returns {Generator<Item>} */
  *take(chunk) {
    let from = 0;
    for (const [sign, at] of this.#signs(chunk)) {
      const opens = sign === "[" || sign === "{";
      if (this.#depth > 0) {
        this.#depth += opens ? 1 : sign === "]" || sign === "}" ? -1 : 0;
        continue;
      }
      if (opens && !this.#enters(sign, chunk.slice(from, at))) {
        this.#depth = 1;
        continue;
      }
      if (sign === ":" && (this.#open !== "{" || this.#key !== null)) throw new NotJson("a colon");
      this.#push(chunk.slice(from, at));
      from = at + 1;
      const text = this.#taken();
      if (opens) this.#enter(sign);
      else if (sign === ":") this.#key = keyOf(text);
      else yield* this.#item(text, sign);
    }
    this.#push(chunk.slice(from));
  }

  finish() {
    if (!this.#closed || this.#inString || this.#taken().trim() !== "") throw new NotJson("the end");
  }

  /** Brackets, commas and colons that stand in no string, and their places. @param {string} chunk @returns {Generator<[string, number]>} */
  *#signs(chunk) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#escaped) {
        this.#escaped = false;
        at++;
        continue;
      }
      const next = this.#inString ? IN_STRING : BETWEEN;
      next.lastIndex = at;
      const found = next.exec(chunk);
      if (!found) return;
      at = found.index + 1;
      const [sign] = found;
      if (sign === "\\") this.#escaped = true;
      else if (sign === '"') this.#inString = !this.#inString;
      else yield [sign, found.index];
    }
  }

  /** @param {string} sign @param {string} before it @returns {boolean} whether it opens what is around the items */
  #enters(sign, before) {
    if (this.#closed) throw new NotJson("more than one value");
    if (before.trim() !== "" || this.#parts.some((part) => part.trim() !== "")) return false;
    return this.#open === "" || (this.#open === "{" && this.#key !== null && sign === "[" && !this.#listed);
  }

  /** @param {string} sign */
  #enter(sign) {
    this.#open += sign;
    this.#owing = false;
  }

  /** @param {string} text before the sign @param {string} sign a comma or what closes @returns {Generator<Item>} */
  *#item(text, sign) {
    const inner = this.#open.at(-1);
    if (!inner || (sign !== "," && sign !== (inner === "[" ? "]" : "}"))) throw new NotJson("a bracket");
    const isEmpty = text.trim() === "" && !this.#owing && sign !== "," && (inner === "[" || this.#key === null);
    if (this.#listed) {
      if (text.trim() !== "") throw new NotJson("a comma is missing");
    } else if (!isEmpty) {
      if (inner === "{" && this.#key === null) throw new NotJson("a key is missing");
      yield { key: this.#key, value: parse(text) };
    }
    this.#listed = false;
    this.#owing = sign === ",";
    if (inner === "{") this.#key = null;
    if (sign === ",") return;
    this.#open = this.#open.slice(0, -1);
    this.#listed = this.#open !== "";
    this.#closed = this.#open === "";
  }

  /** @param {string} part */
  #push(part) {
    if (part === "") return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > ITEM_CHARS) throw new NotJson("an item is too large");
  }

  #taken() {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson("no value");
  }
}

/** @param {string} text @returns {string} */
function keyOf(text) {
  const key = parse(text);
  if (typeof key !== "string") throw new NotJson("no key");
  return key;
}
