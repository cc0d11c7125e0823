/**
 * What can be done with a chat: a menu beside the button that opened it.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** From the button and from the edge of the screen, in pixels. */
const GAP = 4;

/** What can be chosen: `key` of its name. @typedef {{ key: string, isGrave?: boolean, choose: () => void }} Item */

export class ChatMenu {
  #menu = find("#chat-menu", HTMLElement);
  /** @type {HTMLButtonElement | null} */
  #opener = null;

  constructor() {
    this.#menu.addEventListener("keydown", (event) => this.#key(event));
    this.#menu.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "closed") this.#opener?.setAttribute("aria-expanded", "false");
    });
  }

  /** @param {HTMLButtonElement} button that asks for it @param {string} name of the chat @param {Item[]} items */
  open(button, name, items) {
    this.#menu.setAttribute("aria-label", name);
    this.#menu.replaceChildren(...items.map((item) => this.#item(item)));
    this.#opener = button;
    this.#menu.showPopover();
    button.setAttribute("aria-expanded", "true");
    this.#place(button.getBoundingClientRect());
    this.#items[0]?.focus();
  }

  get #items() {
    return [...this.#menu.querySelectorAll("button")];
  }

  /** @param {Item} item */
  #item({ key, isGrave = false, choose }) {
    const onclick = () => {
      // First the focus is back where it came from: what is chosen may take it on from there.
      this.#menu.hidePopover();
      this.#opener?.focus();
      choose();
    };
    return h(
      "button",
      { type: "button", role: "menuitem", tabindex: "-1", class: isGrave ? "grave" : null, onclick },
      t(key),
    );
  }

  /** Below the button, above it where there is no room, and within the screen. @param {DOMRect} button */
  #place({ top, bottom, right }) {
    const { offsetWidth, offsetHeight, style } = this.#menu;
    const isBelow = bottom + GAP + offsetHeight <= innerHeight - GAP;
    style.top = `${isBelow ? bottom + GAP : Math.max(GAP, top - GAP - offsetHeight)}px`;
    style.left = `${Math.max(GAP, Math.min(right, innerWidth - GAP) - offsetWidth)}px`;
  }

  /** As in every menu: https://www.w3.org/WAI/ARIA/apg/patterns/menubar/ @param {KeyboardEvent} event */
  #key(event) {
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.#menu.hidePopover();
      this.#opener?.focus();
    }
  }
}
