/**
 * Offers to quote what is selected in an answer.
 *
 * @module
 */
import { find } from "../elements/dom.js";

export class QuoteButton {
  #button = find("#quote", HTMLButtonElement);
  #isPressed = false;
  #root;

  /** @param {HTMLElement} root that holds the answers @param {(text: string) => void} onQuote */
  constructor(root, onQuote) {
    this.#root = root;
    document.addEventListener("selectionchange", () => this.#place());
    document.addEventListener("scroll", () => this.#place(), { passive: true, capture: true });
    // While the selection is drawn, nothing is in its way.
    document.addEventListener("pointerdown", ({ target }) => this.#press(target !== this.#button));
    document.addEventListener("pointerup", () => this.#press(false));
    document.addEventListener("pointercancel", () => this.#press(false));
    this.#button.addEventListener("click", () => {
      const text = this.#text;
      getSelection()?.removeAllRanges();
      onQuote(text);
    });
  }

  /** @param {boolean} isPressed */
  #press(isPressed) {
    this.#isPressed = isPressed;
    this.#place();
  }

  /** What is selected within one answer. @returns {string} */
  get #text() {
    const selection = getSelection();
    if (!selection || selection.rangeCount === 0) return "";
    const { commonAncestorContainer: common } = selection.getRangeAt(0);
    const around = common instanceof Element ? common : common.parentElement;
    const isInside = this.#root.contains(around) && around?.closest(".answer .prose");
    return isInside ? selection.toString().trim() : "";
  }

  #place() {
    this.#button.hidden = this.#isPressed || this.#text === "";
    if (this.#button.hidden) return;
    const rects = [...(getSelection()?.getRangeAt(0).getClientRects() ?? [])];
    const { right = 0, bottom = 0 } = rects.at(-1) ?? {};
    const { width } = this.#button.getBoundingClientRect();
    this.#button.style.left = `${Math.max(8, Math.min(right - width / 2, innerWidth - width - 8))}px`;
    this.#button.style.top = `${bottom + 6}px`;
  }
}
