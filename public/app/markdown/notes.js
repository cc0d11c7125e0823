/**
 * Footnotes, as GitHub has them: `[^1]` in the text, and `[^1]: what it says` where it is written, gathered at the end.
 *
 * They know each other as elements: nothing of an answer has an id, which another answer might have too.
 *
 * @module
 */
import { h, iconButton } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** The beginning of a footnote, which begins with no other. */
const OPENING = /^ {0,3}\[\^([^\s[\]]{1,100})\]:(?![ \t]*\[\^[^\s[\]]+\]:)[ \t]*/;

const MARK = /^\[\^([^\s[\]]{1,100})\](?!\()/;

/** Here something else begins. */
const BORDER = /^(?:\s*\[\^[^\s[\]]+\]:| {0,3}(?:#{1,6} |```|~~~|>|[|]|[-+*] |\d{1,9}[.)] |(?:[-*_] *){3,}$))/;

const INDENT = /^(?: {2,4}|\t)/;

/**
 * For marked: footnotes and their marks.
 *
 * @param {(text: string) => string} escapeHtml
 * @returns {any[]} tokenizer and renderer extensions
 */
export function notes(escapeHtml) {
  return [
    {
      name: "note",
      level: "block",
      start: (/** @type {string} */ source) => source.search(/^ {0,3}\[\^[^\s[\]]+\]:/m),
      tokenizer(/** @type {string} */ source) {
        const [opening, label] = OPENING.exec(source) ?? [];
        if (opening === undefined) return undefined;
        const raw = source.slice(0, endOf(source));
        const lines = raw.slice(opening.length).split("\n");
        const text = lines.map((line) => line.replace(INDENT, "")).join("\n");
        return { type: "note", raw, label, tokens: this.lexer.blockTokens(text, []) };
      },
      renderer(/** @type {any} */ { label, tokens }) {
        return `<section data-note="${escapeHtml(label)}">${this.parser.parse(tokens)}</section>\n`;
      },
    },
    {
      name: "noteMark",
      level: "inline",
      start: (/** @type {string} */ source) => source.indexOf("[^"),
      tokenizer(/** @type {string} */ source) {
        const [raw, label] = MARK.exec(source) ?? [];
        return raw === undefined ? undefined : { type: "noteMark", raw, label };
      },
      renderer(/** @type {any} */ { raw, label }) {
        // Other labels may be no mark at all: `[^a-z]`.
        const [tag, shown] = /^\d+$/.test(label) ? ["sup", label] : ["span", raw];
        return `<${tag} data-mark="${escapeHtml(label)}">${escapeHtml(shown)}</${tag}>`;
      },
    },
  ];
}

/** @param {string} source that begins with a footnote @returns {number} where it ends, in characters */
function endOf(source) {
  let end = 0;
  let wasEmpty = false;
  for (let at = 0; at < source.length; ) {
    const next = source.indexOf("\n", at) + 1 || source.length;
    const line = source.slice(at, next);
    const isEmpty = line.trim() === "";
    if (end > 0 && !isEmpty && (BORDER.test(line) || (wasEmpty && !INDENT.test(line)))) break;
    if (!isEmpty) end = next;
    wasEmpty = isEmpty;
    at = next;
  }
  return end;
}

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
