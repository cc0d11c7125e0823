/**
 * How much of a text is read as Markdown at once. A model that loops, or means harm, writes what takes a reader of Markdown seconds, or
 * overflows its stack: nesting without end, and brackets and stars by the thousand. Both are found before they are read, by looking at
 * each line once.
 *
 * @module
 */

/** Quotes and lists may nest so deep. */
const MAX_DEPTH = 16;

/** So far in a list may begin, in columns: as far as the deepest begins that is four columns wider than the one around it. */
const MAX_INDENT = MAX_DEPTH * 4;

/** So many characters that may be markup are read at once in a paragraph; what they cost grows with their square. */
const MAX_MARKS = 500;

/** The markers that a line begins with, and the last of them alone. */
const MARKERS = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+/;
const MARKER = />|[-+*]|\d+[.)]/g;

const MARKS = /[*_[\]~`<$\\!]/g;

/** A line that is a rule, or becomes one, however many signs it has. */
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1)*[ \t]*$/;

/** Here a paragraph begins or ends: an empty line, a row, an item, a heading, a quotation. */
const BORDER = /^\s*(?:$|[|#>]|[-+*][ \t]|\d{1,9}[.)][ \t])/;

/** The line of a fence, in whatever list or quotation, and what closes it. */
const FENCE = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:(`{3,})[^`]*|(~{3,}).*)$/;

export class Bounds {
  /** How much of the text has been looked at: whole lines, in characters. */
  #seen = 0;
  #marks = 0;
  /** @type {string | null} of the block of code that is open */
  #fence = null;

  /** The first so many characters of the text are gone. @param {number} chars */
  drop(chars) {
    this.#seen -= chars;
    if (this.#seen <= 0) this.reset();
  }

  /** Another text follows. */
  reset() {
    this.#seen = 0;
    this.#marks = 0;
    this.#fence = null;
  }

  /**
   * @param {string} text that is to be read
   * @returns {{ at: number, isDeep: boolean } | null} the character where it begins to be too much: the line that nests too deeply,
   *   or the place in a paragraph up to which there is as much as can be read at once
   */
  find(text) {
    for (let at = this.#seen; at < text.length; at = this.#seen) {
      const newline = text.indexOf("\n", at);
      const line = text.slice(at, newline < 0 ? undefined : newline);
      const marks = this.#fence ? 0 : this.#marksWith(line);
      if (!this.#fence && isTooDeep(line)) return { at, isDeep: true };
      if (marks > MAX_MARKS) return { at: at + placeOf(line, MAX_MARKS - (marks - countMarks(line))), isDeep: false };
      if (newline < 0) break;
      this.#marks = marks;
      this.#fence = fenceAfter(line, this.#fence);
      this.#seen = newline + 1;
    }
    return null;
  }

  /** @param {string} line @returns {number} of its paragraph up to here */
  #marksWith(line) {
    return (BORDER.test(line) ? 0 : this.#marks) + countMarks(line);
  }
}

/** @param {string} line */
function countMarks(line) {
  return line.match(MARKS)?.length ?? 0;
}

/** @param {string} line @param {number} count @returns {number} where its mark of this number stands, counted from 0 */
function placeOf(line, count) {
  return [...line.matchAll(MARKS)][count]?.index ?? line.length;
}

/** @param {string} line @param {string | null} open @returns {string | null} the fence that is open behind this line */
function fenceAfter(line, open) {
  const [, ticks, tildes] = FENCE.exec(line) ?? [];
  const fence = ticks ?? tildes;
  if (open === null) return fence ?? null;
  return fence?.startsWith(open) && line.trimEnd().endsWith(fence) ? null : open;
}

/** @param {string} line @returns {boolean} */
function isTooDeep(line) {
  const markers = MARKERS.exec(line)?.[0].replaceAll("\t", "    ") ?? "";
  if (markers.length <= MAX_DEPTH || RULE.test(line)) return false;
  return (markers.match(MARKER)?.length ?? 0) > MAX_DEPTH || markers.search(/\S/) >= MAX_INDENT;
}
