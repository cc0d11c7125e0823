/**
 * Colours for code, loaded with the first block that wants them, and painted when the browser has time: a slice at once.
 *
 * @module
 */
import { whenIdle } from "./idle.js";
import { fragmentOfHighlighted } from "./sanitize.js";

/** So much is coloured at once, and so much at most where a comment or string goes on. In characters; 5,000 take about 15 ms. */
const SLICE_CHARS = 5000;
const MOST_CHARS = 20_000;

/** What is open at the end of a slice takes in the end of its line too. */
const GOES_ON = "\n</span>";

/**
 * @param {HTMLElement} code whose children are pieces of its text, each of whole lines
 * @param {string} language
 */
export async function highlight(code, language) {
  if (language === "") return;
  const { default: hljs } = await import("highlight.js");
  if (!hljs.getLanguage(language)) return;
  const pieces = [...code.children];
  let chars = SLICE_CHARS;
  const paint = () => {
    const { text, count } = slice(pieces, chars);
    const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
    if (value.endsWith(GOES_ON) && count < pieces.length && text.length < MOST_CHARS) {
      // Once more, with the next piece.
      chars = text.length + 1;
      return;
    }
    chars = SLICE_CHARS;
    const [first, ...others] = pieces.splice(0, count);
    first?.replaceChildren(fragmentOfHighlighted(value));
    for (const piece of others) piece.remove();
  };
  while (pieces.length > 0) await whenIdle(paint);
}

/** @param {Element[]} pieces @param {number} chars @returns {{ text: string, count: number }} of the first of them, at least one */
function slice(pieces, chars) {
  let text = "";
  let count = 0;
  while (count < pieces.length && (count === 0 || text.length < chars)) text += pieces[count++]?.textContent;
  return { text, count };
}
