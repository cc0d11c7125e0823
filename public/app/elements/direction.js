/**
 * The direction of what is being typed: the browser's to find, line by line, but for texts so long that this would take it seconds
 * (Chromium's time grows with the square of their length).
 *
 * @module
 */

/** From here on the whole text has the direction of its first letter. In characters. */
const AUTO_CHARS = 100_000;

const FROM_THE_RIGHT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** @param {HTMLTextAreaElement} box whose text, now or in a moment, is this @param {string} text */
export function direct(box, text) {
  const [letter = ""] = text.length < AUTO_CHARS ? [] : (/\p{L}/u.exec(text) ?? []);
  box.dir = text.length < AUTO_CHARS ? "auto" : FROM_THE_RIGHT.test(letter) ? "rtl" : "ltr";
}
