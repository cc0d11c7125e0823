/**
 * The one place where a string becomes elements. The page's policy has Trusted Types on: DOMPurify holds the only policy there is.
 *
 * @module
 */
import DOMPurify from "dompurify";

/** Attributes that are no addresses. */
const PLAIN_ATTRIBUTES = "start align data-picture data-language data-math data-mark data-note data-task".split(" ");

/** What Markdown can become, and nothing else: no images, styles, classes, ids, forms or frames. */
const MARKDOWN = {
  ALLOWED_TAGS: [
    ...[
      "p",
      "br",
      "hr",
      "h3",
      "h4",
      "h5",
      "h6",
      "blockquote",
      "pre",
      "code",
      "ul",
      "ol",
      "li",
      "a",
      "em",
      "strong",
      "del",
      "span",
      "section",
    ],
    ...["table", "thead", "tbody", "tr", "th", "td", "sub", "sup", "kbd", "mark", "u", "b", "i", "s"],
  ],
  ALLOWED_ATTR: ["href", ...PLAIN_ATTRIBUTES],
  // Everything else must be a web or mail address by its value.
  ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
};

/** What highlight.js writes. */
const HIGHLIGHTED = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"] };

/** @param {string} html @returns {DocumentFragment} */
export function fragmentOfMarkdown(html) {
  return DOMPurify.sanitize(html, { ...MARKDOWN, RETURN_DOM_FRAGMENT: true });
}

/** @param {string} html @returns {DocumentFragment} */
export function fragmentOfHighlighted(html) {
  return DOMPurify.sanitize(html, { ...HIGHLIGHTED, RETURN_DOM_FRAGMENT: true });
}

/** Clean MathML that a library has built. @param {Element} element */
export function cleanMath(element) {
  DOMPurify.sanitize(element, { USE_PROFILES: { mathMl: true }, ADD_TAGS: ["span"], IN_PLACE: true });
}
