/**
 * Colours for code, loaded with the first block that wants them, and painted when the browser has time.
 *
 * @module
 */
import { whenIdle } from "./idle.js";
import { fragmentOfHighlighted } from "./sanitize.js";

/** Longer code stays plain: colouring it would hold up the page. */
const MAX_CHARS = 20_000;

/**
 * @param {HTMLElement} code
 * @param {string} text its text
 * @param {string} language
 */
export async function highlight(code, text, language) {
  if (language === "" || text.length > MAX_CHARS) return;
  const { default: hljs } = await import("highlight.js");
  if (!hljs.getLanguage(language)) return;
  await whenIdle(() => {
    code.replaceChildren(fragmentOfHighlighted(hljs.highlight(text, { language, ignoreIllegals: true }).value));
  });
}
