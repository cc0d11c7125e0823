/**
 * Emphasis and bare addresses in Chinese, Japanese and Korean, which put no spaces between words.
 *
 * CommonMark's flanking rules (spec 0.31.2, section 6.2) ask for a space or punctuation beside `**` where punctuation is on its other
 * side, so that `これは**「太字」**です` is not bold. As https://github.com/tats-u/markdown-cjk-friendly has it: CJK punctuation
 * counts as a letter, and a CJK character beside the mark as well as a space does.
 *
 * @module
 */

/** A CJK character, punctuation included, the ideographic space (which is a space) not. */
const CJK =
  "[\\u3001-\\u303f\\uff01-\\uffee\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}\\p{scx=Bopomofo}]";

/** What ends a bare address: a CJK character, or the quotation marks, dashes and dots that are set beside them. */
const END = new RegExp(`${CJK}|[‘’“”…—]`, "u");

/**
 * Patterns in place of marked's, with its groups: which runs of a mark close (1, 2), open (3, 4), or may do both (5, 6).
 *
 * @param {string} mark as a pattern, one character
 * @param {string} run of it that counts
 */
function delimiters(mark, run) {
  const other = `(?!${mark}|~|${CJK})[\\p{P}\\p{S}]`;
  const letter = `(?:(?!${CJK})[^\\s\\p{P}\\p{S}]|(?!${mark})~)`;
  const any = `(?:${letter}|${CJK})`;
  const end = `(?!${mark})`;
  return [
    `${other}(${run})(?=\\s|$)`,
    `(?:${letter}|${CJK}(?!${run}${other}))(${run})${end}(?=\\s|${other}|$)`,
    `(?:\\s|${other}(?!${run}${CJK}))(${run})(?=${any})`,
    `\\s(${run})${end}(?=${other})`,
    `(?:${other}(?=${run}${end}(?:${other}|${CJK}))|${CJK}(?=${run}${end}${other}))(${run})${end}`,
    `${any}(${run})(?=${any})`,
  ].join("|");
}

/** What marked looks at around `*` and `~~`, made friendly. */
export const CJK_RULES = {
  emStrongLDelim: new RegExp(
    `^(?:\\*+(?:((?!\\*|~|${CJK})[\\p{P}\\p{S}])|([^\\s*]))?)|^_+(?:((?!_|~)[\\p{P}\\p{S}])|([^\\s_]))?`,
    "u",
  ),
  emStrongRDelimAst: new RegExp(`^[^_*]*?__[^_*]*?\\*[^_*]*?(?=__)|[^*]+(?=[^*])|${delimiters("\\*", "\\*+")}`, "gu"),
  // A single `~` stands between numbers there: 10~20個、30~40個.
  delLDelim: new RegExp(`^~~(?:((?!~|${CJK})[\\p{P}\\p{S}])|[^\\s~])`, "u"),
  delRDelim: new RegExp(`^[^~]+(?=[^~])|${delimiters("~", "~~?")}`, "gu"),
  punctuation: new RegExp(`^((?![*_])(?:[\\s\\p{P}\\p{S}]|${CJK}))`, "u"),
};

/** @param {string} address @returns {string} without the sentence that follows it */
export function withoutSentence(address) {
  return address.split(END, 1)[0] ?? address;
}
