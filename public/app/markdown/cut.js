/**
 * Where a text without end is cut into pieces.
 *
 * @module
 */

/** What is this close to the end may still become something else, in characters. */
const OPEN_CHARS = 200;

/** The rest of a character. */
const PART = /^(?:[\udc00-\udfff](?![\udc00-\udfff])|\u200d|[\ufe00-\ufe0f\u0300-\u036f\u3099\u309a])/;

/**
 * @param {string} text
 * @returns {number} behind the last line, sentence or word that is certainly over; in a text without any, behind a whole character
 */
export function cutAt(text) {
  const most = text.length - OPEN_CHARS;
  for (const end of [/\n/, /[。！？．]/, /[ \t]/, /[、，]/]) {
    const at = lastIndex(text, end, most);
    if (at > most / 2) return at;
  }
  // Not within a character that is written as several: a pair of surrogates, or a letter with its marks.
  let at = most;
  while (at > most / 2 && PART.test(text.slice(at, at + 2))) at--;
  return at;
}

/** @param {string} text @param {RegExp} end @param {number} most @returns {number} behind the last match before `most`, or 0 */
function lastIndex(text, end, most) {
  for (let at = most - 1; at > most / 2; at--) if (end.test(text[at] ?? "")) return at + 1;
  return 0;
}
