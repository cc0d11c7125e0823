/**
 * How long nothing has come, told when that becomes long: a model that has not begun yet looks otherwise than one that has gone quiet.
 *
 * @module
 */
import { h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** So long nobody wonders, in seconds. */
const PATIENCE = 8;

export class Silence {
  #dots = h("span", { class: "dots", "aria-hidden": "true" });
  #told = h("span");
  element = h("p", { class: "waiting", hidden: true }, this.#dots, " ", this.#told);
  /** How much had come at the last look. */
  #chars = 0;
  #since = 0;
  #timer = 0;

  /**
   * @param {boolean} live whether more is to come
   * @param {number} chars that have come
   */
  look(live, chars) {
    if (chars !== this.#chars || this.#timer === 0) this.#since = performance.now();
    this.#chars = chars;
    if (live) this.#timer ||= window.setInterval(() => this.#show(), 1000);
    else this.end();
    this.#show();
  }

  /** Nobody looks any more. */
  end() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  #show() {
    const seconds = Math.floor((performance.now() - this.#since) / 1000);
    const isLong = seconds >= PATIENCE;
    const hasBegun = this.#chars > 0;
    this.element.hidden = this.#timer === 0 || (hasBegun && !isLong);
    this.element.classList.toggle("stalled", hasBegun);
    this.#told.classList.toggle("visually-hidden", !isLong);
    const time = formatNumber(seconds, { style: "unit", unit: "second", unitDisplay: "short" });
    this.#told.textContent = isLong ? t(hasBegun ? "answer.stalled" : "answer.slow", { time }) : t("answer.waiting");
  }
}
