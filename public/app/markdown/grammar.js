/**
 * Markdown as models write it: GitHub's dialect, with TeX in `$…$`, `$$…$$`, `\(…\)` and `\[…\]`.
 *
 * @module
 */
import { Lexer, Marked, Parser, Tokenizer } from "marked";
import { CJK_RULES, withoutSentence } from "./cjk.js";
import { notes } from "./notes.js";

/** @import { Token, TokensList, Links } from "marked" */

// The few tags that models use inside of Markdown, without attributes. Any other HTML is shown as the text that it is.
const PLAIN_TAG = /(<\/?(?:br|sub|sup|kbd|mark|u|b|i|s)\s*\/?>)/i;

const marked = new Marked({
  gfm: true,
  extensions: [
    ...notes(escapeHtml),
    math("mathBlock", "block", /^(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/, /\$\$|\\\[/),
    // A dollar sign beside a space or before a digit is money.
    math(
      "mathInline",
      "inline",
      /^(?:\$\$([^$]+?)\$\$|\$(?![\s$])((?:\\.|[^\\\n$])+?)(?<!\s)\$(?!\d)|\\\(([\s\S]+?)\\\))/,
      /\$|\\\(/,
    ),
  ],
  tokenizer: {
    url(source) {
      const [address] = this.rules.inline.url.exec(source) ?? [];
      return address === undefined ? undefined : Tokenizer.prototype.url.call(this, withoutSentence(address));
    },
  },
  renderer: {
    html: (token) => ("block" in token && token.block ? `<p>${plainTags(token.text)}</p>\n` : plainTags(token.text)),
    heading({ tokens, depth }) {
      // The page's own headings are above those of an answer.
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    image: ({ href, text }) => `<a data-picture="" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`,
    code: ({ text, lang }) =>
      `<pre><code data-language="${escapeHtml(firstWord(lang))}">${escapeHtml(text)}</code></pre>\n`,
    checkbox: ({ checked }) => `<span data-task="${checked ? "done" : "open"}"></span> `,
  },
});

/**
 * @param {string} text
 * @param {Links} links that are known already; those of this text are added
 * @returns {TokensList} their `raw` joins to the text
 */
export function lex(text, links) {
  const lexer = new Lexer(marked.defaults);
  // Each lexer brings the tokenizer marked's own rules.
  const { rules } = /** @type {Tokenizer} */ (marked.defaults.tokenizer);
  rules.inline = { ...rules.inline, ...CJK_RULES };
  Object.assign(lexer.tokens.links, links);
  const tokens = lexer.lex(text);
  Object.assign(links, tokens.links);
  return tokens;
}

/** @param {Token[]} tokens @returns {string} HTML, not yet to be trusted */
export function toHtml(tokens) {
  return Parser.parse(tokens, marked.defaults);
}

/**
 * @param {string} name
 * @param {"block" | "inline"} level
 * @param {RegExp} pattern one group per pair of delimiters
 * @param {RegExp} start
 * @returns {any} a tokenizer and renderer extension
 */
function math(name, level, pattern, start) {
  return {
    name,
    level,
    start: (/** @type {string} */ source) => source.match(start)?.index,
    tokenizer(/** @type {string} */ source) {
      const match = pattern.exec(source);
      if (!match) return undefined;
      const display = level === "block" || match[0].startsWith("$$");
      return { type: name, raw: match[0], text: match.slice(1).find(Boolean)?.trim() ?? "", display };
    },
    renderer: (/** @type {any} */ { text, display }) =>
      `<span data-math="${display ? "block" : "inline"}">${escapeHtml(text)}</span>${level === "block" ? "\n" : ""}`,
  };
}

/** @param {string | undefined} lang what stands behind the fence */
export function firstWord(lang) {
  return /^[\w+#.-]*/.exec(lang ?? "")?.[0] ?? "";
}

/** @param {string} html @returns {string} with all but the plain tags escaped */
function plainTags(html) {
  const parts = html.trim().split(PLAIN_TAG);
  return parts.map((part, at) => (at % 2 === 1 ? part : escapeHtml(part))).join("");
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
