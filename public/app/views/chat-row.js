/**
 * A chat in the list: its title, with what can be done behind one button, and a field to rename it in its place.
 *
 * @module
 */
import { h, icon, iconButton } from "../elements/dom.js";
import { formatDate, t } from "../elements/i18n.js";

/** @import { ConversationRecord } from "../types.js" */

/** What the edge takes is more; nobody reads more. */
const TITLE_CHARS = 200;

/**
 * What is shown of a chat.
 *
 * @typedef {object} Shown
 * @property {ConversationRecord} record
 * @property {string} excerpt of what was found in its text, or empty
 * @property {boolean} isCurrent whether it is the open one
 * @property {boolean} isWriting whether an answer to it is being written
 */

export class ChatRow {
  #name = h("span", { class: "name", dir: "auto" });
  #about = h("span", { class: "about" });
  #open = h("button", { type: "button", class: "chat", onclick: () => this.#on.open() }, this.#name, this.#about);
  #stop = iconButton("stop", "stop", () => this.#on.stop());
  #more = h(
    "button",
    {
      type: "button",
      class: "icon-button more",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: () => this.#on.menu(this.#more),
    },
    icon("more"),
  );
  element = h("li", { class: "line" }, this.#open, this.#stop, this.#more);
  #title = "";
  #on;

  /**
   * @param {object} on
   * @param {() => void} on.open
   * @param {() => void} on.stop
   * @param {(button: HTMLButtonElement) => void} on.menu
   * @param {(title: string) => void} on.rename
   */
  constructor(on) {
    this.#on = on;
  }

  /** @param {Shown} shown */
  show({ record, excerpt, isCurrent, isWriting }) {
    const title = record.title || "…";
    this.#title = record.title;
    this.#name.textContent = title;
    this.#open.title = `${title}\n${formatDate(record.updated)}`;
    this.#more.setAttribute("aria-label", t("chats.more", { title }));
    this.#more.title = t("chats.more", { title });
    this.#about.replaceChildren(
      ...(isWriting
        ? [h("span", { class: "dots", "aria-hidden": "true" }), h("span", {}, t("chats.writing"))]
        : [h("span", { dir: "auto" }, excerpt)]),
    );
    this.#about.hidden = !isWriting && excerpt === "";
    this.element.classList.toggle("writing", isWriting);
    if (isCurrent) this.#open.setAttribute("aria-current", "true");
    else this.#open.removeAttribute("aria-current");
    // The open one has its Stop at the message box.
    const isStoppable = isWriting && !isCurrent;
    if (!isStoppable && this.#stop === document.activeElement) this.#open.focus();
    this.#stop.hidden = !isStoppable;
  }

  /** @param {boolean} isReached whether the Tab key stops at it; the arrow keys lead to the others */
  set isReached(isReached) {
    for (const button of [this.#open, this.#stop, this.#more]) button.tabIndex = isReached ? 0 : -1;
  }

  focus() {
    this.#open.focus();
  }

  /** @returns {HTMLButtonElement} what opens the menu */
  get more() {
    return this.#more;
  }

  /** Have the title written anew: Enter, or leaving the field, takes it; Escape does not. */
  rename() {
    const end = (/** @type {boolean} */ isTaken) => {
      if (!field.isConnected) return;
      const title = field.value.trim();
      const hadFocus = field === document.activeElement;
      // To take it out blurs it, which would come here again.
      field.removeEventListener("blur", take);
      field.replaceWith(this.#open);
      if (hadFocus) this.#open.focus();
      if (isTaken && title !== "" && title !== this.#title) this.#on.rename(title);
    };
    const take = () => end(true);
    const field = h("input", {
      class: "rename",
      dir: "auto",
      autocomplete: "off",
      maxlength: String(TITLE_CHARS),
      "aria-label": t("chats.newTitle"),
      onblur: take,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        // The input method's own, while it composes.
        if (event.isComposing || event.keyCode === 229) return event.stopPropagation();
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        end(event.key === "Enter");
      },
    });
    field.value = this.#title;
    this.#open.replaceWith(field);
    field.focus();
    // What is seen of a long one is its start.
    field.select();
    field.scrollLeft = 0;
  }
}
