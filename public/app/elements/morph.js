/**
 * Makes shown elements what new ones are, and keeps those that are the same: a selection in them stays, and so does what a screen reader
 * is at.
 *
 * @module
 */

/** These are nothing but their text: of others, code may hold on to the new one. */
const PLAIN = new Set(
  "p h3 h4 h5 h6 ul ol li blockquote em strong del b i s u mark sub sup kbd div section table thead tbody tr th td".split(
    " ",
  ),
);

/**
 * @param {Element} shown is made what `wanted` is, which is used up
 * @param {Element} wanted
 * @returns {boolean} false where one can't become the other; nothing is changed then
 */
export function morph(shown, wanted) {
  if (!isAlike(shown, wanted)) return false;
  const children = [...wanted.childNodes];
  while (shown.childNodes.length > children.length) shown.lastChild?.remove();
  for (const [at, child] of children.entries()) {
    const before = shown.childNodes[at];
    if (!before) shown.append(child);
    else if (before instanceof Text && child instanceof Text) become(before, child.data);
    else if (!(before instanceof Element && child instanceof Element && morph(before, child)))
      before.replaceWith(child);
  }
  return true;
}

/** @param {Element} one @param {Element} other @returns {boolean} plain, and the same but for what is in them */
function isAlike(one, other) {
  return PLAIN.has(one.localName) && one.cloneNode(false).isEqualNode(other.cloneNode(false));
}

/** Change only what differs. @param {Text} shown @param {string} text */
function become(shown, text) {
  const { data } = shown;
  let same = 0;
  while (same < data.length && data[same] === text[same]) same++;
  if (same < data.length || same < text.length) shown.replaceData(same, data.length - same, text.slice(same));
}
