/**
 * Tells quietly where what is written here is kept, and offers to take along what was on this device before there was a history.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** @import { Config, SyncState } from "../types.js" */

export class KeptSign {
  #sign = find("#kept", HTMLElement);
  #offer = find("#offer", HTMLElement);
  #empty = find("#empty-text", HTMLElement);
  #on;

  /** @param {{ takeAlong: () => void, leave: () => void }} on what the person says to the offer */
  constructor(on) {
    this.#on = on;
  }

  /** @param {SyncState} state @param {Config} config */
  show({ kind, waiting, refusal }, config) {
    this.#sign.dataset.kind = kind;
    this.#sign.textContent =
      kind === "waiting" && waiting === 0 ? t("kept.unreached") : t(`kept.${kind}`, { count: waiting });
    this.#sign.title = refusal?.message || t(`kept.${kind}.more`);
    this.#empty.dataset.i18n = config.history ? "empty.textHistory" : "empty.text";
    this.#empty.textContent = t(this.#empty.dataset.i18n);
  }

  /** @param {number} chats that are on this device only; none ends the offer */
  offer(chats) {
    this.#offer.hidden = chats === 0;
    if (chats === 0) return this.#offer.replaceChildren();
    const button = (/** @type {string} */ key, /** @type {() => void} */ onclick) =>
      h("button", { type: "button", class: "quiet", onclick }, t(key));
    this.#offer.replaceChildren(
      h("span", {}, t("kept.offer", { count: chats })),
      button("kept.take", this.#on.takeAlong),
      button("kept.leave", this.#on.leave),
    );
  }
}
