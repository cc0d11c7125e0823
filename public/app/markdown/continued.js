/**
 * Items of a list that are too long to be shown at once: cut, and gone on with at the same depth.
 *
 * @module
 */

/** Stands where an item goes on; it can't be seen. */
const MARK = "\u2063";

const ITEM = /^( *)(?:[-+*]|\d{1,9}[.)]) +/;

/** @param {string} text of a list, up to a cut @returns {string} the beginnings of the items that are open there, each in its line */
export function headOf(text) {
  let head = "";
  let indent = Infinity;
  for (const line of text.split("\n").reverse()) {
    const [beginning, { length } = ""] = ITEM.exec(line) ?? [];
    if (beginning === undefined || length >= indent) continue;
    indent = length;
    head = `${beginning}${MARK}\n${head}`;
  }
  return head;
}

/** Take the marks away: where one stood, no item begins. @param {HTMLElement} list */
export function continued(list) {
  for (const item of list.querySelectorAll("li")) {
    const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
    const text = walker.nextNode();
    if (!(text instanceof Text) || !text.data.startsWith(MARK)) continue;
    item.classList.add("continued");
    text.data = text.data.slice(MARK.length).trimStart();
    const { parentElement } = text;
    if (parentElement?.localName === "p" && parentElement.textContent === "") parentElement.remove();
  }
}
