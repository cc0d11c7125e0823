/**
 * The footnotes of an answer that is over. Loaded with the first answer that has any.
 *
 * Marks and footnotes know each other as elements: nothing of an answer has an id, which another answer might have too.
 *
 * @module
 */
import { h, iconButton } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** Number the marks of an answer that is over, and put its footnotes at its end. @param {Element} root */
export function gatherNotes(root) {
  /** @type {Map<string, Element>} */
  const texts = new Map();
  for (const text of root.querySelectorAll("section[data-note]")) {
    const label = labelOf(text, "data-note");
    if (!texts.has(label)) texts.set(label, text);
  }
  if (texts.size === 0) return;
  /** @type {Map<string, Note>} */
  const placed = new Map();
  const list = h("ol");
  for (const mark of root.querySelectorAll("[data-mark]")) {
    const label = labelOf(mark, "data-mark");
    const text = texts.get(label);
    if (!text) continue;
    const note = placed.get(label) ?? new Note(text, list);
    placed.set(label, note);
    note.mark(mark);
  }
  for (const [label, text] of texts) if (!placed.has(label)) new Note(text, list);
  root.append(
    h("div", { class: "notes", role: "group", "data-i18n-label": "note.list", "aria-label": t("note.list") }, list),
  );
}

/** @param {Element} element @param {string} name */
function labelOf(element, name) {
  return element.getAttribute(name)?.toLowerCase() ?? "";
}

class Note {
  #number;
  #item;
  /** @type {HTMLButtonElement | null} the mark from which one came, else the first */
  #from = null;

  /** @param {Element} text of it, moved @param {HTMLOListElement} list that it becomes the last of */
  constructor(text, list) {
    this.#item = h("li", { dir: "auto", tabindex: "-1" }, ...text.childNodes);
    text.remove();
    list.append(this.#item);
    this.#number = list.children.length;
  }

  /** @param {Element} place where its mark stands */
  mark(place) {
    const name = h("span", { class: "visually-hidden", "data-i18n": "note.mark" }, t("note.mark"));
    const button = h("button", { type: "button", class: "note-mark" }, name, ` ${this.#number}`);
    button.addEventListener("click", () => {
      this.#from = button;
      goTo(this.#item);
    });
    place.replaceWith(h("sup", {}, button));
    if (!this.#from) this.#addBack();
    this.#from ??= button;
  }

  #addBack() {
    const back = iconButton("back", "note.back", () => this.#from && goTo(this.#from));
    const last = this.#item.lastElementChild;
    (last?.localName === "p" ? last : this.#item).append(" ", back);
  }
}

/** @param {HTMLElement} element */
function goTo(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}
