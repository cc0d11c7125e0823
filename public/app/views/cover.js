/**
 * Stands in place of an answer that was found unsafe, or could not be checked; where the edge's owner allows it, it can be lifted.
 *
 * @module
 */
import { h } from "../elements/dom.js";
import { currentLanguage, t } from "../elements/i18n.js";
import { isHidden } from "../kept/verdict.js";

/** @import { Message, Verdict } from "../types.js" */

/** Of Llama Guard's list of hazards. */
const KNOWN = /^S([1-9]|1[0-4])$/;

export class Cover {
  #text = h("p", { class: "said" });
  #button = h("button", { type: "button", class: "quiet", onclick: () => this.#toggle() });
  element = h("div", { class: "cover", tabindex: "-1", hidden: true }, this.#text, this.#button);
  /** Whether the text is not to be shown now. */
  isClosed = false;
  #isLifted = false;
  #onToggle;

  /** @param {() => void} onToggle */
  constructor(onToggle) {
    this.#onToggle = onToggle;
  }

  /** @param {Message} message an answer, as it is now */
  show(message) {
    const verdict = message.facts?.verdict;
    const isOn = isHidden(message) && verdict !== undefined;
    this.element.hidden = !isOn;
    this.isClosed = isOn && !(this.#isLifted && verdict.may_show);
    if (!isOn) return;
    this.#text.textContent = reasonOf(verdict);
    this.#button.hidden = !verdict.may_show;
    this.#button.textContent = t(this.isClosed ? "covered.show" : "covered.hide");
  }

  #toggle() {
    this.#isLifted = !this.#isLifted;
    this.#onToggle();
  }
}

/** @param {Verdict} verdict @returns {string} */
function reasonOf({ verdict, categories }) {
  const names = categories.map((code) => (KNOWN.test(code) ? t(`covered.${code}`) : code));
  const list = new Intl.ListFormat(currentLanguage()).format(names);
  return [
    t(verdict === "unsafe" ? "covered.unsafe" : "covered.unjudged"),
    names.length > 0 ? t("covered.because", { categories: list }) : "",
    t("covered.apart"),
  ]
    .filter(Boolean)
    .join(currentLanguage() === "ja" ? "" : " ");
}
