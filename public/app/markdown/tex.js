/**
 * Which formulas are set: those that a person could have written. Others stay TeX. Pure.
 *
 * @module
 */

/** What a formula may hold: characters, braces in each other, rows in a display and in a line of text. */
const MAX_CHARS = 3000;
const MAX_DEPTH = 30;
const MAX_ROWS = 100;
const MAX_INLINE_ROWS = 12;

/** All its lengths together, in em. */
const MAX_EM = 60;

/** @type {Record<string, number>} TeX's units, in em of 10 pt; those of a length that is none of them are taken for em */
const EM = {
  pt: 0.1,
  px: 0.1,
  bp: 0.1,
  dd: 0.11,
  sp: 1e-6,
  mm: 0.29,
  mu: 0.056,
  ex: 0.43,
  cm: 2.9,
  pc: 1.2,
  in: 7.2,
  cc: 1.3,
};

const LENGTH = /(\d[\d.]*|\.\d+)\s*(?:true\s*)?(pt|px|bp|dd|sp|mm|mu|ex|cm|pc|in|cc|em)(?![a-z])/g;

/** With macros of its own a short formula becomes an endless one. */
const MACRO = /\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand)(?![a-z])/i;

/** @param {string} tex @param {boolean} isBlock shown as a display @returns {boolean} */
export function isModest(tex, isBlock) {
  if (tex.length > MAX_CHARS || MACRO.test(tex) || depthOf(tex) > MAX_DEPTH) return false;
  const rows = tex.match(/\\\\|\\cr(?![a-z])|\\newline/g)?.length ?? 0;
  if (rows > (isBlock ? MAX_ROWS : MAX_INLINE_ROWS)) return false;
  const em = [...tex.matchAll(LENGTH)].reduce((sum, [, size, unit]) => sum + Number(size) * (EM[unit ?? ""] ?? 1), 0);
  return em <= MAX_EM;
}

/** @param {string} tex @returns {number} how deep its groups nest, at most */
function depthOf(tex) {
  let depth = 0;
  let most = 0;
  for (const [sign] of tex.matchAll(/\\(?:begin|left)(?![a-z])|\\(?:end|right)(?![a-z])|\\.|[{}]/g)) {
    if (sign === "{" || sign === "\\begin" || sign === "\\left") most = Math.max(most, ++depth);
    else if (sign === "}" || sign === "\\end" || sign === "\\right") depth--;
  }
  return most;
}
