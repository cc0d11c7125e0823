/**
 * The notice above the message box. It may offer to undo what was done; when it goes, by whatever way, that is done for good.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** So long an Undo is offered where nothing else takes its place, in milliseconds. */
const UNDO_MS = 10_000;

export class Banner {
  #element = find("#banner", HTMLElement);
  #composer = find("#composer", HTMLFormElement);
  #drawer = find("#chats", HTMLDialogElement);
  /** What is done for good when the notice goes. */
  #settle = () => {};
  #timer = 0;

  constructor() {
    addEventListener("pagehide", () => this.show(""));
    // What is outside of an open drawer can't be reached.
    this.#drawer.addEventListener("close", () => this.#place());
  }

  /** @param {string} text empty for nothing @param {...Node} more */
  show(text, ...more) {
    this.#settle();
    this.#element.replaceChildren(text, ...more);
    this.#element.hidden = text === "";
    this.#place();
  }

  /**
   * @param {string} text
   * @param {() => void} undo
   * @param {() => void} [forGood] called once, where it was not undone
   */
  offerUndo(text, undo, forGood) {
    const onclick = () => {
      this.#end();
      this.show("");
      undo();
    };
    this.show(text, h("button", { type: "button", class: "quiet", onclick }, t("undo")));
    if (!forGood) return;
    this.#settle = () => {
      this.#end();
      forGood();
    };
    this.#timer = window.setInterval(() => {
      // Whoever is about to press it may.
      if (!this.#element.matches(":hover, :focus-within")) this.show("");
    }, UNDO_MS);
  }

  #end() {
    clearInterval(this.#timer);
    this.#settle = () => {};
  }

  #place() {
    const isHere = this.#element.parentElement === (this.#drawer.open ? this.#drawer : this.#composer.parentElement);
    if (isHere) return;
    if (this.#drawer.open) this.#drawer.append(this.#element);
    else this.#composer.before(this.#element);
  }
}
