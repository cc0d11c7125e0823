/**
 * Footnotes, as GitHub has them: `[^1]` in the text, and `[^1]: what it says`, which stays where it is written until the answer is over.
 *
 * @module
 */
/** The beginning of a footnote, which begins with no other. */
const OPENING = /^ {0,3}\[\^([^\s[\]]{1,100})\]:(?![ \t]*\[\^[^\s[\]]+\]:)[ \t]*/;

const MARK = /^\[\^([^\s[\]]{1,100})\](?!\()/;

/** Here something else begins. */
const BORDER = /^(?:\s*\[\^[^\s[\]]+\]:| {0,3}(?:#{1,6} |```|~~~|>|[|]|[-+*] |\d{1,9}[.)] |(?:[-*_] *){3,}$))/;

const INDENT = /^(?: {2,4}|\t)/;

/**
 * For marked: footnotes and their marks.
 *
 * @param {(text: string) => string} escapeHtml
 * @returns {any[]} tokenizer and renderer extensions
 */
export function notes(escapeHtml) {
  return [
    {
      name: "note",
      level: "block",
      start: (/** @type {string} */ source) => source.search(/^ {0,3}\[\^[^\s[\]]+\]:/m),
      tokenizer(/** @type {string} */ source) {
        const [opening, label] = OPENING.exec(source) ?? [];
        if (opening === undefined) return undefined;
        const raw = source.slice(0, endOf(source));
        const lines = raw.slice(opening.length).split("\n");
        const text = lines.map((line) => line.replace(INDENT, "")).join("\n");
        return { type: "note", raw, label, tokens: this.lexer.blockTokens(text, []) };
      },
      renderer(/** @type {any} */ { label, tokens }) {
        return `<section data-note="${escapeHtml(label)}">${this.parser.parse(tokens)}</section>\n`;
      },
    },
    {
      name: "noteMark",
      level: "inline",
      start: (/** @type {string} */ source) => source.indexOf("[^"),
      tokenizer(/** @type {string} */ source) {
        const [raw, label] = MARK.exec(source) ?? [];
        return raw === undefined ? undefined : { type: "noteMark", raw, label };
      },
      renderer(/** @type {any} */ { raw, label }) {
        // Other labels may be no mark at all: `[^a-z]`.
        const [tag, shown] = /^\d+$/.test(label) ? ["sup", label] : ["span", raw];
        return `<${tag} data-mark="${escapeHtml(label)}">${escapeHtml(shown)}</${tag}>`;
      },
    },
  ];
}

/** @param {string} source that begins with a footnote @returns {number} where it ends, in characters */
function endOf(source) {
  let end = 0;
  let wasEmpty = false;
  for (let at = 0; at < source.length; ) {
    const next = source.indexOf("\n", at) + 1 || source.length;
    const line = source.slice(at, next);
    const isEmpty = line.trim() === "";
    if (end > 0 && !isEmpty && (BORDER.test(line) || (wasEmpty && !INDENT.test(line)))) break;
    if (!isEmpty) end = next;
    wasEmpty = isEmpty;
    at = next;
  }
  return end;
}
